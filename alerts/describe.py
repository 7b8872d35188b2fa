"""An alert in Vietnamese: title, summary, and a block of lines for a terminal. Pure."""

import textwrap
from collections.abc import Sequence
from datetime import datetime

from alerts import reasons, words
from alerts.model import LIVE, AlertState, Excerpt, Finding, Representative, Series
from alerts.suspecting import claim_sentences, claim_title

_SOURCES_NAMED = 3
_MENTIONS_QUOTED = 3
_QUOTED_LENGTH = 120


def title(finding: Finding, *, run: str = LIVE) -> str:
    """One line: what it is, where, how much against how much.

    Examples
    --------
    >>> print(title(_example()))
    Cảnh báo – Thái Nguyên: 1.200 lượt nhắc tiêu cực, mức bình thường khoảng 7,5 (mức độ: nghiêm trọng)
    """
    if finding.series is Series.FEED_SILENCE:
        return words.FEEDS_TITLE.format(head=_head(finding, run), sources=_feeds(finding))
    if finding.suspicion is not None:
        return claim_title(finding, _head(finding, run))
    return words.TITLE.format(
        head=_head(finding, run),
        organisation=words.clean(finding.organisation_name),
        negative=words.whole(finding.observed),
        expected=words.about(finding.expected),
        severity=words.SEVERITY[finding.severity],
    )


def summary(finding: Finding, excerpts: Sequence[Excerpt] = (), *, run: str = LIVE, stale: bool = False) -> str:
    """What an officer must know, in a few sentences.

    Parameters
    ----------
    excerpts
        Texts of the finding's representatives, as far as they are there.
    run
        Anything but the live run is stamped as a drill.
    stale
        Say that nothing was heard of it for long.

    Examples
    --------
    >>> for sentence in summary(_example()).split(". "):
    ...     print(sentence)
    Từ 13 giờ 30 phút đến 14 giờ 05 phút ngày 22/11/2026, Thái Nguyên có 1.200 lượt nhắc tiêu cực trong tổng số \
2.000 lượt nhắc; mức bình thường khoảng 7,5, tức gấp khoảng 160 lần
    Trong đó có 12 tin gốc; 1.188 lượt là bài đăng lại
    Nếu chỉ là dao động thông thường, với đơn vị này mức như vậy hoặc cao hơn ước tính chỉ gặp một lần \
trong khoảng 40 tuần
    Nguồn chính: Báo A (800 lượt tiêu cực) và Báo B (400 lượt tiêu cực)
    Từ ngữ mới xuất hiện: vỡ đê; mất điện.
    """
    sentences = [f"{words.DRILL}."] if run != LIVE else []
    if finding.series is Series.FEED_SILENCE:
        return " ".join([*sentences, *_of_feeds(finding)])
    if finding.suspicion is not None:
        return " ".join([*sentences, *claim_sentences(finding), *_content(finding, excerpts)])
    sentences += _course(finding)
    if stale:
        sentences.append(words.STALE)
    return " ".join([*sentences, *_content(finding, excerpts)])


def _course(finding: Finding) -> list[str]:
    """How much came, since when, and how rare that is."""
    sentences, ended = [], finding.state is AlertState.RESOLVED
    if finding.held_back:
        sentences.append(words.HELD_BECAUSE.format(reason=words.GUARD.get(finding.held_back, words.GUARD_UNKNOWN)))
    if ended:
        sentences.append(words.ENDED.format(organisation=_name(finding), moment=_moment(finding.fired_at)))
    sentences.append(_counts(finding))
    if 0 < finding.stories < finding.observed:
        sentences.append(words.STORIES.format_map(_told(finding)))
    if finding.revision > 1:
        sentences.append(words.FIRST_FIRED.format(moment=_moment(finding.first_fired_at)))
    if not ended:
        sentences.append(words.RARE.format(rarity=words.rarity(finding.probability)))
        if finding.explanation is not None:
            sentences.append(reasons.short(finding.explanation))
    return sentences


def _content(finding: Finding, excerpts: Sequence[Excerpt]) -> list[str]:
    """What is said, by whom, of whom."""
    sentences = [_prevails(finding)] if finding.blaming + finding.happening else []
    if _has_role(finding):
        sentences.append(words.ROLES.format(roles=_roles(finding)))
    if finding.former_names:
        sentences.append(words.FORMER_NAMES.format(names=_former(finding), organisation=_name(finding)))
    if finding.sources:
        sentences.append(words.SOURCES.format(sources=_sources(finding)))
    quoted = _quoted(finding, excerpts)[:_MENTIONS_QUOTED]
    if quoted:
        sentences.append(words.SHOWN.format(mentions="; ".join(quoted)))
    if finding.words:
        sentences.append(words.NEW_WORDS.format(words=_new_words(finding)))
    return sentences


