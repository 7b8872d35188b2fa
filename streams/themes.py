"""`alerts.themes.ThemeDesk` over the log: proposals and decisions in `control`, accepted themes in a new version."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from alerts.ports import SourceUnavailableError
from alerts.themes import (
    DecidedError,
    Proposed,
    ThemeDecision,
    ThemeProposal,
    ThemeRefusedError,
    ThemeState,
    UnknownProposalError,
)
from streams.log import Log, LogError
from streams.reading.register import RegisterError
from streams.reading.text import pattern
from streams.snapshots import newest_values
from streams.theme_records import code_for, decision_key, decisions_in, encode_decision, lines_of, proposals_in
from streams.topics import Topics
from streams.transports.batches import NewRecord
from streams.versions import Version, announce, known_versions, next_minute, with_accepted
from streams.watching.times import instant


class LogThemeDesk:
    """Proposed themes of one run.

    Parameters
    ----------
    log
        Started client.
    topics
        Of the run.
    """

    def __init__(self, log: Log, topics: Topics) -> None:
        self._log = log
        self._topics = topics
        self._one_by_one = asyncio.Lock()

    async def proposals(self) -> Sequence[Proposed]:
        """All of them, the newest first. See `alerts.themes.ThemeDesk`."""
        values = await self._values()
        decisions = decisions_in(values)
        found = [Proposed(one, decisions.get(one.id)) for one in proposals_in(values).values()]
        return sorted(found, key=lambda one: (one.proposal.proposed_at, one.proposal.id), reverse=True)

    async def accept(
        self, id_: str, *, name: str, aliases: Sequence[str], owners: Sequence[str], by: str, now: datetime
    ) -> Proposed:
        """Enter a theme into the register. See `alerts.themes.ThemeDesk`."""
        async with self._one_by_one:
            values, proposal = await self._undecided(id_)
            version = await self._newest_version()
            taken = version.load_register().codes
            name = _plain(name) or proposal.phrase
            phrases = {pattern(one): one for one in map(_plain, (proposal.phrase, *aliases)) if pattern(one)}
            phrases.pop(pattern(name), None)
            since = next_minute(max(_milliseconds(now), version.since))
            decision = ThemeDecision(
                proposal=id_,
                state=ThemeState.ACCEPTED,
                by=by,
                at=instant(_milliseconds(now)),
                code=code_for(name, taken),
                name=name,
                aliases=tuple(phrases.values()),
                owners=tuple(owners),
                holds_from=instant(since),
            )
            try:
                fresh = with_accepted(version, lines_of(decisions_in(values) | {id_: decision}))
            except RegisterError as error:
                raise ThemeRefusedError(_reason(error)) from error
            # The decision goes first: if the version does not follow it, the next worker that starts announces one.
            await self._decide(decision)
            await self._announce(msgspec.structs.replace(fresh, since=since))
            return Proposed(proposal, decision)

    async def reject(self, id_: str, *, reason: str, by: str, now: datetime) -> Proposed:
        """Note that it is no theme. See `alerts.themes.ThemeDesk`."""
        async with self._one_by_one:
            _, proposal = await self._undecided(id_)
            decision = ThemeDecision(id_, ThemeState.REJECTED, by, instant(_milliseconds(now)), reason)
            await self._decide(decision)
            return Proposed(proposal, decision)

    async def _undecided(self, id_: str) -> tuple[Mapping[bytes, bytes], ThemeProposal]:
        values = await self._values()
        proposal = proposals_in(values).get(id_)
        if proposal is None:
            raise UnknownProposalError(f"there is no proposal {id_}")
        decision = decisions_in(values).get(id_)
        if decision is not None:
            raise DecidedError(f"{decision.by} has {decision.state.value} it already, at {decision.at}")
        return values, proposal

    async def _values(self) -> Mapping[bytes, bytes]:
        try:
            return await newest_values(self._log, self._topics.control, 0)
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error

    async def _newest_version(self) -> Version:
        try:
            versions = await known_versions(self._log, self._topics)
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error
        if not versions:
            raise SourceUnavailableError("no worker has been started for this run yet")
        return versions[-1]

    async def _decide(self, decision: ThemeDecision) -> None:
        record = NewRecord(encode_decision(decision), key=decision_key(decision.proposal))
        try:
            await self._log.append(self._topics.control, 0, [record])
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error

    async def _announce(self, version: Version) -> None:
        try:
            readings = await self._log.partitions(self._topics.readings)
            await announce(self._log, self._topics, version, readings)
        except LogError as error:
            raise SourceUnavailableError(
                f"the theme is accepted and holds when the next worker starts; it could not be announced now: {error}"
            ) from error


def _plain(text: str) -> str:
    """One line without what separates the columns and names of a register file."""
    return " ".join(text.replace(";", " ").split())


def _reason(error: RegisterError) -> str:
    """Why a theme does not fit, without the path of a file that nobody sees."""
    return re.sub(r"\S*/(?=[^/\s]+\.tsv)", "", str(error))


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)
