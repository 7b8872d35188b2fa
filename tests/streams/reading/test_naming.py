"""What a reading says of the organisations it names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.reading.naming import NOBODY, Named, Namer
from streams.reading.register import Register
from streams.reading.text import cut_all

NOW = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 1000
BEFORE = int(datetime(2025, 2, 1, tzinfo=UTC).timestamp()) * 1000


@pytest.fixture(scope="module")
def namer() -> Namer:
    return Namer(Register.load())


def named(namer: Namer, text: str, seen_at: int = NOW) -> Named:
    return namer.named(cut_all([text]), [seen_at])[0]


def test_a_former_name_leads_to_the_body_of_today_and_is_told(namer: Namer) -> None:
    assert named(namer, "Hồ sơ cũ của Bộ TT&TT") == Named(("BKHCN",), (1,), (("BKHCN", "Bộ TT&TT"),))
    assert named(namer, "Mưa ở Thái Bình, Nam Định") == Named(
        ("33", "37"), (), (("33", "Thái Bình"), ("37", "Nam Định"))
    )


def test_before_its_last_day_a_name_is_no_former_one_and_counts_for_both(namer: Namer) -> None:
    assert named(namer, "Mưa ở Thái Bình", BEFORE) == Named(("33", "63-34"), (), ())


def test_a_name_that_a_city_lost_when_it_was_still_a_province_is_told(namer: Namer) -> None:
    assert named(namer, "Mưa ở Thừa Thiên Huế").former == (("46", "Thừa Thiên Huế"),)
    assert named(namer, "Mưa ở Huế").former == ()


def test_a_former_district_is_no_former_name_of_the_province(namer: Namer) -> None:
    assert named(namer, "Rác ở quận 10 cũ") == Named(("79",), (), ())


def test_a_part_gives_its_role_to_what_it_is_part_of(tmp_path: Path) -> None:
    lines = "code\tname\tkind\tparent\nSYT-19\tSở Y tế Thái Nguyên\tbody\t19\n"
    (tmp_path / "organisations-own.tsv").write_text(lines, encoding="utf-8")
    namer = Namer(Register.load(tmp_path))
    assert named(namer, "Sở Y tế Thái Nguyên bị tố. Mưa ở Huế") == Named(("19", "46", "SYT-19"), (3, 0, 3), ())


def test_a_sender_may_name_a_body_that_ceased(namer: Namer) -> None:
    assert namer.given(["BTTTT", "19"], NOW) == Named(("19", "BKHCN"), (), (("BKHCN", "Bộ Thông tin và Truyền thông"),))
    assert namer.given(["BTTTT"], BEFORE) == Named(("BKHCN", "BTTTT"), (), ())


def test_a_theme_whose_time_is_over_is_nobody(tmp_path: Path) -> None:
    lines = "code\tname\tkind\tparent\tsince\tuntil\nPR\tthu phí rác\ttheme\t\t\t2025-10-01\n"
    (tmp_path / "organisations-own.tsv").write_text(lines, encoding="utf-8")
    namer = Namer(Register.load(tmp_path))
    assert named(namer, "Dân phản đối thu phí rác", BEFORE).organisations == ("PR",)
    assert named(namer, "Dân phản đối thu phí rác") == namer.given(["PR"], NOW) == NOBODY
