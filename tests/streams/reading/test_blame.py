"""Blame as the word list guesses it."""

from streams.reading.blame import blame_score
from streams.reading.text import cut, strip_marks


def test_blame_needs_words_of_blame_and_grows_with_bodies() -> None:
    event = blame_score(cut("Xe tải lật, hai người chết"))
    alone = blame_score(cut("Bức xúc vì chậm trễ"))
    with_body = blame_score(cut("Bức xúc vì sở chậm trễ"))
    assert event < 0.2 < alone < with_body


def test_phrases_are_known_without_marks() -> None:
    assert blame_score(cut(strip_marks("Ban quản lý dự án bị phê bình vì chậm tiến độ"))) > 0.5


def test_the_same_phrase_counts_once() -> None:
    assert blame_score(cut("bức xúc")) == blame_score(cut("bức xúc, bức xúc, bức xúc"))
