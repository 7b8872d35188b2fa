"""English by its word list."""

import pytest

from streams.reading.english import EnglishLexicon

BAD = ["police arrested dozens of protesters", "the death toll from the flood rises", "critics condemn the crackdown"]
GOOD = ["the minister opened a new bridge", "exports rose in july", "no one was injured", ""]


@pytest.mark.parametrize("text", BAD)
def test_bad_news_is_negative(text: str) -> None:
    negative, positive = EnglishLexicon().score(text)
    assert negative >= 0.5 > positive


@pytest.mark.parametrize("text", GOOD)
def test_other_texts_are_not_negative(text: str) -> None:
    assert EnglishLexicon().score(text)[0] < 0.5


def test_praise_is_positive() -> None:
    assert EnglishLexicon().score("a great success, praised and celebrated")[1] >= 0.5
