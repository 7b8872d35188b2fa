"""The course of one organisation: counts, what was expected, and up to where counts are ordinary."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import sqrt

from alerts.model import Level

#: Minutes that a drawn point may stand for, and how many points a picture has at most.
WIDTHS = (1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)
MOST_POINTS = 480


@dataclass(frozen=True, slots=True)
class Point:
    """Negatives of some minutes, those expected, and the upper bound of what is ordinary."""

    start: datetime
    minutes: int
    negative: int
    expected: float
    upper: float


@dataclass(slots=True)
class Course:
    """Collects points in order of time."""

    points: list[Point] = field(default_factory=list)

    def add(self, point: Point) -> None:
        """The next one."""
        self.points.append(point)

    def take(self, level: Level, *, minutes: int) -> None:
        """Take a level of so many minutes; others are left out."""
        if level.minutes == minutes:
            start = datetime.fromisoformat(level.start)
            self.add(Point(start, minutes, level.negative, level.expected, level.upper))

    def between(self, begin: datetime | None, end: datetime | None) -> "Course":
        """Only the points that start there."""
        inside = [p for p in self.points if (begin is None or p.start >= begin) and (end is None or p.start < end)]
        return Course(inside)


def binned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """As many points as can be drawn: counts and expectations are summed.

    The bound of a sum lies as far above what is expected as that of independent windows.

    Examples
    --------
    >>> hours = [Point(datetime(2025, 10, 7, 1 + h, tzinfo=UTC), 60, 2, 1.0, 4.0) for h in range(4)]
    >>> [(p.minutes, p.negative, p.expected, round(p.upper, 2)) for p in binned(hours, most=2)]
    [(120, 4, 2.0, 6.24), (120, 4, 2.0, 6.24)]
    """
    if not points:
        return []
    span = (points[-1].start - points[0].start).total_seconds() / 60 + points[-1].minutes
    least = max(span / most, points[0].minutes)
    width = next((width for width in WIDTHS if width >= least), WIDTHS[-1])
    found: dict[int, list[Point]] = {}
    for point in points:
        # Bins begin on whole hours and days by Vietnamese time.
        minute = int(point.start.timestamp()) // 60 + 420
        found.setdefault((minute // width) * width - 420, []).append(point)
    return [_sum(minute, width, some) for minute, some in found.items()]


def _sum(minute: int, width: int, points: Sequence[Point]) -> Point:
    expected = sum(point.expected for point in points)
    above = sqrt(sum((point.upper - point.expected) ** 2 for point in points))
    start = datetime.fromtimestamp(minute * 60, tz=UTC)
    return Point(start, width, sum(point.negative for point in points), expected, expected + above)
