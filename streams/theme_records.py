"""Proposed themes, and what was decided about them, as records of the topic `control`."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from alerts.themes import ThemeDecision, ThemeProposal, ThemeState
from streams.reading.spelling import fold

_PROPOSAL, _DECISION = b"proposal/", b"decision/"
_encoder = msgspec.json.Encoder(order="deterministic")
_HEADER = "code\tname\tkind\tparent\tsince\tuntil\towners\taliases\n"
#: A theme's code is made of its name: that many letters at most, beside what makes it unlike others.
_CODE_LETTERS = 48


def proposal_key(id_: str) -> bytes:
    """Key of a proposal."""
    return _PROPOSAL + id_.encode()


def decision_key(id_: str) -> bytes:
    """Key of what was decided about a proposal."""
    return _DECISION + id_.encode()


def encode_proposal(proposal: ThemeProposal) -> bytes:
    """Bytes of a proposal; the same for the same one, so that it may be written twice."""
    return _encoder.encode(msgspec.structs.replace(proposal, surprise=float(f"{proposal.surprise:.6g}")))


def encode_decision(decision: ThemeDecision) -> bytes:
    """Bytes of a decision."""
    return _encoder.encode(decision)


def proposals_in(values: Mapping[bytes, bytes]) -> dict[str, ThemeProposal]:
    """The proposals among the newest values of `control`, by id. Raises `msgspec.DecodeError`."""
    found = (msgspec.json.decode(v, type=ThemeProposal) for key, v in values.items() if key.startswith(_PROPOSAL))
    return {one.id: one for one in found}


def decisions_in(values: Mapping[bytes, bytes]) -> dict[str, ThemeDecision]:
    """The decisions among the newest values of `control`, by proposal. Raises `msgspec.DecodeError`."""
    found = (msgspec.json.decode(v, type=ThemeDecision) for key, v in values.items() if key.startswith(_DECISION))
    return {one.proposal: one for one in found}


def lines_of(decisions: Mapping[str, ThemeDecision]) -> str:
    """The accepted themes as a register file; empty if there are none.

    Examples
    --------
    >>> accepted = ThemeDecision("a", ThemeState.ACCEPTED, "an", "2026-01-05T08:00:00Z", code="phi-rac", name="Phí rác")
    >>> print(lines_of({"a": accepted}).splitlines()[1].rstrip())
    phi-rac	Phí rác	theme		2026-01-05
    """
    accepted = sorted((one for one in decisions.values() if one.state is ThemeState.ACCEPTED), key=lambda one: one.code)
    if not accepted:
        return ""
    return _HEADER + "".join(
        "\t".join([one.code, one.name, "theme", "", one.at[:10], "", "; ".join(one.owners), "; ".join(one.aliases)])
        + "\n"
        for one in accepted
    )


def code_for(name: str, taken: Iterable[str]) -> str:
    """A code for a theme that nothing else has.

    Examples
    --------
    >>> code_for("Thu phí rác", ["theme-thu-phi-rac"])
    'theme-thu-phi-rac-2'
    """
    slug = "-".join(re.findall(r"[a-z0-9]+", fold(name.lower())))[:_CODE_LETTERS].strip("-") or "new"
    code, number, known = f"theme-{slug}", 2, frozenset(taken)
    while code in known:
        code, number = f"theme-{slug}-{number}", number + 1
    return code
