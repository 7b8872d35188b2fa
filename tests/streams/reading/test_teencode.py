"""Abbreviations of social media: only what means one thing."""

from streams.reading.teencode import teencode


def test_ambiguous_abbreviations_stay() -> None:
    known = teencode()
    assert known["ko"] == "không"
    assert not {"kh", "kg"} & set(known)
    assert all(short != long for short, long in known.items())
