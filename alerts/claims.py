"""Claims that officers have listed as known to be false, each with its rebuttal, its source and who entered it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from alerts.errors import AlertsError


class Claim(msgspec.Struct, frozen=True):
    """A claim known to be false. Texts that seem to make it are flagged for a human to check; nothing else happens.

    Attributes
    ----------
    text
        The claim in one sentence, as people put it.
    rebuttal, rebuttal_url
        The official answer, and where it stands.
    entered_by, entered_at
        The token's name (or ``operator``); RFC 3339 UTC.
    wordings
        Other ways in which it is put.
    organisation
        Code of the body that flags are routed to.
    holds_from
        RFC 3339 UTC: the minute from which mentions are read with it.
    withdrawn_by, withdrawn_at
        Who took it back; empty while it holds.
    """

    id: str
    text: str
    rebuttal: str
    rebuttal_url: str
    entered_by: str
    wordings: tuple[str, ...] = ()
    organisation: str = ""
    entered_at: str = ""
    holds_from: str = ""
    withdrawn_by: str = ""
    withdrawn_at: str = ""


class UnknownClaimError(AlertsError):
    """There is no such claim in force."""


class ClaimRefusedError(AlertsError):
    """The claim cannot be entered; the sentence says why."""


class ClaimDesk(Protocol):
    """The list of claims known to be false. Raises `SourceUnavailableError`."""

    async def claims(self) -> Sequence[Claim]:
        """All of them, withdrawn ones too, the newest first."""

    async def enter(self, claim: Claim, *, by: str, now: datetime) -> Claim:
        """Enter a claim, in force from a whole minute on that is announced to all workers. Raises `ClaimRefusedError`.

        Its id, its times and who entered it are set here.
        """

    async def withdraw(self, id_: str, *, by: str, now: datetime) -> Claim:
        """Take a claim back from the next announced minute on; it stays listed. Raises `UnknownClaimError`."""
