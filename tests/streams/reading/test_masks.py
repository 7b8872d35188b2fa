import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.masks import ACCOUNT, HOME, MAIL, PAPER, PHONE, mask, tells_a_person

MASKED = [
    ("Gọi 0912345678 ngay", f"Gọi {PHONE} ngay"),
    ("Gọi 0912 345 678, 091.234.5678 và 0912-345-678.", f"Gọi {PHONE}, {PHONE} và {PHONE}."),
    ("ĐT: 09 1234 5678? không, 0912 34 56 78", f"ĐT: 09 1234 5678? không, {PHONE}"),
    ("Zalo +84 912 345 678 hoặc 84912345678", f"Zalo {PHONE} hoặc {PHONE}"),
    ("nhắn (+84)912345678", f"nhắn {PHONE}"),
    ("máy bàn (024) 3825 4567, 028.3829.1234", f"máy bàn {PHONE}, {PHONE}"),
    ("số cũ 01234567890", f"số cũ {PHONE}"),
    ("0 9 1 2 3 4 5 6 7 8", PHONE),
    ("sdt ０９１２３４５６７８", f"sdt {PHONE}"),
    ("09\u200b12\u200b345\u200b678", PHONE),
    ("hai số 0912345678 - 0987654321 đều tắt", f"hai số {PHONE} - {PHONE} đều tắt"),
    ("ngày 12-10-2025 0912345678 gọi tới", f"ngày 12-10-2025 {PHONE} gọi tới"),
    ("Gửi về lan.nguyen-88@example.com.vn trước thứ hai", f"Gửi về {MAIL} trước thứ hai"),
    ("a (at) example.vn; b&#64;example.vn", f"{MAIL}; {MAIL}"),
    ("CCCD 001085012345 của tôi", f"CCCD {PAPER} của tôi"),
    ("mang thẻ 079 085 012345 đến", f"mang thẻ {PAPER} đến"),
    ("Chứng minh nhân dân số 123456789 cấp", f"Chứng minh nhân dân số {PAPER} cấp"),
    ("can cuoc: 012345678", f"can cuoc: {PAPER}"),
    ("STK 19012345678901 Techcombank", f"STK {ACCOUNT} Techcombank"),
    ("chuyển vào số tài khoản: 1234 5678 90", f"chuyển vào số tài khoản: {ACCOUNT}"),
    ("Vietcombank 0071001234567", f"Vietcombank {ACCOUNT}"),
    ("thẻ 4111 1111 1111 1111 bị mất", f"thẻ {ACCOUNT} bị mất"),
    ("Nhà số 15 ngõ 7 phố Vạn Phúc bị phá", f"Nhà số {HOME} bị phá"),
    ("trú tại 21/12/3 Xuân Diệu, phường Thuận Hóa", f"trú tại {HOME}, phường Thuận Hóa"),
    ("ngụ số 8, hẻm 12/4 đường Lê Lợi, quận 5", f"ngụ số {HOME}, quận 5"),
    ("tại số 107/6 đường Hà Đặc, phường Trung Mỹ", f"tại số {HOME}, phường Trung Mỹ"),
    ("địa chỉ: 5 Trần Phú", f"địa chỉ: {HOME}"),
    ("nha so 12 ngo 4 pho Hue", f"nha so {HOME}"),
    (unicodedata.normalize("NFD", "trú tại số 9 đường Lê Lợi"), f"trú tại số {HOME}"),
]

KEPT = [
    "Nghị định 168/2024/NĐ-CP và Nghị định số 09/2017/NĐ-CP",
    "Quyết định 1234567/QĐ-UBND",
    "Luật 91/2025/QH15 có hiệu lực từ 01/01/2026",
    "ngày 09-12-2025 lúc 08:30, hạn 09.12.2025",
    "giai đoạn 2025-2030, 2021–2025 và 2026 - 2031",
    "Techcombank giai đoạn 2025-2030",
    "định danh điện tử từ ngày 28-4-2025",
    "phạt 20.000.000 đồng, chi 1.234.567.890 đồng",
    "tài khoản bị trừ 50000000 đồng",
    "Vietcombank lãi 33.831.000.000 đồng",
    "chứng minh thu nhập 12000000 đồng mỗi tháng",
    "tổng đài 1900 1234, 1800.1091, gọi 113, 114, 115",
    "nhà máy 1.200 MW, tỉ lệ 3/4, 24/7",
    "Sáng 30/1, đường Lê Lợi được tổ chức hai chiều",
    "Từ 30/1 đường Lê Lợi cấm xe",
    "Quốc lộ 1A qua hẻm núi dài 12 km",
    "đường số 7 ngập, phố 12 mất điện, ngõ 15 không lối ra",
    "sống ở 12 tỉnh, nhà ở 25 m2, trú 3 ngày",
    "Em sống 1/2 cuộc đời",
    "trụ sở số 1 Ngô Quyền",
    "xã có 12345678 dân và 100000000000 lượt xem",
    "tọa độ 21.0285, 105.8542",
    "điểm chuẩn 27,85; 0,5 điểm",
    "tàu SE1 số 0123",
    "biển số 29A-123.45",
    "https://example.vn/lu-185250809150433582.htm",
    "Euro 2024, @",
]


@pytest.mark.parametrize(("text", "masked"), MASKED, ids=range(len(MASKED)))
def test_what_tells_a_person_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert mask(text) is text


@given(st.text(alphabet="09 .-()+@/1234số nhàtrúSTK:Lđường\u200b", max_size=80))
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text(max_size=30), st.from_regex(r"09[0-9]{8}", fullmatch=True), st.text(max_size=30))
def test_no_mobile_number_between_spaces_survives_whatever_stands_around_it(
    before: str, number: str, after: str
) -> None:
    masked = mask(f"{before} – gọi {number} nhé – {after}")
    assert number not in masked


@pytest.mark.parametrize(
    ("url", "tells"),
    [
        ("https://example.vn/?sdt=0912345678", True),
        ("https://example.vn/a@b.vn", True),
        ("https://example.vn/lu-185250809150433582.htm", False),
        ("https://example.vn/phone-moi-ra-mat", False),
    ],
)
def test_an_address_may_tell_a_person_too(url: str, tells: bool) -> None:  # noqa: FBT001 - a table's cell
    assert tells_a_person(url) is tells


def test_masking_takes_linear_time() -> None:
    long = "số nhà " * 2000 + "1/" * 4000 + "0 9 " * 3000 + "a@" * 3000 + "9" * 9000
    assert len(mask(long)) > 1000
