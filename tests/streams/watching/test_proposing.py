"""New themes: phrases that burst in negative mentions that name nobody."""

import msgspec
import pytest

from alerts.model import Excerpt
from alerts.themes import ThemeProposal
from streams.reading.text import pattern
from streams.watching.config import WatchConfig
from streams.watching.envelopes import UNATTRIBUTED, Envelope, Reading, Source, home
from streams.watching.proposing import AGAIN, HOUR, LEAST_TITLES, REMEMBERED, Proposer, names_person
from streams.watching.watcher import Watcher
from streams.watching.words import Words

START = 1_760_000_400_000
SOURCES = (Source("news", "Báo A"), Source("news", "Báo B"), Source("forum", "Diễn đàn C"))
CALM = (
    "Trộm xe máy giữa ban ngày", "Cháy nhà trong hẻm nhỏ", "Tai nạn ở ngã tư", "Lừa đảo qua mạng xã hội",
    "Ngập sâu sau mưa lớn", "Bắt nhóm cướp giật", "Xe khách lật trên đèo", "Người dân kêu cứu vì rác",
)  # fmt: skip
BURST = (
    "Dân phản đối phụ phí gửi rác", "Bức xúc vì phụ phí gửi rác quá cao", "Phụ phí gửi rác thu sai quy định",
    "Nhiều nơi tự ý thu phụ phí gửi rác", "Kêu trời vì phụ phí gửi rác",
)  # fmt: skip


def mention(number: int, title: str) -> Reading:
    return Reading(
        number, 0, START, number.to_bytes(16, "big"), f"m{number}", 0, (UNATTRIBUTED,), 0.9, 0.0, 1,
        title=title, url=f"https://example.vn/{number}",
    )  # fmt: skip


def fed(titles: list[tuple[int, str]], proposer: Proposer | None = None) -> list[tuple[ThemeProposal, list[Excerpt]]]:
    """What is proposed of titles at these hours."""
    proposer = proposer or Proposer()
    for number, (hour, title) in enumerate(titles):
        proposer.add(mention(number, title), SOURCES[number % len(SOURCES)], START + hour * HOUR + number)
    return proposer.taken()


def calm(hours: int) -> list[tuple[int, str]]:
    return [(hour, f"{CALM[hour % len(CALM)]} số {hour}") for hour in range(hours)]


def burst(hour: int) -> list[tuple[int, str]]:
    return [*((hour, title) for title in BURST), (hour + 1, CALM[0])]


def test_a_phrase_that_bursts_in_several_sources_is_proposed_with_its_evidence() -> None:
    ((proposal, texts),) = fed(calm(120) + burst(120))
    assert proposal.phrase.lower() == "phụ phí gửi rác"
    assert (proposal.titles, proposal.sources) == (5, 3)
    assert proposal.surprise > 10
    assert [one.id for one in proposal.representatives] == [one.id for one in texts]
    assert {one.title for one in texts} <= set(BURST)


def test_nothing_is_proposed_of_an_ordinary_day() -> None:
    assert fed(calm(200)) == []


def test_copies_of_one_title_are_one() -> None:
    assert fed([*calm(120), *((120, BURST[0]) for _ in range(9)), (121, CALM[0])]) == []


def test_one_source_alone_proposes_nothing() -> None:
    proposer = Proposer()
    for number, (hour, title) in enumerate(calm(120) + burst(120)):
        proposer.add(mention(number, title), SOURCES[0], START + hour * HOUR + number)
    assert proposer.taken() == []


@pytest.mark.parametrize(("before", "again"), [(HOUR, False), (AGAIN + HOUR, True)], ids=["at once", "later"])
def test_the_same_phrase_is_proposed_again_only_after_two_weeks_under_the_same_id(before: int, *, again: bool) -> None:
    ((first, _),) = fed(calm(120) + burst(120))
    known = Proposer(proposed={pattern(first.phrase): START + 120 * HOUR - before})
    assert [one.id for one, _ in fed(calm(120) + burst(120), known)] == [first.id] * again


