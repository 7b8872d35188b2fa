from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.words import HELD_BACK, PICTURE_EMPTY, SEVERITY
from deploy.backtesting.course import MOST_POINTS, Course, Point, binned
from deploy.backtesting.picture import HEIGHT, WIDTH, draw
from deploy.backtesting.told import Told

START = datetime(2025, 10, 6, 17, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def points(counts: list[int], minutes: int = 60) -> list[Point]:
    return [
        Point(START + timedelta(minutes=minutes * place), minutes, count, 2.0, 6.0)
        for place, count in enumerate(counts)
    ]


def alert(hours: float, severity: str = "serious") -> Told:
    return Told("19", "Thái Nguyên", START + timedelta(hours=hours), severity, 9, 1.0, 0.001, "fired", b"{}")


def texts(svg: str) -> str:
    return " ".join(ET.fromstring(svg).itertext())  # noqa: S314 - our own


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=2000), st.sampled_from([1, 5, 60]))
def test_binning_keeps_every_count_and_stays_drawable(counts: list[int], minutes: int) -> None:
    found = binned(points(counts, minutes))
    assert sum(point.negative for point in found) == sum(counts)
    assert sum(point.expected for point in found) == pytest.approx(2.0 * len(counts))
    assert len(found) <= MOST_POINTS + 1
    assert all(point.upper > point.expected for point in found)


def test_days_are_drawn_by_vietnamese_time() -> None:
    found = binned(points([1] * 24 * 40), most=40)
    assert {(point.start + timedelta(hours=7)).hour for point in found} == {0}


@given(st.text(max_size=40), st.lists(st.integers(0, 500), max_size=60), st.lists(st.floats(-5, 70), max_size=5))
def test_whatever_is_drawn_is_well_formed_and_inside_the_picture(
    name: str, counts: list[int], hours: list[float]
) -> None:
    svg = draw(name, points(counts), [alert(hour) for hour in hours])
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    for text in root.iter(f"{SVG}text"):
        assert -1 <= float(text.get("x", "-9")) <= WIDTH
        assert 0 <= float(text.get("y", "-9")) <= HEIGHT


def test_a_name_cannot_bring_markup_with_it() -> None:
    assert "<script>" not in draw("<script>alert(1)</script>", points([1, 2]), [])


def test_alerts_are_marked_with_time_and_severity_and_only_inside() -> None:
    svg = draw("Thái Nguyên", points([1] * 10), [alert(3.5), alert(40.0, "critical")])
    assert svg.count("<g><title>") == 1
    assert "07/10/2025 03:30 – nghiêm trọng" in texts(svg)
    assert "đặc biệt nghiêm trọng" not in texts(svg)
    assert SEVERITY  # the words are the alerts' own


def test_what_was_held_back_is_marked_as_such() -> None:
    held = replace(alert(2.0), reason="held_back")
    svg = draw("A", points([1] * 10), [held])
    assert f"07/10/2025 02:00 – {HELD_BACK}" in texts(svg)
    assert "cảnh báo: nghiêm trọng" not in texts(svg)


def test_nothing_to_draw_is_said() -> None:
    assert PICTURE_EMPTY in texts(draw("A", [], []))


def test_a_course_is_cut_to_what_is_asked_for() -> None:
    course = Course(points([1] * 10))
    cut = course.between(START + timedelta(hours=2), START + timedelta(hours=5))
    assert len(cut.points) == 3
    assert course.between(None, None).points == course.points
