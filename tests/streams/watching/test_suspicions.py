"""Flags: once a claim, told to the body that is named, again when it grows, ended by a day of silence, never twice."""

from typing import Any

import msgspec
import pytest

from alerts.describe import summary, title
from alerts.model import AlertState, Excerpt, Finding, Series
from streams.watching.config import WatchConfig
from streams.watching.envelopes import Envelope, Reading, Source, Suspected
from streams.watching.suspicions import AGAIN, BURST, QUIET
from streams.watching.watcher import Watcher

NAMES = {"19": "Thái Nguyên", "BVHTTDL": "Bộ Văn hóa, Thể thao và Du lịch"}
CLAIM = Suspected("listed", "c1", "BVHTTDL", "Đập đã vỡ", "Đập an toàn", "https://example.vn/1")
MINUTE = 60_000
START = 1_767_571_200_000


def reading(number: int, seen_at: int, **fields: Any) -> Reading:
    basis = Reading(
        number, seen_at, seen_at, number.to_bytes(16, "big"), f"m{number}", 0, ("19",), 0.1, 0.0, 0,
        title=f"Đập vỡ rồi {number}", url="https://example.vn/a", suspected=CLAIM,
    )  # fmt: skip
    return msgspec.structs.replace(basis, **fields)


class Stream:
    def __init__(self, partitions: int = 1, partition: int = 0) -> None:
        config = WatchConfig(names=NAMES, readings_partitions=partitions)
        self.watcher = Watcher(config, partition)
        self.offset = 0
        self.findings: list[Finding] = []
        self.excerpts: list[Excerpt] = []

    def feed(self, readings: list[Reading], mark: int) -> None:
        start, self.offset = self.offset, self.offset + max(1, len(readings))
        envelope = Envelope(
            0, start, self.offset, mark, (Source("facebook", "Trang A"),), (), tuple(readings), first=START
        )
        output = self.watcher.feed(envelope, start)
        self.findings += [one for one in output.findings if one.series is Series.SUSPECTED_CLAIM]
        self.excerpts += output.excerpts


def test_a_mention_that_makes_a_listed_claim_is_told_to_the_body_named_with_it() -> None:
    stream = Stream()
    stream.feed([reading(0, START)], START + MINUTE)
    (finding,) = stream.findings
    assert (finding.organisation, finding.reason, finding.observed) == ("BVHTTDL", "fired", 1)
    assert finding.suspicion is not None
    assert (finding.suspicion.why, finding.suspicion.rebuttal) == ("listed", "Đập an toàn")
    assert [one.id for one in stream.excerpts] == ["m0"]


def test_the_words_ask_for_a_check_offer_the_rebuttal_and_never_judge() -> None:
    stream = Stream()
    stream.feed([reading(0, START)], START + MINUTE)
    said = title(stream.findings[0]) + summary(stream.findings[0], stream.excerpts)
    assert "thông tin nghi sai sự thật, cần kiểm chứng" in said
    assert "Đập an toàn (https://example.vn/1)" in said
    assert "xấu độc" not in said
    assert "không kết luận" in said


def test_it_is_told_again_only_when_twice_as_much_was_seen() -> None:
    stream = Stream()
    for number in range(8):
        seen_at = START + number * AGAIN // 2
        stream.feed([reading(number, seen_at)], seen_at + MINUTE)
    assert [(one.reason, one.observed) for one in stream.findings] == [("fired", 1), ("updated", 3), ("updated", 6)]
    assert len({one.id for one in stream.findings}) == 1


def test_a_mention_sent_twice_counts_once() -> None:
    stream = Stream()
    again = msgspec.structs.replace(reading(0, START + AGAIN), offset=1)
    stream.feed([reading(0, START), again, reading(2, START + AGAIN)], START + 2 * AGAIN)
    assert [one.observed for one in stream.findings] == [1, 2]


def test_a_day_of_silence_ends_it() -> None:
    stream = Stream()
    stream.feed([reading(0, START)], START + MINUTE)
    stream.feed([], START + QUIET + MINUTE)
    ended = stream.findings[-1]
    assert (ended.state, ended.reason, ended.revision) == (AlertState.RESOLVED, "resolved", 2)
    assert "24 giờ qua" in summary(ended)


def test_only_the_partition_of_the_body_tells_it() -> None:
    told = []
    for partition in range(2):
        stream = Stream(2, partition)
        stream.feed([reading(0, START)], START + MINUTE)
        told.append(len(stream.findings))
    assert sorted(told) == [0, 1]


@pytest.mark.parametrize(("voices", "flagged"), [((7, 8), True), ((0, 7), False), (tuple(range(1, 13)), False)])
def test_one_text_by_few_voices_in_a_short_time_is_flagged(*, voices: tuple[int, ...], flagged: bool) -> None:
    stream = Stream()
    same = {"counts": 1, "suspected": None, "title": "Cùng một bài đăng", "fingerprint": 5, "negative": 0.9}
    posts = [
        reading(number, START + number * MINUTE, voice=voices[number % len(voices)], **same) for number in range(BURST)
    ]
    stream.feed(posts, START + AGAIN)
    assert [one.suspicion.why for one in stream.findings if one.suspicion] == (["few_voices"] if flagged else [])


def test_a_restart_in_between_changes_nothing() -> None:
    whole, cut = Stream(), Stream()
    times = [START + number * AGAIN // 2 for number in range(8)]
    for number, seen_at in enumerate(times):
        whole.feed([reading(number, seen_at)], seen_at + MINUTE)
        cut.feed([reading(number, seen_at)], seen_at + MINUTE)
        cut.watcher = Watcher.restore(cut.watcher.config, cut.watcher.snapshot())
    assert cut.findings == whole.findings
