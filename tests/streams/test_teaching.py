"""Officers teach the model: five lessons move what is related and nothing else, and every lesson can be taken back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from alerts.ports import SourceUnavailableError
from alerts.teaching import (
    LESSONS_A_DAY,
    Lesson,
    LessonRefusedError,
    LessonState,
    Taught,
    Tone,
    UnknownLessonError,
)
from streams.lessons import delta_at, lessons_in
from streams.log import Log, open_log
from streams.reading.register import Register
from streams.reading.sentiment_data import written
from streams.reading.sentiment_quality import area_under_curve
from streams.reading.sentiment_scorer import ModelScorer
from streams.reading.sentiment_table import shipped
from streams.reading.text import cut_all
from streams.settings import StreamSettings
from streams.snapshots import newest_values
from streams.stages import Stages
from streams.teaching import LogTeacher
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord, Record
from streams.versions import MINUTE_MS, VersionReader, known_lessons, settle, settle_lessons

NOW = datetime(2026, 1, 5, 8, 0, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
REGISTER = Register.load()
TRAINED = ModelScorer(shipped(), REGISTER)
LABELLED = [
    "Nhóm bán vé ảo đa tầng zeta lại mời gọi sinh viên tham gia",
    "Hội thảo giới thiệu vé ảo đa tầng zeta tổ chức tại khách sạn",
    "Nhiều người rủ nhau mua vé ảo đa tầng zeta qua mạng",
    "Vé ảo đa tầng zeta xuất hiện ở chợ đêm cuối tuần",
    "Trang giới thiệu vé ảo đa tầng zeta có thêm thành viên mới",
]
RELATED = [
    "Buổi gặp mặt cộng đồng vé ảo đa tầng zeta chiều nay",
    "Thêm một đợt vé ảo đa tầng zeta mở bán trong tháng",
    "Tuyển cộng tác viên vé ảo đa tầng zeta làm tại nhà",
    "Vé ảo đa tầng zeta có mặt tại hội chợ xuân",
    "Giới thiệu ứng dụng vé ảo đa tầng zeta cho sinh viên",
]
UNRELATED = [
    "Khai mạc lễ hội trái cây cuối tuần này",
    "Nhiều người mua vé xem phim qua mạng",
    "Sinh viên tham gia hội thảo giới thiệu việc làm",
    "Chợ đêm cuối tuần đông khách",
    "Câu lạc bộ kết nạp hội viên mới",
]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    client = open_log(f"sqlite:///{tmp_path / 'log.db'}")
    await client.start()
    await client.create(*topic_specs(StreamSettings()))
    yield client
    await client.stop()


@pytest.fixture
def teacher(log: Log) -> LogTeacher:
    return LogTeacher(log, Topics(""), REGISTER)


async def teach(teacher: LogTeacher, text: str, tone: Tone = Tone.EVENT, *, by: str = "an", later: int = 0) -> Lesson:
    now = NOW + timedelta(minutes=later)
    return await teacher.teach([Taught(text, "news")], tone, about="news/a/1", by=by, now=now)


def scored(scorer: ModelScorer, texts: list[str]) -> list[float]:
    return scorer.score(cut_all([f"{text} . " for text in texts]), ["news"] * len(texts)).negative


async def test_five_labels_move_related_texts_and_nothing_else(log: Log, teacher: LogTeacher) -> None:
    for place, text in enumerate(LABELLED):
        assert (await teach(teacher, text, by=f"officer-{place % 2}")).state is LessonState.IN_FORCE
    records = lessons_in(await newest_values(log, "control", 0))
    before, after = TRAINED, TRAINED.taught(delta_at(records, records[-1].since))
    assert max(scored(before, RELATED)) <= 0.1
    assert min(scored(after, RELATED)) >= 0.5
    moved = zip(scored(before, UNRELATED), scored(after, UNRELATED), strict=True)
    assert max(abs(one - other) for one, other in moved) <= 0.1
    sentences = [each.text for each in written() if each.kind == "news"]
    truth = [each.label != "other" for each in written() if each.kind == "news"]
    fall = area_under_curve(scored(before, sentences), truth) - area_under_curve(scored(after, sentences), truth)
    assert fall <= 0.005


async def test_a_lesson_holds_from_a_whole_minute_at_least_a_minute_off_and_not_before(
    log: Log, teacher: LogTeacher
) -> None:
    settings = StreamSettings(voice_secret="x")
    versions, _ = await settle(log, settings, REGISTER, 1, NOW_MS - 3_600_000)
    for text in LABELLED:
        await teach(teacher, text)
    control = VersionReader(log, Topics(""))
    stages = Stages(settings, 1).of(await control.versions(), await control.lessons())
    (first, _), (since, _) = stages
    assert (first, since % MINUTE_MS) == (versions[0].since, 0)
    assert since >= NOW_MS + MINUTE_MS
    line = msgspec.json.encode(
        {
            "id": "1",
            "published_at": "2026-01-05T08:00:00Z",
            "source": {"kind": "news", "name": "a"},
            "title": RELATED[0],
        }
    )
    negative = [
        stage.read_batch(0, 0, 1, [Record(0, at, None, line)], "mentions").counts.negative
        for at, (_, stage) in zip((since - 1, since), stages, strict=True)
    ]
    assert negative == [0, 1]


async def test_every_lesson_is_listed_and_undone(log: Log, teacher: LogTeacher) -> None:
    lesson = await teach(teacher, LABELLED[0])
    undone = await teacher.undo(lesson.id, by="binh", reason="nhầm", now=NOW + timedelta(minutes=5))
    assert (undone.state, undone.ended_by, undone.reason) == (LessonState.UNDONE, "binh", "nhầm")
    assert list(await teacher.lessons()) == [undone]
    (record,) = await known_lessons(log, Topics(""))
    assert delta_at([record], record.since)
    assert not delta_at([record], record.until)
    with pytest.raises(LessonRefusedError):
        await teacher.undo(lesson.id, by="binh", reason="nhầm", now=NOW)
    with pytest.raises(UnknownLessonError):
        await teacher.undo("0" * 16, by="binh", reason="nhầm", now=NOW)


async def test_one_officer_gives_so_many_lessons_a_day_and_no_more(teacher: LogTeacher, log: Log) -> None:
    for place in range(LESSONS_A_DAY):
        await teach(teacher, f"{LABELLED[0]} {place}")
    with pytest.raises(LessonRefusedError, match="no single officer"):
        await teach(teacher, LABELLED[1])
    assert (await teach(teacher, LABELLED[1], by="binh")).by == "binh"
    assert (await teach(teacher, LABELLED[1], later=24 * 60)).by == "an"
    records = await known_lessons(log, Topics(""))
    (total,) = delta_at([one for one in records if one.lesson.by == "an"], records[-1].since)
    assert int(abs(total.amounts).max()) <= 4 * 512


async def test_a_lesson_that_does_harm_is_taken_back_at_once_and_told(teacher: LogTeacher, log: Log) -> None:
    states = []
    for place, each in enumerate(one for one in written() if one.label != "other"):
        lesson = await teach(teacher, each.text, Tone.NOT_NEGATIVE, by=f"officer-{place}")
        states.append(lesson.state)
        if lesson.state is LessonState.ROLLED_BACK:
            assert "worse" in lesson.reason
            assert lesson.ended_by == "system"
            break
    assert states[-1] is LessonState.ROLLED_BACK
    records = await known_lessons(log, Topics(""))
    assert sum(record.counts_at(records[-1].since) for record in records) == len(states) - 1


async def test_a_replay_keeps_the_lessons_of_its_first_start(log: Log, teacher: LogTeacher) -> None:
    await teach(teacher, LABELLED[0])
    settings = StreamSettings(run="r", replay=True)
    await log.create(*topic_specs(settings))
    first = await settle_lessons(log, settings, NOW_MS + 10 * MINUTE_MS)
    await teach(teacher, LABELLED[1], later=20)
    again = await settle_lessons(log, settings, NOW_MS + 60 * MINUTE_MS)
    assert first == again
    assert [record.since for record in first] == [0]
    assert len(await settle_lessons(log, StreamSettings(), NOW_MS)) == 2


async def test_a_mention_of_the_log_is_found_by_its_id_and_source(log: Log, teacher: LogTeacher) -> None:
    def line(name: str, title: str) -> NewRecord:
        source = {"kind": "news", "name": name}
        mention = {"id": "m1", "published_at": "2026-01-05T08:00:00Z", "source": source, "title": title}
        return NewRecord(msgspec.json.encode(mention))

    await log.append("mentions", 0, [NewRecord(b"m1 is no JSON"), NewRecord(b"{}"), line("a", "Một")])
    await log.append("mentions", 1, [line("b", "Hai")])
    assert await teacher.find("m1", "", "") == Taught("Một . ", "news")
    assert await teacher.find("m1", "news", "b") == Taught("Hai . ", "news")
    assert await teacher.find("m2", "", "") is None


async def test_a_lesson_record_holds_no_text(log: Log, teacher: LogTeacher) -> None:
    await teach(teacher, LABELLED[0])
    values = await newest_values(log, "control", 0)
    assert not any("zeta" in value.decode(errors="replace") for value in values.values())


async def test_without_a_log_nothing_is_taught(teacher: LogTeacher, log: Log) -> None:
    await log.stop()
    with pytest.raises(SourceUnavailableError):
        await teacher.lessons()
