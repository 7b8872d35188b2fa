"""What a body is in a text: blamed, rescuing, responsible or only mentioned."""

from pathlib import Path

import pytest

from streams.reading.names import NameFinder
from streams.reading.register import Register
from streams.reading.roles import Role, RoleFinder
from streams.reading.text import cut_all, strip_marks
from streams.watching.envelopes import ROLES
from tests.bench.labels.named import NEWS, role_pairs, with_texts


@pytest.fixture(scope="module")
def names() -> NameFinder:
    return NameFinder(Register.load())


@pytest.fixture(scope="module")
def roles() -> RoleFinder:
    return RoleFinder()


SAID = {
    "a place": ("Mưa lớn ở Huế", {"46": Role.MENTIONED}),
    "a place that something is said of": ("Huế ngập sâu sau mưa", {"46": Role.MENTIONED}),
    "where police were attacked": ("Tấn công cảnh sát ở Gia Lai", {"52": Role.MENTIONED}),
    "its office acts": ("UBND tỉnh An Giang yêu cầu báo cáo", {"91": Role.RESPONSIBLE}),
    "it decides": ("Hà Nội đề xuất thu phí vào nội đô", {"01": Role.RESPONSIBLE}),
    "a ministry": ("Bộ Y tế công bố dịch", {"BYT": Role.RESPONSIBLE}),
    "a department of a province": ("Sở GD-ĐT Hà Tĩnh trả lời phụ huynh", {"42": Role.RESPONSIBLE}),
    "police rescue": ("Công an Huế cứu người mắc kẹt", {"46": Role.RESCUING}),
    "the army rescues": ("Bộ Quốc phòng điều trực thăng cứu trợ vùng lũ", {"BQP": Role.RESCUING}),
    "others rescue there": ("Người dân Huế tự cứu nhau trong lũ", {"46": Role.MENTIONED}),
    "criticised": ("Thủ tướng phê bình UBND tỉnh Sơn La", {"14": Role.BLAMED}),
    "disciplined": ("Kỷ luật Chủ tịch UBND tỉnh Sơn La", {"14": Role.BLAMED}),
    "someone of the province is accused": (
        "Đánh người, ông Phạm Văn A (ngụ Sơn La) bị khởi tố",
        {"14": Role.MENTIONED},
    ),
    "its office is accused": ("Sở Y tế Sơn La bị khởi tố vì đấu thầu", {"14": Role.BLAMED}),
    "accused after its name": ("Sở Y tế Sơn La bị tố làm ngơ", {"14": Role.BLAMED}),
    "a former official in court": ("Cựu giám đốc Sở Y tế Sơn La nhận hối lộ", {"14": Role.BLAMED}),
    "a former official at a feast": ("Cựu giám đốc Sở Y tế Sơn La mừng thọ", {"14": Role.RESPONSIBLE}),
    "a veteran is no former official": ("Cựu chiến binh Sơn La kể chuyện tù đày", {"14": Role.MENTIONED}),
    "blame ends with its clause": ("Kỷ luật nhiều cán bộ. Mưa lớn ở Sơn La", {"14": Role.MENTIONED}),
    "each its own": (
        "Công an TP.HCM khởi tố vụ án. Mưa lớn ở Huế",
        {"79": Role.RESPONSIBLE, "46": Role.MENTIONED},
    ),
    "the strongest of several": ("Mưa lớn ở Huế. UBND TP Huế nhận lỗi với dân", {"46": Role.BLAMED}),
    "nobody": ("Trời nắng đẹp", {}),
}


@pytest.mark.parametrize(("text", "wanted"), SAID.values(), ids=SAID.keys())
def test_the_role_is_told_from_the_words_around_the_name(
    names: NameFinder, roles: RoleFinder, text: str, wanted: dict[str, Role]
) -> None:
    texts = cut_all([text])
    assert roles.roles(texts, names.find_all(texts)) == [wanted]


@pytest.mark.parametrize(("text", "wanted"), SAID.values(), ids=SAID.keys())
def test_roles_are_told_without_marks_where_cues_have_several_syllables(
    names: NameFinder, roles: RoleFinder, text: str, wanted: dict[str, Role]
) -> None:
    texts = cut_all([strip_marks(text)])
    (told,) = roles.roles(texts, names.find_all(texts))
    assert told.keys() == wanted.keys()


def test_a_batch_tells_what_each_text_alone_tells(names: NameFinder, roles: RoleFinder) -> None:
    texts = cut_all(["", *[text for text, _ in SAID.values()], ""])
    found = names.find_all(texts)
    together = roles.roles(texts, found)
    assert together == [roles.roles([text], [one])[0] for text, one in zip(texts, found, strict=True)]


def test_a_theme_has_no_role(tmp_path: Path, roles: RoleFinder) -> None:
    lines = "code\tname\tkind\nPR\tthu phí rác\ttheme\n"
    (tmp_path / "organisations-own.tsv").write_text(lines, encoding="utf-8")
    texts = cut_all(["UBND phường bị phê bình vì thu phí rác"])
    assert roles.roles(texts, NameFinder(Register.load(tmp_path)).find_all(texts)) == [{"PR": Role.MENTIONED}]


def test_readings_call_the_roles_by_their_number() -> None:
    assert tuple(role.name.lower() for role in Role) == ROLES


@pytest.mark.skipif(not NEWS.exists(), reason=f"the real headlines are not there ({NEWS.name})")
@pytest.mark.parametrize("half", [0, 1], ids=["development", "held out"])
def test_roles_in_real_headlines_are_mostly_as_labelled(half: int) -> None:
    pairs = role_pairs(Register.load(), [label for label in with_texts() if label.half == half])
    assert sum(wanted == told for wanted, told in pairs) >= 0.83 * len(pairs)
    blamed = [(wanted, told) for wanted, told in pairs if "blamed" in {wanted, told}]
    assert sum(wanted == told for wanted, told in blamed) >= 0.6 * len(blamed)
