"""The ledger's laws: no gap, no commit past what is unacknowledged, bytes return."""

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.transports.ledger import BatchLedger, Verdict

P0 = TP("mentions", 0)
P1 = TP("mentions", 1)

lengths = st.lists(st.integers(1, 50), min_size=1, max_size=20)


def handed(ledger: BatchLedger, sizes: list[int], start: int = 0) -> list[int]:
    ends = []
    for size in sizes:
        assert ledger.accept(P0, start, start + size, size) is Verdict.ACCEPTED
        start += size
        ends.append(start)
    return ends


@given(lengths, st.randoms())
def test_committable_never_passes_an_unacknowledged_batch_whatever_the_order(sizes: list[int], random: object) -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 0})
    ends = handed(ledger, sizes)
    order = list(range(len(ends)))
    random.shuffle(order)  # type: ignore[attr-defined]  # Hypothesis types its Random as object
    done: set[int] = set()
    for index in order:
        assert ledger.ack(P0, ends[index], 1) is Verdict.ACCEPTED
        done.add(index)
        prefix = next((i for i in range(len(ends)) if i not in done), len(ends))
        assert ledger.committable() == ({P0: ends[prefix - 1]} if prefix else {})
    assert ledger.in_flight(P0) == 0


@given(lengths)
def test_bytes_in_flight_are_what_is_neither_acknowledged_nor_taken(sizes: list[int]) -> None:
    ledger = BatchLedger(limit=10)
    ledger.assign(1, {P0: 0})
    ends = handed(ledger, sizes)
    assert ledger.in_flight(P0) == sum(sizes)
    assert ledger.paused(P0) == (sum(sizes) >= 10)
    for end in ends:
        ledger.taken(P0, end, 1)
        ledger.taken(P0, end, 1)
    assert (ledger.in_flight(P0), ledger.room(P0), ledger.committable()) == (0, 10, {})
    for end in ends:
        ledger.ack(P0, end, 1)
    assert (ledger.in_flight(P0), ledger.committable()) == (0, {P0: ends[-1]})


@given(st.integers(0, 100), st.integers(0, 200))
def test_only_a_batch_that_goes_on_where_the_last_ended_is_handed_over(position: int, first: int) -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: position})
    verdict = ledger.accept(P0, first, first + 5, 1)
    assert verdict is (Verdict.ACCEPTED if first == position else Verdict.SEEK)
    assert ledger.handed_over(P0) == (first + 5 if first == position else position)


def test_a_hole_that_stays_is_a_true_hole() -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 10})
    assert ledger.accept(P0, 17, 20, 1) is Verdict.SEEK
    assert ledger.accept(P0, 18, 20, 1) is Verdict.SEEK
    assert ledger.accept(P0, 18, 20, 1) is Verdict.ACCEPTED
    assert ledger.handed_over(P0) == 20


def test_a_batch_from_before_the_position_is_never_a_hole() -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 10})
    for _ in range(3):
        assert ledger.accept(P0, 7, 12, 1) is Verdict.SEEK


def test_what_was_acknowledged_under_an_earlier_assignment_is_ignored() -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 0})
    ledger.accept(P0, 0, 5, 1)
    ledger.assign(2, {P0: 0})
    ledger.accept(P0, 0, 5, 1)
    assert ledger.ack(P0, 5, 1) is Verdict.STALE
    assert ledger.committable() == {}


def test_a_partition_that_is_not_held_takes_nothing_and_is_paused() -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 0})
    assert ledger.accept(P1, 0, 5, 1) is Verdict.UNASSIGNED
    assert ledger.ack(P1, 5, 1) is Verdict.UNASSIGNED
    assert (ledger.paused(P1), ledger.handed_over(P1), ledger.in_flight(P1)) == (True, None, 0)
    ledger.revoke()
    assert (ledger.paused(P0), ledger.handed_over(P0)) == (True, None)


def test_committed_offsets_are_not_offered_again_and_a_second_acknowledgement_is_nothing() -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 0})
    handed(ledger, [5, 5])
    ledger.ack(P0, 5, 1)
    ledger.committed({P0: 5, P1: 3})
    assert ledger.committable() == {}
    assert ledger.ack(P0, 5, 1) is Verdict.UNKNOWN
    assert ledger.ack(P0, 7, 1) is Verdict.UNKNOWN
    ledger.ack(P0, 10, 1)
    assert ledger.committable() == {P0: 10}


def test_an_acknowledgement_out_of_order_twice_is_nothing_either() -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 0})
    handed(ledger, [5, 5])
    assert ledger.ack(P0, 10, 1) is Verdict.ACCEPTED
    assert ledger.ack(P0, 10, 1) is Verdict.UNKNOWN


def test_a_seek_forgets_what_was_handed_over_and_never_takes_a_commit_back() -> None:
    ledger = BatchLedger()
    ledger.assign(1, {P0: 0})
    handed(ledger, [5, 5])
    ledger.ack(P0, 5, 1)
    ledger.committed({P0: 5})
    ledger.seek(P0, 2)
    assert ledger.ack(P0, 10, 1) is Verdict.UNKNOWN
    assert (ledger.handed_over(P0), ledger.in_flight(P0), ledger.committable()) == (2, 0, {})
    assert ledger.accept(P0, 2, 4, 1) is Verdict.ACCEPTED
    ledger.ack(P0, 4, 1)
    assert ledger.committable() == {}
    ledger.seek(P1, 3)
    assert ledger.handed_over(P1) is None
