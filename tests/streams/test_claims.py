"""Claims in the log: entered by officers, in force from an announced minute, withdrawn, never lost to a restart."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from alerts.claims import Claim, ClaimRefusedError, UnknownClaimError
from alerts.ports import SourceUnavailableError
from streams.claims import LogClaimDesk
from streams.log import Log, open_log
from streams.reading.register import Register
from streams.settings import StreamSettings
from streams.topics import Topics, topic_specs
from streams.versions import MINUTE_MS, known_versions, settle
from streams.watching.envelopes import Adopt, decode

NOW = datetime(2026, 1, 5, 8, 0, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SETTINGS = StreamSettings()
CLAIM = Claim("", "Đập Suối Lớn đã vỡ, nghìn người bị cuốn trôi", "Đập an toàn.", "https://example.vn/1", "")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    await client.create(*topic_specs(SETTINGS))
    yield client
    await client.stop()


@pytest.fixture
async def desk(log: Log) -> LogClaimDesk:
    await settle(log, SETTINGS, Register.load(), 1, NOW_MS - 3_600_000)
    return LogClaimDesk(log, Topics(""), "BVHTTDL")


async def test_a_claim_holds_from_an_announced_whole_minute(desk: LogClaimDesk, log: Log) -> None:
    entered = await desk.enter(CLAIM, by="an", now=NOW)
    assert (entered.entered_by, entered.organisation) == ("an", "BVHTTDL")
    assert (entered.entered_at, entered.holds_from) == ("2026-01-05T08:00:30.000Z", "2026-01-05T08:02:00.000Z")
    first, second = await known_versions(log, Topics(""))
    assert (first.claims, second.claims) == ((), (entered,))
    assert second.since % MINUTE_MS == 0
    (record,) = await log.read(Topics("").readings, 0, 0)
    assert record.value is not None
    assert decode(record.value) == Adopt(second.since, second.names, msgspec.json.encode(second.detection))


async def test_a_restart_keeps_the_list_and_announces_nothing(desk: LogClaimDesk, log: Log) -> None:
    await desk.enter(CLAIM, by="an", now=NOW)
    versions, sentence = await settle(log, SETTINGS, Register.load(), 1, NOW_MS + 3_600_000)
    assert (len(versions), sentence) == (2, None)


async def test_a_claim_taken_back_stays_listed_and_holds_no_more(desk: LogClaimDesk, log: Log) -> None:
    entered = await desk.enter(CLAIM, by="an", now=NOW)
    taken = await desk.withdraw(entered.id, by="binh", now=NOW)
    assert (taken.withdrawn_by, await desk.claims()) == ("binh", [taken])
    assert (await known_versions(log, Topics("")))[-1].claims == ()
    with pytest.raises(UnknownClaimError):
        await desk.withdraw(entered.id, by="binh", now=NOW)


async def test_what_tells_a_person_is_masked_in_the_list_too(desk: LogClaimDesk) -> None:
    claim = msgspec.structs.replace(CLAIM, wordings=("Gọi 0912345678 để biết đập Suối Lớn vỡ",))
    assert "0912345678" not in (await desk.enter(claim, by="an", now=NOW)).wordings[0]


@pytest.mark.parametrize("changed", [{"text": "vỡ đê"}, {"wordings": ("ở đó",)}, {"organisation": "nobody"}])
async def test_what_would_flag_too_much_or_tell_nobody_is_refused(
    desk: LogClaimDesk, changed: dict[str, object]
) -> None:
    with pytest.raises(ClaimRefusedError):
        await desk.enter(msgspec.structs.replace(CLAIM, **changed), by="an", now=NOW)


async def test_before_any_worker_ran_there_is_nothing_to_add_to(log: Log) -> None:
    with pytest.raises(SourceUnavailableError):
        await LogClaimDesk(log, Topics(""), "BVHTTDL").enter(CLAIM, by="an", now=NOW)
