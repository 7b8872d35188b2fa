from hypothesis import given
from hypothesis import strategies as st

from streams.watching.identities import HOUR, KNOWN_FOR, Identities


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_the_same_mention_is_new_once() -> None:
    known = Identities()
    assert known.is_new(key(1), 0)
    assert not known.is_new(key(1), 24 * HOUR)
    assert known.is_new(key(2), 24 * HOUR)


def test_a_mention_is_known_for_a_whole_day_and_forgotten_within_the_hour_after() -> None:
    for first in (0, HOUR - 1):
        known = Identities()
        known.is_new(key(1), first)
        assert not known.is_new(key(1), first + KNOWN_FOR * HOUR)
        assert known.is_new(key(1), first + (KNOWN_FOR + 1) * HOUR)


def test_of_too_many_the_oldest_are_forgotten_first() -> None:
    known = Identities(limit=100, piece=10)
    for number in range(150):
        assert known.is_new(key(number), 0)
    assert len(known) <= 100
    assert not known.is_new(key(149), 0)
    assert not known.is_new(key(60), 0)
    assert known.is_new(key(0), 0)


def test_full_pieces_and_past_hours_keep_their_bytes() -> None:
    known = Identities(piece=10)
    for number in range(25):
        known.is_new(key(number), 0)
    before = known.parts()
    for number in range(25, 40):
        known.is_new(key(number), HOUR)
    after = known.parts()
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5 * HOUR)), max_size=80), st.integers(0, 80))
def test_a_rebuilt_set_answers_the_same(steps: list[tuple[int, int]], cut: int) -> None:
    whole, now = Identities(limit=12, piece=4), 0
    timed = [(number, now := now + pause) for number, pause in steps]
    answers = [whole.is_new(key(number), at) for number, at in timed]
    first = Identities(limit=12, piece=4)
    rebuilt = [first.is_new(key(number), at) for number, at in timed[:cut]]
    second = Identities.of_parts(first.parts(), limit=12, piece=4)
    rebuilt += [second.is_new(key(number), at) for number, at in timed[cut:]]
    assert rebuilt == answers
