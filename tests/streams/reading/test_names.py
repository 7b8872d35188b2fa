"""Which organisations a text names, and which it only seems to name."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.names import NameFinder, failing
from streams.reading.register import Register
from streams.reading.text import Text, cut, strip_marks


class Finder(NameFinder):
    """Answers with the bodies responsible today."""

    def __init__(self, register: Register) -> None:
        super().__init__(register)
        self._register = register

    def find(self, text: Text) -> frozenset[str]:
        return self._register.of_today(super().find(text))


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(Register.load())


NAMED = {
    "province": ("Nước dâng nhanh ở Thái Nguyên", "19"),
    "province at the ends": ("Huế", "46"),
    "a city by its full name": ("Khu chung cư ở thành phố Huế mất nước", "46"),
    "several": ("Bộ Y tế cử đoàn vào Đắk Lắk và Khánh Hòa", "56 66 BYT"),
    "tỉnh": ("UBND tỉnh An Giang họp", "91"),
    "city, dots": ("Kẹt xe ở TP.HCM", "79"),
    "city, dot and space": ("Kẹt xe ở TP. HCM", "79"),
    "city, spelled": ("Thành phố Hồ Chí Minh mưa to", "79"),
    "city, together": ("kẹt xe TPHCM", "79"),
    "city, old name": ("Người Sài Gòn đội mưa", "79"),
    "old tone mark": ("Lũ ở Khánh Hoà, Thanh Hoá", "38 56"),
    "other spelling": ("Mưa lớn tại Đăk Lăk", "66"),
    "former province": ("Cháy chợ ở Bạc Liêu", "96"),
    "former province, cũ": ("Xe lật ở tỉnh Hòa Bình (cũ)", "25"),
    "former ministry": ("Kết luận về dự án của Bộ TT&TT", "BKHCN"),
    "ministry, ampersand": ("Bộ GD&ĐT nói gì?", "BGDDT"),
    "ministry, dash": ("Bộ GD-ĐT nói gì?", "BGDDT"),
    "ministry, small letters": ("bộ y tế ở đâu rồi", "BYT"),
    "ministry, comma": ("Bộ Văn hóa, Thể thao và Du lịch", "BVHTTDL"),
    "ministry, no comma": ("Bộ Văn hoá Thể thao và Du lịch", "BVHTTDL"),
    "acronym": ("NHNN hạ lãi suất", "NHNN"),
    "longest": ("Bộ Công Thương và Bộ Công an", "BCA BCT"),
    "no diacritics": ("Bo Y te: dich o Thai Nguyen, Da Nang", "19 48 BYT"),
    "a name without diacritics": ("Khách tới Da Nang giảm vì lũ", "48"),
    "all capitals": ("LŨ QUÉT Ở LÀO CAI", "15"),
    "all small": ("ngập nặng ở thái nguyên luôn mn", "19"),
    "zero width": ("Lũ ở Hu\u200bế", "46"),
    "entity": ("B&#7897; Y t&#7871;", "BYT"),
    "one mark missing": ("Nước dâng ở Thái Nguyen", "19"),
    "other marks missing": ("Ngập nặng ở Hà Nôi, Hai Phòng", "01 31"),
    "i for y": ("Cháy chợ ở Qui Nhơn và Mĩ Tho", "52 82"),
    "look-alike letters": ("Nước dâng ở Тhаi Nguyen", "19"),
    "ministry, one mark missing": ("Bộ Y tê nói gì", "BYT"),
    "former ministry, dashes": ("cựu thứ trưởng Bộ LĐ-TB-XH hầu tòa", "BNV"),
    "department of a province": ("Sở GD-ĐT Hà Tĩnh xin lỗi phụ huynh", "42"),
    "department of a ministry": ("Cục Đường bộ Việt Nam hứa sửa cầu", "BXD"),
    "ward": ("Rác chất đống ở phường Bạch Mai", "01"),
    "ward, shortened": ("Rác chất đống ở P.Bạch Mai", "01"),
    "ward, shortened with a space": ("Rác chất đống ở P. Bạch Mai", "01"),
    "ward, all capitals": ("RÁC CHẤT ĐỐNG Ở PHƯỜNG BẠCH MAI", "01"),
    "former district": ("Dân Q.10 cũ kêu cứu", "79"),
    "a ward of the province that is named": ("Phường Bạch Mai (Hà Nội) ngập", "01"),
    "a ward, and another province": ("Phường Bạch Mai giống phường ở Huế", "46"),
    "teencode": ("hcm ngập quá mn ơi", "79"),
    "former name of a city": ("Người Thừa Thiên - Huế xa quê", "46"),
    "town": ("Cháy khách sạn ở Nha Trang", "56"),
    "the city, not the battle": ("Mưa đá ở TP Điện Biên Phủ", "11"),
    "police of a city": ("Công an Hà Nội bắt nghi phạm", "01"),
    "two provinces side by side": ("cao tốc Hà Nội - Hải Phòng", "01 31"),
    "police before An": ("Công an An Giang", "91"),
    "a person called like a country": ("Thiếu tướng Trần Minh Đức, Bộ Công an, trả lời", "BCA"),
    "defence, ours": ("Bộ Quốc phòng điều 500 chiến sĩ giúp dân", "BQP"),
}


@pytest.mark.parametrize(("text", "codes"), NAMED.values(), ids=NAMED.keys())
def test_names_are_found(finder: Finder, text: str, codes: str) -> None:
    assert " ".join(sorted(finder.find(cut(text)))) == codes


NOT_NAMED = {
    "foreign ministry": "Bộ Quốc phòng Nga ra tuyên bố",
    "foreign ministry, twice": "Mỹ: Bộ Tài chính Mỹ siết thuế",
    "foreign ministry, health": "Bộ Y tế Ấn Độ cảnh báo dịch",
    "foreign ministry, by context": "Ông Trump muốn đổi tên Bộ Quốc phòng",
    "football club": "Công an Hà Nội thua đậm ở vòng 3 V-League",
    "football club, named so": "CLB Công an TP.HCM sa thải HLV",
    "football club of a province": "Thép Xanh Nam Định mất điểm",
    "football, company": "Hoàng Anh Gia Lai đổi chủ",
    "the ocean": "Động đất mạnh ở Thái Bình Dương",
    "a person called Hòa Bình": "Phó thủ tướng Nguyễn Hòa Bình yêu cầu báo cáo",
    "a person called Thái Bình": "Học bổng Nguyễn Thái Bình",
    "a club": "CLB Công an Hà Nội thắng trên sân khách",
    "a street": "cháy một nhà dân trên Phố Huế",
    "a person called Huế": "Bà Nguyễn Thị Huế kêu cứu",
    "peace": "Hai bên đàm phán hòa bình",
    "peace at the start": "Hòa bình cho mọi người",
    "peace without diacritics": "hoa binh cho moi nguoi",
    "Henan": "Cô gái ở Trịnh Châu, tỉnh Hà Nam (Trung Quốc)",
    "Politburo": "Bộ Chính trị họp",
    "the president": "Tấm gương Hồ Chí Minh",
    "an officer": "nhiều cán bộ y tế kiệt sức",
    "the battle": "chiến thắng Điện Biên Phủ",
    "inside a word": "Huếch hoác, anhuế",
    "inside a name": "Công an Giang Thành",
    "a dish": "quán bún bò Huế bị tố chặt chém",
    "a bank": "Ngân hàng Thương mại cổ phần Sài Gòn",
    "a bank, short": "Ngân hàng TMCP Sài Gòn - Hà Nội lãi lớn",
    "a company": "Quốc Cường Gia Lai nợ thuế",
    "a convention": "Mở ký Công ước Hà Nội",
    "a road": "kẹt xe trên xa lộ Hà Nội",
    "over the end of a sentence": "Anh về Thái. Nguyên nhân chưa rõ",
    "a verb": "Cần bình định giá cả và thanh hóa",
    "an acronym in small letters": "vpcp ttcp bca",
    "a hue": "The hue of it",
    "far, not a commune": "khong qua xa Tan Dinh",
    "an average, not a district": "tăng bình quân 10 năm",
    "a name without all its marks": "Ca sĩ Thanh Hoa trở lại",
    "a commune in small letters": "Đi về phía xã hội đen",
    "nothing": "",
}


@pytest.mark.parametrize("text", NOT_NAMED.values(), ids=NOT_NAMED.keys())
def test_homonyms_are_not_found(finder: Finder, text: str) -> None:
    assert finder.find(cut(text)) == frozenset()


@given(
    st.lists(
        st.sampled_from([text for text, _ in NAMED.values()] + list(NOT_NAMED.values()))
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
        max_size=4,
    )
)
def test_composition_of_letters_does_not_matter(finder: Finder, parts: list[str]) -> None:
    text = " ".join(parts)
    assert finder.find(cut(unicodedata.normalize("NFD", text))) == finder.find(cut(unicodedata.normalize("NFC", text)))


def test_every_organisation_is_found_by_its_own_name_and_aliases(finder: Finder) -> None:
    register = Register.load()
    missed = [
        alias.text
        for alias in register.aliases
        if finder.find(cut(f"tại tỉnh {alias.text} hôm nay")) != register.of_today({alias.code})
        and alias.text != "Hồ Chí Minh"  # the person, unless a city is named so
    ]
    assert missed == []


def test_names_without_diacritics_are_found_in_plain_text(finder: Finder) -> None:
    provinces = [each for each in Register.load().organisations() if each.kind in {"province", "city"}]
    missed = [
        each.name
        for each in provinces
        if finder.find(cut(strip_marks(f"Mua lon o tinh {each.name} sang nay"))) != {each.code}
    ]
    assert missed == ["Hồ Chí Minh"]


def test_what_the_data_give_as_examples_holds() -> None:
    register = Register.load()
    assert len(register.examples) > 50
    assert failing(register) == []


def test_an_example_that_does_not_hold_is_told_with_its_place(tmp_path: Path) -> None:
    lines = "text\tcodes\nLũ ở Huế\t19\nLũ ở Vinh\t40\n"
    (tmp_path / "examples-own.tsv").write_text(lines, encoding="utf-8")
    told = failing(Register.load(tmp_path))
    assert [line.split(": ", 1)[1] for line in told] == [
        "'Lũ ở Huế' must name 19, not 46",
        "'Lũ ở Vinh' must name 40, not nobody",
    ]
    assert "examples-own.tsv, line 2" in told[0]


def test_a_batch_finds_what_each_text_alone_finds() -> None:
    finder = NameFinder(Register.load())
    texts = [cut(text) for text in ("", *[text for text, _ in NAMED.values()], "", *NOT_NAMED.values(), "Huế")]
    together = finder.find_all(texts)
    assert together == [finder.find_all([text])[0] for text in texts]
    for text, found in zip(texts, together, strict=True):
        assert [hit.start for hit in found.hits] == sorted(hit.start for hit in found.hits)
        assert all(text.lower[hit.start] == text.lower[hit.end - 1] == " " for hit in found.hits)


def test_a_theme_of_ones_own_is_found(tmp_path: Path) -> None:
    (tmp_path / "organisations-own.tsv").write_text(
        "code\tname\tkind\tparent\tsince\tuntil\towners\taliases\n"
        "ND-XYZ\tNghị định phí rác\ttheme\t\t2025-10-01\t2025-12-31\tBNNMT; BTC\tphí rác; thu phí rác thải\n",
        encoding="utf-8",
    )
    register = Register.load(tmp_path)
    assert NameFinder(register).find(cut("Dân bức xúc chuyện thu phí rác thải")) == {"ND-XYZ"}
