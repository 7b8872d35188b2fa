"""`alerts.claims.ClaimDesk` over the log: claims in `control`, those in force in a new version."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from alerts.claims import Claim, ClaimRefusedError, UnknownClaimError
from alerts.ports import SourceUnavailableError
from streams.claim_records import claim_key, claims_in, in_force
from streams.log import Log, LogError
from streams.reading.claims import is_matchable
from streams.reading.masks import mask
from streams.snapshots import newest_values
from streams.topics import Topics
from streams.transports.batches import NewRecord
from streams.versions import Version, announce, known_versions, next_minute, with_claims
from streams.watching.times import instant


class LogClaimDesk:
    """The list of one run.

    Parameters
    ----------
    log
        Started client.
    topics
        Of the run.
    body
        Code of the body that flags go to where a claim names none.
    """

    def __init__(self, log: Log, topics: Topics, body: str) -> None:
        self._log = log
        self._topics = topics
        self._body = body
        self._one_by_one = asyncio.Lock()

    async def claims(self) -> Sequence[Claim]:
        """All of them, the newest first. See `alerts.claims.ClaimDesk`."""
        found = claims_in(await self._values()).values()
        return sorted(found, key=lambda one: (one.entered_at, one.id), reverse=True)

    async def enter(self, claim: Claim, *, by: str, now: datetime) -> Claim:
        """See `alerts.claims.ClaimDesk`."""
        async with self._one_by_one:
            version = await self._newest_version()
            organisation = claim.organisation or self._body
            if organisation not in version.names:
                raise ClaimRefusedError(
                    f"{organisation!r} is not in the register: name the body that is told, or set claims_body"
                )
            texts = [mask(one) for one in (claim.text, *claim.wordings)]
            unfit = next((one for one in texts if not is_matchable(one)), None)
            if unfit is not None:
                raise ClaimRefusedError(f"{unfit!r} has fewer than three telling words: too much would be flagged")
            at, since = _milliseconds(now), next_minute(max(_milliseconds(now), version.since))
            entered = msgspec.structs.replace(
                claim,
                id=hashlib.sha256(f"claim/1\0{texts[0]}\0{at}".encode()).hexdigest()[:16],
                text=texts[0],
                wordings=tuple(texts[1:]),
                organisation=organisation,
                entered_by=by,
                entered_at=instant(at),
                holds_from=instant(since),
            )
            return await self._put(entered, version, since)

    async def withdraw(self, id_: str, *, by: str, now: datetime) -> Claim:
        """See `alerts.claims.ClaimDesk`."""
        async with self._one_by_one:
            version = await self._newest_version()
            claim = claims_in(await self._values()).get(id_)
            if claim is None or claim.withdrawn_by:
                raise UnknownClaimError(f"there is no claim {id_} in force")
            at = _milliseconds(now)
            taken_back = msgspec.structs.replace(claim, withdrawn_by=by, withdrawn_at=instant(at))
            return await self._put(taken_back, version, next_minute(max(at, version.since)))

    async def _put(self, claim: Claim, version: Version, since: int) -> Claim:
        """Keep the claim, and announce the version that follows from it."""
        values = dict(await self._values())
        data = msgspec.json.encode(claim, order="deterministic")
        values[claim_key(claim.id)] = data
        fresh = msgspec.structs.replace(with_claims(version, in_force(claims_in(values))), since=since)
        try:
            await self._log.append(self._topics.control, 0, [NewRecord(data, key=claim_key(claim.id))])
            await announce(self._log, self._topics, fresh, await self._log.partitions(self._topics.readings))
        except LogError as error:
            raise SourceUnavailableError(str(error)) from error
        return claim

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


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)
