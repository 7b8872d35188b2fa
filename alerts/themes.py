"""Themes that are proposed from what nobody's mentions speak of, and what officers decide about them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from alerts.errors import AlertsError
from alerts.model import Representative


class ThemeState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ThemeProposal(msgspec.Struct, frozen=True):
    """A phrase that bursts in negative mentions that name no registered body.

    Attributes
    ----------
    id
        Of the phrase: proposed again, it has the same.
    phrase
        As it is mostly written; never a person's name.
    proposed_at
        RFC 3339 UTC: the tick at which it was proposed, or proposed again with newer evidence.
    titles, sources
        Different titles of the day before in which it stands, and the sources they are from.
    surprise
        Log-likelihood ratio against the past of all unattributed negative mentions.
    representatives
        Some of these mentions, by reference: their texts are evidence, and go when it goes.
    """

    id: str
    phrase: str
    proposed_at: str
    titles: int
    sources: int
    surprise: float
    representatives: tuple[Representative, ...] = ()


class ThemeDecision(msgspec.Struct, frozen=True):
    """What an officer decided about a proposal.

    Attributes
    ----------
    by, at
        The token's name; RFC 3339 UTC.
    reason
        Why it was rejected; may be empty where it was accepted.
    code, name, aliases, owners
        Of the theme that was entered.
    holds_from
        RFC 3339 UTC: the minute from which mentions are read with it.
    """

    proposal: str
    state: ThemeState
    by: str
    at: str
    reason: str = ""
    code: str = ""
    name: str = ""
    aliases: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    holds_from: str = ""


class Proposed(msgspec.Struct, frozen=True):
    """A proposal with what was decided, if anything was."""

    proposal: ThemeProposal
    decision: ThemeDecision | None = None

    @property
    def state(self) -> ThemeState:
        """Where it stands."""
        return self.decision.state if self.decision is not None else ThemeState.PROPOSED


class UnknownProposalError(AlertsError):
    """There is no such proposal."""


class DecidedError(AlertsError):
    """The proposal is decided already."""


class ThemeRefusedError(AlertsError):
    """The theme does not fit the register; the sentence says why."""


class ThemeDesk(Protocol):
    """Proposed themes, and the way of an accepted one into the register. Raises `SourceUnavailableError`."""

    async def proposals(self) -> Sequence[Proposed]:
        """All of them, the newest first."""

    async def accept(
        self, id_: str, *, name: str, aliases: Sequence[str], owners: Sequence[str], by: str, now: datetime
    ) -> Proposed:
        """Enter a theme into the register, from a whole minute on that is announced to all workers.

        Parameters
        ----------
        name
            Of the theme; the phrase itself where empty.
        aliases
            Further phrases by which it is found; the proposed phrase is always one.
        owners
            Codes of the bodies that are told of its alerts.

        Raises
        ------
        UnknownProposalError, DecidedError, ThemeRefusedError
        """

    async def reject(self, id_: str, *, reason: str, by: str, now: datetime) -> Proposed:
        """Note that it is no theme. Raises `UnknownProposalError`, `DecidedError`."""
