"""The reliability diagram as SVG: the false alarms that a budget allows, against those that were measured."""

from collections.abc import Sequence
from math import log10
from typing import NamedTuple

from tests.bench.detection.measure import Rate

WIDTH, HEIGHT = 640, 560
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 60, 60
LOW, HIGH = 0.01, 2.0
MARKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
COLOURS = ("#9a6700", "#1a7f37", "#0969da", "#8250df", "#bf3989")


class Point(NamedTuple):
    """A budget, what was measured of all, and of each band by name."""

    budget: float
    all_bands: Rate
    bands: dict[str, Rate]


def _x(rate: float) -> float:
    share = log10(min(max(rate, LOW), HIGH) / LOW) / log10(HIGH / LOW)
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(rate: float) -> float:
    share = log10(min(max(rate, LOW), HIGH) / LOW) / log10(HIGH / LOW)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def draw(title: str, points: Sequence[Point]) -> str:
    """The diagram: the line is what is promised, the grey band a factor of 1.5 about it."""
    points = sorted(points, key=lambda point: point.budget)
    head = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="DejaVu Sans, sans-serif"'
    found = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {head} font-size="12" fill="#222" role="img">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="26" font-size="15">{title}</text>',
        '<text x="70" y="44" fill="#555">false alarms an organisation and week; bars are 90 % Poisson intervals</text>',
        *_frame(),
    ]
    for (name, colour), number in zip(_names(points), range(99), strict=False):
        found += _band(points, name, colour)
        y = TOP + 70 + 20 * number
        found.append(f'<circle cx="{WIDTH - RIGHT + 22}" cy="{y - 4}" r="3" fill="{colour}"/>')
        found.append(f'<text x="{WIDTH - RIGHT + 32}" y="{y}">{name}</text>')
    found.append(f'<text x="{WIDTH - RIGHT + 16}" y="{TOP + 46}" fill="#555">negatives a minute</text>')
    for point in points:
        x, rate = _x(point.budget), point.all_bands
        found.append(f'<path d="M{x} {_y(rate.low)}V{_y(rate.high)}" stroke="#000" stroke-width="2"/>')
        found.append(f'<rect x="{x - 4}" y="{_y(rate.a_week) - 4}" width="8" height="8" fill="#000"/>')
    found.append(f'<rect x="{WIDTH - RIGHT + 18}" y="{TOP + 10}" width="8" height="8" fill="#000"/>')
    found.append(f'<text x="{WIDTH - RIGHT + 32}" y="{TOP + 18}">all organisations</text>')
    return "\n".join([*found, "</svg>", ""])


def _frame() -> list[str]:
    corners = f"{_x(LOW)} {_y(LOW * 1.5)} {_x(HIGH / 1.5)} {_y(HIGH)} {_x(HIGH)} {_y(HIGH)} {_x(HIGH)} {_y(HIGH / 1.5)}"
    found = [f'<polygon points="{corners} {_x(LOW * 1.5)} {_y(LOW)} {_x(LOW)} {_y(LOW)}" fill="#eee"/>']
    for mark in MARKS:
        x, y = _x(mark), _y(mark)
        found.append(f'<path d="M{x} {_y(LOW)}V{_y(HIGH)}M{_x(LOW)} {y}H{_x(HIGH)}" stroke="#e0e0e0"/>')
        found.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#555">{mark:g}</text>')
        found.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="#555">{mark:g}</text>')
    found.append(f'<path d="M{_x(LOW)} {_y(LOW)}L{_x(HIGH)} {_y(HIGH)}" stroke="#555" stroke-dasharray="5 3"/>')
    middle = (_x(LOW) + _x(HIGH)) / 2
    found.append(f'<text x="{middle:g}" y="{HEIGHT - 18}" text-anchor="middle">budget</text>')
    found.append(f'<text transform="translate(20 {HEIGHT / 2:g}) rotate(-90)" text-anchor="middle">measured</text>')
    return found


def _names(points: Sequence[Point]) -> list[tuple[str, str]]:
    return list(zip(points[0].bands if points else (), COLOURS, strict=False))


def _band(points: Sequence[Point], name: str, colour: str) -> list[str]:
    places = [(_x(point.budget), _y(point.bands[name].a_week)) for point in points]
    path = "L".join(f"{x} {y}" for x, y in places)
    dots = [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places]
    return [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-opacity="0.5"/>', *dots]
