"""Listed claims are found however they are put; criticism, however harsh, is never flagged."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.claims import Claim
from streams.reading.claims import ClaimMatcher, is_matchable
from streams.reading.text import cut

HERE = Path(__file__).parent / "claims"
LISTED = tomllib.loads((HERE / "claims.toml").read_text(encoding="utf-8"))["claims"]
CLAIMS = [Claim(f"{n:02}", one["text"], "", "", "", tuple(one["wordings"])) for n, one in enumerate(LISTED)]
CRITICISMS = [
    line for line in (HERE / "criticisms.txt").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
]
MATCHER = ClaimMatcher(CLAIMS)


def flagged(text: str) -> str:
    (match,) = MATCHER.match([cut(text)])
    return match.claim.id if match is not None else ""


@pytest.mark.parametrize(("half", "claims"), [("chosen_on", range(10)), ("held_out", range(10, 20))])
def test_rephrasings_of_listed_claims_are_flagged(half: str, claims: range) -> None:
    said = [flagged(text) == f"{number:02}" for number in claims for text in LISTED[number]["rephrased"]]
    print(half, sum(said), "of", len(said))
    assert len(said) == 50
    assert sum(said) >= 40


@pytest.mark.parametrize("half", [slice(0, 150), slice(150, 300)], ids=["chosen_on", "held_out"])
def test_criticism_is_never_flagged(half: slice) -> None:
    criticisms = CRITICISMS[half]
    assert len(criticisms) == 150
    assert [text for text in criticisms if flagged(text)] == []


def test_the_claim_itself_is_flagged_with_all_its_weight() -> None:
    (match,) = MATCHER.match([cut(CLAIMS[3].text)])
    assert match is not None
    assert (match.claim, round(match.likeness, 6)) == (CLAIMS[3], 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "Bộ Tài chính bác bỏ tin gửi tiết kiệm ngân hàng phải nộp thuế 5% tiền lãi",
        "Tin giả: đập thủy điện Suối Lớn vỡ, cuốn trôi hàng nghìn người",
        "Không có chuyện nước máy thành phố Hồng Giang nhiễm chì gây ung thư",
    ],
)
def test_who_answers_a_claim_does_not_make_it(text: str) -> None:
    assert flagged(text) == ""


def test_the_same_words_about_another_place_are_another_claim() -> None:
    assert flagged("Chủ tịch Asanzo trốn ra nước ngoài, nhân viên bỏ trốn") == ""


def test_words_scattered_over_a_long_text_make_no_claim() -> None:
    words = CLAIMS[9].text.split()
    assert flagged(" ".join(f"{word} {'chuyện khác hẳn ' * 9}" for word in words)) == ""


def test_nothing_is_found_where_nothing_is_listed() -> None:
    assert ClaimMatcher([]).match([cut("Vỡ đê"), cut("")]) == [None, None]


@pytest.mark.parametrize(("text", "fits"), [("Vỡ đê ở Kim Sơn", True), ("và của là", False), ("vỡ đê", False)])
def test_a_wording_needs_three_telling_words(*, text: str, fits: bool) -> None:
    assert is_matchable(text) is fits


@given(st.lists(st.sampled_from([*LISTED[0]["rephrased"], *CRITICISMS[:5], "", "x"]), max_size=6))
def test_a_batch_is_as_one_by_one(texts: list[str]) -> None:
    cuts = [cut(text) for text in texts]
    assert MATCHER.match(cuts) == [MATCHER.match([one])[0] for one in cuts]
