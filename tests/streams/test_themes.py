"""Proposed themes in the log: accepted into the register from a minute that everybody knows, or rejected."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from alerts.ports import SourceUnavailableError
from alerts.themes import DecidedError, ThemeProposal, ThemeRefusedError, ThemeState, UnknownProposalError
from streams.log import Log, open_log
from streams.reading.register import Register
from streams.settings import StreamSettings
from streams.theme_records import encode_proposal, proposal_key
from streams.themes import LogThemeDesk
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from streams.versions import MINUTE_MS, known_versions, settle, with_accepted_themes
from streams.watching.envelopes import Adopt, decode

NOW = datetime(2026, 1, 5, 8, 0, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SETTINGS = StreamSettings(readings_partitions=2)
PROPOSAL = ThemeProposal("ab" * 8, "phụ phí gửi rác", "2026-01-05T07:00:00.000Z", 5, 3, 21.123456789)
OTHER = ThemeProposal("cd" * 8, "học quá sức", "2026-01-05T06:00:00.000Z", 4, 2, 11.0)


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    await client.create(*topic_specs(SETTINGS))
    records = [NewRecord(encode_proposal(one), key=proposal_key(one.id)) for one in (PROPOSAL, OTHER, OTHER)]
    await client.append(Topics("").control, 0, records)
    yield client
    await client.stop()


@pytest.fixture
def desk(log: Log) -> LogThemeDesk:
    return LogThemeDesk(log, Topics(""))


async def begun(log: Log) -> None:
    await settle(log, SETTINGS, Register.load(), 2, NOW_MS - 3_600_000)


async def accepted(desk: LogThemeDesk, **changes: object) -> None:
    asked: dict[str, object] = {"name": "", "aliases": (), "owners": ("BNNMT",), "by": "an", "now": NOW} | changes
    await desk.accept(PROPOSAL.id, **asked)  # type: ignore[arg-type]


async def test_proposals_are_listed_once_the_newest_first(desk: LogThemeDesk) -> None:
    found = await desk.proposals()
    assert [(one.proposal.phrase, one.state) for one in found] == [
        ("phụ phí gửi rác", ThemeState.PROPOSED),
        ("học quá sức", ThemeState.PROPOSED),
    ]


async def test_an_accepted_theme_holds_from_a_whole_minute_at_least_a_minute_off(log: Log, desk: LogThemeDesk) -> None:
    await begun(log)
    await accepted(desk, name="Phụ phí rác", aliases=["phí gửi rác", "Phụ phí rác", "  "])
    before, after = await known_versions(log, Topics(""))
    assert after.since % MINUTE_MS == 0
    assert NOW_MS + 60_000 <= after.since < NOW_MS + 3 * 60_000
    register = after.load_register()
    theme = register.organisation("theme-phu-phi-rac")
    assert theme is not None
    assert (theme.name, theme.kind, theme.owners) == ("Phụ phí rác", "theme", ("BNNMT",))
    assert theme.aliases == ("phụ phí gửi rác", "phí gửi rác")
    assert set(after.names) - set(before.names) == {"theme-phu-phi-rac"}
    (decided, _) = await desk.proposals()
    assert decided.decision is not None
    assert (decided.state, decided.decision.by) == (ThemeState.ACCEPTED, "an")
    assert decided.decision.holds_from.startswith("2026-01-05T08:02:00")


async def test_every_watcher_adopts_an_accepted_theme_from_that_minute(log: Log, desk: LogThemeDesk) -> None:
    await begun(log)
    await accepted(desk)
    (*_, version) = await known_versions(log, Topics(""))
    for partition in range(2):
        (record,) = await log.read(Topics("").readings, partition, 0)
        adopt = decode(record.value or b"")
        assert isinstance(adopt, Adopt)
        assert (adopt.since, "theme-phu-phi-gui-rac" in adopt.names) == (version.since, True)


async def test_a_worker_that_starts_later_keeps_the_accepted_themes(
    log: Log, desk: LogThemeDesk, tmp_path: Path
) -> None:
    await begun(log)
    await accepted(desk)
    versions, notice = await settle(log, SETTINGS, Register.load(), 2, NOW_MS + 10**7)
    assert (len(versions), notice) == (2, None)
    (tmp_path / "organisations-own.tsv").write_text("code\tname\tkind\nT1\tDự thảo thử\ttheme\n", encoding="utf-8")
    own = SETTINGS.model_copy(update={"register_directory": tmp_path})
    versions, _ = await settle(log, own, Register.load(tmp_path), 2, NOW_MS + 10**7)
    assert {"T1", "theme-phu-phi-gui-rac"} <= versions[-1].names.keys()
    register = await with_accepted_themes(log, Topics(""), SETTINGS, Register.load())
    assert "theme-phu-phi-gui-rac" in register.codes


async def test_without_accepted_themes_the_register_is_what_it_was(log: Log) -> None:
    register = Register.load()
    assert await with_accepted_themes(log, Topics(""), SETTINGS, register) is register


async def test_two_themes_of_one_name_have_codes_of_their_own(log: Log, desk: LogThemeDesk) -> None:
    await begun(log)
    await accepted(desk, name="Rác")
    decided = await desk.accept(OTHER.id, name="Rạc", aliases=(), owners=(), by="an", now=NOW)
    assert decided.decision is not None
    assert decided.decision.code == "theme-rac-2"
    assert {"theme-rac", "theme-rac-2"} <= (await known_versions(log, Topics("")))[-1].names.keys()


async def test_a_rejection_has_a_reason_and_stands(log: Log, desk: LogThemeDesk) -> None:
    await begun(log)
    decided = await desk.reject(OTHER.id, reason="chuyện ở nước ngoài", by="binh", now=NOW)
    assert decided.decision is not None
    assert (decided.state, decided.decision.reason) == (ThemeState.REJECTED, "chuyện ở nước ngoài")
    newer = msgspec.structs.replace(OTHER, proposed_at="2026-02-05T06:00:00.000Z")
    await log.append(Topics("").control, 0, [NewRecord(encode_proposal(newer), key=proposal_key(newer.id))])
    assert (await desk.proposals())[0].state is ThemeState.REJECTED
    assert len(await known_versions(log, Topics(""))) == 1
    with pytest.raises(DecidedError, match="binh has rejected it"):
        await desk.accept(OTHER.id, name="", aliases=(), owners=(), by="an", now=NOW)


async def test_what_does_not_fit_the_register_is_refused_and_changes_nothing(log: Log, desk: LogThemeDesk) -> None:
    await begun(log)
    with pytest.raises(ThemeRefusedError, match="'NO'"):
        await accepted(desk, owners=("NO",))
    with pytest.raises(ThemeRefusedError, match="already a name of BYT"):
        await accepted(desk, aliases=["Bộ Y tế"])
    assert len(await known_versions(log, Topics(""))) == 1
    assert (await desk.proposals())[0].state is ThemeState.PROPOSED


async def test_who_asks_for_what_is_not_there_is_told(log: Log, desk: LogThemeDesk) -> None:
    with pytest.raises(SourceUnavailableError, match="no worker"):
        await accepted(desk)
    await begun(log)
    with pytest.raises(UnknownProposalError):
        await desk.reject("00" * 8, reason="x", by="an", now=NOW)


async def test_a_log_that_is_gone_is_unavailable(log: Log, desk: LogThemeDesk) -> None:
    await log.stop()
    with pytest.raises(SourceUnavailableError):
        await desk.proposals()