def block(
    finding: Finding, excerpts: Sequence[Excerpt] = (), *, run: str = LIVE, link: str = "", width: int = 100
) -> list[str]:
    r"""The alert as lines for a terminal.

    Parameters
    ----------
    link
        Address of its page, on its last line.
    width
        Columns; longer lines are folded under their label, addresses are not.

    Examples
    --------
    >>> print("\n".join(block(_example(), link="http://127.0.0.1:8080/")))
    Cảnh báo – mức độ: nghiêm trọng
      Đơn vị             Thái Nguyên
      Thời gian          từ 13 giờ 30 phút đến 14 giờ 05 phút ngày 22/11/2026
      Tiêu cực           1.200 lượt nhắc tiêu cực / 2.000 lượt nhắc
      Tin gốc            12 tin gốc, 1.188 bài đăng lại
      Mức bình thường    khoảng 7,5 (gấp khoảng 160 lần)
      Mức độ hiếm gặp    ước tính chỉ gặp một lần trong khoảng 40 tuần
      Nguồn chính        Báo A (800 lượt tiêu cực) và Báo B (400 lượt tiêu cực)
      Từ ngữ mới         vỡ đê; mất điện
      Xem chi tiết       http://127.0.0.1:8080/
    """
    if finding.suspicion is not None:
        said = [title(finding, run=run), *claim_sentences(finding), *_content(finding, excerpts), link]
        return [one for one in said if one]
    counted = {"negative": words.whole(finding.observed), "mentions": words.whole(finding.mentions)}
    times = _times(finding)
    expected = words.about(finding.expected)
    labelled = [
        (words.LABEL_ORGANISATION, _name(finding)),
        (words.LABEL_PERIOD, _period(finding)),
        (words.LABEL_NEGATIVE, words.OF_MENTIONS.format_map(counted)),
        (words.LABEL_EXPECTED, words.TIMES.format(expected=expected, times=times) if times else expected),
    ]
    if 0 < finding.stories < finding.observed:
        labelled.insert(3, (words.LABEL_STORIES, words.OF_STORIES.format_map(_told(finding))))
    if finding.state is AlertState.FIRING:
        labelled.append((words.LABEL_RARITY, words.rarity(finding.probability)))
    if _has_role(finding):
        labelled.append((words.LABEL_ROLES, _roles(finding)))
    if finding.former_names:
        labelled.append((words.LABEL_FORMER, _former(finding)))
    if finding.sources:
        labelled.append((words.LABEL_SOURCES, _sources(finding)))
    if finding.words:
        labelled.append((words.LABEL_WORDS, _new_words(finding)))
    for place, mention in enumerate(_quoted(finding, excerpts)):
        labelled.append((words.LABEL_MENTIONS if place == 0 else "", mention))
    lines = [words.BLOCK_HEAD.format(head=_head(finding, run), severity=words.SEVERITY[finding.severity])]
    for label, text in labelled:
        lines += _folded(label, text, width)
    return [*lines, f"  {words.LABEL_LINK:<18} {link}"] if link else lines


def _folded(label: str, text: str, width: int) -> list[str]:
    indent = " " * 21
    return textwrap.wrap(
        text, max(width, 40), initial_indent=f"  {label:<18} ", subsequent_indent=indent, break_on_hyphens=False
    )


def _head(finding: Finding, run: str) -> str:
    parts = [words.DRILL] if run != LIVE else []
    if finding.held_back:
        return " – ".join([*parts, words.HELD_BACK])
    if finding.state is AlertState.RESOLVED:
        parts.append(f"{words.ALERT} {words.RESOLVED}")
    elif finding.revision > 1:
        parts.append(f"{words.ALERT}, {words.UPDATE.format(revision=finding.revision)}")
    else:
        parts.append(words.ALERT)
    return " – ".join(parts)


def _feeds(finding: Finding) -> str:
    """The feeds that are silent, by name."""
    return words.listed([_source(one.kind, one.name) for one in finding.sources]) or _name(finding)


def _of_feeds(finding: Finding) -> list[str]:
    if finding.state is AlertState.RESOLVED:
        return [words.FEEDS_ENDED.format(moment=_moment(finding.fired_at))]
    silent = words.FEEDS_SILENT.format(
        moment=_moment(finding.window_start), expected=words.about(finding.expected), sources=_feeds(finding)
    )
    return [silent, words.FEEDS_TODO]


def _name(finding: Finding) -> str:
    return words.clean(finding.organisation_name)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(text: str) -> str:
    return words.MOMENT.format(hour=words.hour(_time(text)), day=words.day(_time(text)))


def _period(finding: Finding) -> str:
    start, end = _time(finding.window_start), _time(finding.fired_at)
    form = words.PERIOD_ONE_DAY if words.day(start) == words.day(end) else words.PERIOD
    return form.format(start=words.hour(start), start_day=words.day(start), end=words.hour(end), day=words.day(end))


