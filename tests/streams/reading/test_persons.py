import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.persons import person_places


def names(title: str) -> list[str]:
    tokens = title.split()
    return [" ".join(tokens[first:last]) for first, last in person_places(tokens)]


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Khởi tố Nguyễn Văn A và Trần Thị Bích B về tội lừa đảo", ["Nguyễn Văn A", "Trần Thị Bích B"]),
        ("Kỷ luật ông Tòng Thế Anh vì sai phạm", ["Tòng Thế Anh"]),
        ("Bắt giữ bị can Y Blơn Niê tại nhà", ["Y Blơn Niê"]),
        ("Ca sĩ Mây Trắng xin lỗi", ["Mây Trắng"]),
        ("Bà Lan kể lại đêm lũ", ["Lan"]),
        ("nguyễn văn a bị bắt", ["nguyễn văn a"]),
        ("nguyen thi b keu cuu giua dem", ["nguyen thi b"]),
        ("KHỞI TỐ LÊ VĂN C VÌ GÂY RỐI", ["LÊ VĂN C"]),
        ("Hoàng Thị D tố bị ép", ["Hoàng Thị D"]),
    ],
)
def test_names_of_persons_are_found_by_their_form(title: str, found: list[str]) -> None:
    assert names(title) == found


@pytest.mark.parametrize(
    "title",
    [
        "Ngập sâu trên đường Nguyễn Hữu Cảnh",
        "TP Hồ Chí Minh cấm tải trên đường Lê Lợi",
        "Sạt lở ở Cao Bằng, Hà Giang và Lâm Đồng",
        "Bệnh viện Nguyễn Tri Phương quá tải",
        "Học sinh trường Trần Đại Nghĩa nghỉ học",
        "Biểu tình vì Hoàng Sa",
        "Công an phường Hoàng Mai vào cuộc",
        "Bà con vùng lũ chờ cứu trợ",
        "PHẠT NẶNG HÀNH VI XẢ RÁC",
    ],
)
def test_places_and_bodies_named_after_persons_stay(title: str) -> None:
    assert names(title) == []


@given(
    st.lists(
        st.sampled_from(["ông", "Nguyễn", "Văn", "A", "tp", "Hồ", "Chí", "Minh", "đường", "X.", "1", "hà"]), max_size=20
    )
)
def test_spans_are_in_order_apart_and_within(tokens: list[str]) -> None:
    spans = list(person_places(tokens))
    ends = [0, *(end for _, end in spans)]
    assert all(end <= first < last <= len(tokens) for end, (first, last) in zip(ends, spans, strict=False))
