from hypothesis import given
from hypothesis import strategies as st

from streams.watching.marks import AFTER_THE_END, Marks


def test_there_is_no_watermark_before_every_partition_has_spoken() -> None:
    marks = Marks.of(3)
    marks.speak(0, 5000)
    marks.speak(2, 7000)
    assert marks.watermark is None
    marks.speak(1, 6000)
    assert marks.watermark == 5000


def test_an_older_mark_of_a_zombie_changes_nothing() -> None:
    marks = Marks.of(1)
    marks.speak(0, 5000)
    marks.speak(0, 4000)
    assert marks.watermark == 5000
    assert marks.progress(0).mark == 5000


def test_ticks_go_on_without_a_partition_until_it_speaks_again() -> None:
    marks = Marks.of(2)
    marks.speak(0, 9000)
    marks.speak(1, 5000)
    assert marks.behind() == {1}
    assert marks.ahead() == {0}
    assert marks.go_without(1, 5000)
    assert marks.watermark == 9000
    marks.speak(1, 6000)
    assert marks.watermark == 9000
    assert marks.progress(1).mark == 9000
    marks.speak(0, 12_000)
    assert marks.watermark == 9000
    marks.speak(1, 11_000)
    assert marks.watermark == 11_000


def test_a_note_about_a_partition_that_has_spoken_since_is_not_obeyed() -> None:
    marks = Marks.of(2)
    marks.speak(0, 9000)
    marks.speak(1, 5000)
    marks.speak(1, 5500)
    assert not marks.go_without(1, 5000)
    assert marks.watermark == 5500


def test_without_every_partition_the_watermark_stands_still() -> None:
    marks = Marks.of(1)
    marks.speak(0, 5000)
    assert marks.go_without(0, 5000)
    assert marks.watermark == 5000


def test_a_partition_that_never_spoke_can_be_gone_without() -> None:
    marks = Marks.of(2)
    marks.speak(0, 5000)
    assert marks.behind() == {1}
    assert marks.go_without(1, 0)
    assert marks.watermark == 5000


def test_new_partitions_have_nothing_from_before_they_exist() -> None:
    marks = Marks.of(1)
    marks.speak(0, 5000)
    marks.grow(2, since=60_000)
    marks.speak(0, 90_000)
    assert marks.watermark == 60_000
    marks.speak(1, 80_000)
    assert marks.watermark == 80_000


def test_new_partitions_announced_too_late_begin_at_the_watermark() -> None:
    marks = Marks.of(1)
    marks.speak(0, 90_000)
    marks.grow(2, since=60_000)
    assert marks.progress(1).mark == 90_000


def test_partitions_never_become_fewer() -> None:
    marks = Marks.of(3)
    marks.grow(1, since=60_000)
    assert sorted(marks.partitions) == [0, 1, 2]


def test_a_final_partition_is_not_waited_for_and_the_end_lets_the_last_minutes_close() -> None:
    marks = Marks.of(2)
    marks.speak(0, 5000, final=True)
    marks.speak(1, 7000)
    assert marks.watermark == 7000
    marks.speak(1, 60_000, final=True)
    assert marks.watermark == 60_000 + AFTER_THE_END


def test_a_run_that_goes_on_after_its_end_counts_from_where_the_watermark_is() -> None:
    marks = Marks.of(1)
    marks.speak(0, 60_000, final=True)
    marks.reopen(0)
    assert marks.progress(0).mark == 60_000 + AFTER_THE_END
    marks.speak(0, 70_000)
    assert marks.watermark == 60_000 + AFTER_THE_END


def test_a_partition_that_nobody_announced_joins_at_the_watermark() -> None:
    marks = Marks.of(1)
    marks.speak(0, 5000)
    marks.speak(7, 1000)
    assert marks.progress(7).mark == 5000
    assert marks.watermark == 5000


@given(
    st.integers(1, 4),
    st.lists(
        st.one_of(
            st.tuples(st.just("speak"), st.integers(0, 3), st.integers(0, 100)),
            st.tuples(st.just("without"), st.integers(0, 3), st.integers(0, 100)),
            st.tuples(st.just("final"), st.integers(0, 3), st.integers(0, 100)),
            st.tuples(st.just("grow"), st.integers(1, 4), st.integers(0, 100)),
            st.tuples(st.just("reopen"), st.integers(0, 3), st.just(0)),
        )
    ),
)
def test_the_watermark_never_goes_back(partitions: int, events: list[tuple[str, int, int]]) -> None:
    marks = Marks.of(partitions)
    before = -1
    for kind, number, value in events:
        match kind:
            case "speak" | "final":
                marks.speak(number, value, final=kind == "final")
            case "without":
                marks.go_without(number, value)
            case "grow":
                marks.grow(number, value)
            case "reopen":
                marks.reopen(number)
        now = -1 if marks.watermark is None else marks.watermark
        assert now >= before
        before = now
