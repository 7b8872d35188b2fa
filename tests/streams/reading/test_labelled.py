"""Names in 500 real headlines labelled by hand, as they are and mangled."""

import pytest

from streams.reading.register import Register
from tests.bench.labels.named import HOSTILE, NEWS, Labelled, labels, named, scored, with_texts

needs_headlines = pytest.mark.skipif(not NEWS.exists(), reason=f"the real headlines are not there ({NEWS.name})")


@pytest.fixture(scope="module")
def labelled() -> list[Labelled]:
    return with_texts()


def test_the_labels_are_of_500_headlines_by_link_with_codes_and_roles_that_exist() -> None:
    found = labels()
    codes = {each.code for each in Register.load().organisations()}
    assert len({label.id for label in found}) == 500
    assert {label.half for label in found} == {0, 1}
    assert all(label.link.startswith("https://") and not label.text for label in found)
    assert {code for label in found for code in label.roles} <= codes
    assert {role for label in found for role in label.roles.values()} == {
        "blamed", "responsible", "rescuing", "mentioned",
    }  # fmt: skip


@needs_headlines
@pytest.mark.parametrize("half", [0, 1], ids=["development", "held out"])
def test_names_are_found_in_real_headlines(labelled: list[Labelled], half: int) -> None:
    chosen = [label for label in labelled if label.half == half]
    score = scored(chosen, named(Register.load(), [label.text for label in chosen]))
    assert score.precision >= 0.975  # one extra name is half a percent of a half
    assert score.recall >= 0.95


#: What must be found of what is found in the text as it is.
LEAST = {
    "NFD": (0.98, 0.95),
    "no diacritics": (0.93, 0.9),
    "every other syllable without diacritics": (0.95, 0.9),
    "all capitals": (0.9, 0.95),
    "all small letters": (0.93, 0.9),
    "emoji": (0.97, 0.95),
    "zero-width characters": (0.98, 0.95),
    "mixed scripts": (0.93, 0.9),
}


@needs_headlines
@pytest.mark.parametrize("way", LEAST, ids=[way.replace(" ", "-") for way in LEAST])
def test_mangled_text_costs_little(labelled: list[Labelled], way: str) -> None:
    score = scored(labelled, named(Register.load(), [HOSTILE[way](label.text) for label in labelled]))
    precision, recall = LEAST[way]
    assert score.precision >= precision
    assert score.recall >= recall
