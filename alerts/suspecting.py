"""What a flag of a suspected claim says: why, and what to do first; it never judges. Pure."""

from alerts import words
from alerts.model import AlertState, Finding, Suspicion

_LONGEST = 200


def claim_title(finding: Finding, head: str) -> str:
    """One line of a flag."""
    text = _text(finding.suspicion)
    return words.CLAIM_TITLE.format(head=head, organisation=words.clean(finding.organisation_name), text=text)


def claim_sentences(finding: Finding) -> list[str]:
    """Why it is flagged, how often it was seen, and what a human does first."""
    one = finding.suspicion
    if one is None:
        return []
    form = words.CLAIM_WHY.get(one.why, words.CLAIM_WHY_OTHER)
    sentences = [form.format(count=words.whole(finding.observed), text=_text(one))]
    if finding.state is AlertState.RESOLVED:
        return [*sentences, words.CLAIM_ENDED]
    sentences.append(words.CLAIM_CHECK)
    rebuttal = words.clean(one.rebuttal, _LONGEST)
    if rebuttal:
        sentences.append(words.CLAIM_REBUT.format(rebuttal=rebuttal, where=words.clean(one.rebuttal_url, 500)))
    return [*sentences, words.CLAIM_NO_JUDGEMENT]


def _text(one: Suspicion | None) -> str:
    return words.clean(one.text, _LONGEST) if one is not None else ""