NAMES = ("Nguyễn Văn An", "ông Trần Bình", "Thùy Tiên", "DJ Ngân", "ca sĩ Mai Lan", "Charlie Brown", "Mr Pips")
THEMES = ("phụ phí gửi rác", "Luật Đất đai", "dự án Bình Minh Xanh", "bão số 13", "vỡ đê bao", "Nghị định 168", "EVN")


@pytest.mark.parametrize("name", NAMES)
def test_what_looks_like_a_persons_name_is_no_theme(name: str) -> None:
    assert names_person(name)
    assert names_person(f"bắt {name} vì lừa đảo")


@pytest.mark.parametrize("theme", THEMES)
def test_what_says_what_it_is_may_be_a_theme(theme: str) -> None:
    assert not names_person(theme)


def test_persons_who_burst_are_not_proposed() -> None:
    titles = [f"{start} Trần Thị Bích Loan {end}" for start, end in zip("abcde", ("kêu", "khóc", "nói", "đi", "về"))]  # noqa: B905
    assert fed([*calm(120), *((120, title) for title in titles), (121, CALM[0])]) == []


@pytest.mark.parametrize("stop", [0, 1, 17, 120, 123, 125])
def test_it_goes_on_from_its_state_as_if_it_had_never_stopped(stop: int) -> None:
    titles = calm(120) + burst(120)
    whole, first = Proposer(), Proposer()
    found = fed(titles, whole)
    told = []
    for number, (hour, title) in enumerate(titles):
        if number == stop:
            told += first.taken()
            first = msgspec.msgpack.decode(msgspec.msgpack.encode(first), type=Proposer)
        first.add(mention(number, title), SOURCES[number % len(SOURCES)], START + hour * HOUR + number)
    assert told + first.taken() == found
    assert msgspec.msgpack.encode(first) == msgspec.msgpack.encode(whole)


def test_memory_is_bounded() -> None:
    proposer = Proposer(proposed={f" phrase  {number} ": START + number for number in range(2 * REMEMBERED)})
    fed(calm(120) + burst(120), proposer)
    assert len(proposer.proposed) == REMEMBERED
    many = Proposer(past=Words())
    fed([(0, f"tin {number}") for number in range(2000)], many)
    assert len(many.recent) <= 512
    assert LEAST_TITLES <= 5


def envelopes(titles: list[tuple[int, str]]) -> list[Envelope]:
    made = []
    for number, (hour, title) in enumerate(titles):
        seen_at = START + hour * HOUR + number
        reading = msgspec.structs.replace(mention(number, title), seen_at=seen_at, published_at=seen_at)
        source = SOURCES[number % len(SOURCES)]
        made.append(Envelope(0, number, number + 1, seen_at, (source,), readings=(reading,), first=seen_at))
    last = made[-1]
    return [*made, Envelope(0, last.end, last.end, last.mark + 2 * HOUR)]


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("stopped", [False, True], ids=["in one go", "stopped and restored"])
def test_the_watch_proposes_the_same_however_readings_are_cut_and_wherever_it_stops(
    partitions: int, *, stopped: bool
) -> None:
    titles = calm(120) + burst(120)
    config = WatchConfig({"19": "Thái Nguyên"}, readings_partitions=partitions)
    watcher = Watcher(config, home(UNATTRIBUTED, partitions))
    proposals, excerpts = [], []
    for offset, envelope in enumerate(envelopes(titles)):
        if stopped and offset == 122:
            watcher = Watcher.restore(config, watcher.snapshot())
        output = watcher.feed(envelope, offset)
        proposals += output.proposals
        excerpts += output.excerpts
    ((wanted, texts),) = fed(titles)
    assert [(one.id, one.phrase, one.titles) for one in proposals] == [(wanted.id, wanted.phrase, wanted.titles)]
    assert {one.id for one in texts} <= {one.id for one in excerpts}