def _times(finding: Finding) -> str:
    """How many times the expected it is; empty where that says little."""
    if finding.expected < 1 or finding.observed < 2 * finding.expected:
        return ""
    return words.quantity(finding.observed / finding.expected)


def _counts(finding: Finding) -> str:
    times = _times(finding)
    form = words.EXPECTED_TIMES if times else words.EXPECTED
    expected = form.format(expected=words.about(finding.expected), times=times)
    counts = words.COUNTS_ALL
    if finding.mentions > finding.observed:
        counts = words.COUNTS_SHARE if finding.series is Series.NEGATIVE_SHARE else words.COUNTS
    sentence = counts.format(
        period=_period(finding),
        organisation=_name(finding),
        negative=words.whole(finding.observed),
        mentions=words.whole(finding.mentions),
        share=words.percent(finding.observed / max(finding.mentions, 1)),
        expected=expected,
    )
    return sentence[0].upper() + sentence[1:]


def _told(finding: Finding) -> dict[str, str]:
    """How many stories, and how many copies of them."""
    return {"stories": words.whole(finding.stories), "copies": words.whole(finding.observed - finding.stories)}


def _prevails(finding: Finding) -> str:
    """Whether blame prevails among the negative mentions, or events: the answer differs."""
    blames = finding.blaming > finding.happening
    form, count = (words.MOSTLY_BLAME, finding.blaming) if blames else (words.MOSTLY_EVENTS, finding.happening)
    return form.format(count=words.whole(count), all=words.whole(finding.blaming + finding.happening))


def _has_role(finding: Finding) -> bool:
    """Whether it is more than mentioned anywhere."""
    return any(one.role != "mentioned" for one in finding.roles)


def _roles(finding: Finding) -> str:
    """In which roles the negative mentions speak of it, the strongest first."""
    return words.listed(
        [
            words.ROLE_COUNT.format(role=words.ROLE[one.role], count=words.whole(one.negative))
            for one in finding.roles
            if one.role in words.ROLE
        ]
    )


def _former(finding: Finding) -> str:
    """The former names that mentions use."""
    return words.listed(
        [
            words.FORMER_NAME.format(name=words.clean(one.name, 80), count=words.whole(one.negative))
            for one in finding.former_names
        ]
    )


def _sources(finding: Finding) -> str:
    """The sources with the most negative mentions, by name."""
    ranked = sorted(finding.sources, key=lambda one: (-one.negative, -one.mentions, one.kind, one.name))
    named = [
        words.SOURCE.format(name=_source(one.kind, one.name), negative=words.whole(one.negative))
        for one in ranked[:_SOURCES_NAMED]
    ]
    rest = len(ranked) - len(named)
    if rest:
        return words.OTHER_SOURCES.format(sources=", ".join(named), count=words.whole(rest))
    return words.listed(named)


def _source(kind: str, name: str) -> str:
    return words.clean(name, 80) or words.SOURCE_KIND.get(kind, words.SOURCE_KIND["other"])


def _quoted(finding: Finding, excerpts: Sequence[Excerpt]) -> list[str]:
    """The representatives whose texts are there, as quotations."""
    titles = {(one.source_kind, one.source_name, one.id): one.title for one in excerpts}
    texts = (
        (one, words.clean(titles.get((one.source_kind, one.source_name, one.id), ""), _QUOTED_LENGTH))
        for one in finding.representatives
    )
    return [_quotation(one, text) for one, text in texts if text]


def _quotation(mention: Representative, text: str) -> str:
    form = words.MENTION_COPIES if mention.copies > 1 else words.MENTION
    if len(mention.outlets) > 1:
        form = words.MENTION_OUTLETS
    source = _source(mention.source_kind, mention.source_name)
    outlets = words.whole(len(mention.outlets))
    return form.format(title=text, source=source, copies=words.whole(mention.copies), outlets=outlets)


def _new_words(finding: Finding) -> str:
    return "; ".join(filter(None, (words.clean(word, 60) for word in finding.words)))


def _example() -> Finding:
    """The finding of the examples above."""
    from alerts.model import Severity, SourceCount  # noqa: PLC0415 - needed by the examples only

    return Finding(
        id="5f" * 16,
        revision=1,
        state=AlertState.FIRING,
        organisation="19",
        organisation_name="Thái Nguyên",
        series=Series.NEGATIVE_COUNT,
        severity=Severity.SERIOUS,
        window_start="2026-11-22T06:30:00.000Z",
        fired_at="2026-11-22T07:05:00.000Z",
        first_fired_at="2026-11-22T07:05:00.000Z",
        observed=1200,
        stories=12,
        expected=7.5,
        mentions=2000,
        probability=0.025,
        test_probability=1e-9,
        reason="fired",
        sources=(SourceCount("news", "Báo A", 1300, 800), SourceCount("news", "Báo B", 700, 400)),
        words=("vỡ đê", "mất điện"),
    )
