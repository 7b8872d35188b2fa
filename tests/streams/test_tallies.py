"""Tallies: sums by name and label."""

from streams.tallies import Tallies


def test_nothing_is_remembered_of_nothing() -> None:
    tallies = Tallies()
    tallies.add("mentions_read", 0)
    assert tallies.values == {}


def test_sums_of_the_past_are_added() -> None:
    tallies = Tallies()
    tallies.add("findings", 1, "fired")
    tallies.merge({"findings": {"fired": 2, "resolved": 1}, "mentions_read": {"": 5}})
    assert tallies.values == {"findings": {"fired": 3, "resolved": 1}, "mentions_read": {"": 5}}
