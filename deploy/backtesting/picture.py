"""A picture of a backtest as SVG: counts, expectation, the ordinary band, and where alerts fired."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from math import ceil, log10

from alerts import words
from alerts.model import Severity
from deploy.backtesting.course import Point
from deploy.backtesting.told import Told

WIDTH, HEIGHT = 1200, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 24, 84, 56
#: Dark enough on white for those who see colours and for those who do not; graver is darker and higher.
COLOURS = {"notice": "#8a6d00", "warning": "#b35900", "serious": "#c02020", "critical": "#7a0060"}
#: What nobody was told of.
HELD = "#9a9a9a"
#: Between two marks of the time: the least with which there are no more than `MOST_TICKS`.
STEPS = tuple(timedelta(minutes=m) for m in (30, 60, 180, 360, 720, 1440, 2880, 10080, 20160, 43200, 129600))
MOST_TICKS = 12


class _Frame:
    """Where times and counts lie in the picture."""

    def __init__(self, points: Sequence[Point], alerts: Sequence[Told]) -> None:
        self.begin = points[0].start
        self.end = points[-1].start + timedelta(minutes=points[-1].minutes)
        top = max(1.0, *(p.negative for p in points), *(p.upper for p in points))
        self.step = _nice(top / 5)
        self.top = self.step * ceil(top / self.step)
        self.alerts = [alert for alert in alerts if self.begin <= alert.fired_at <= self.end]

    def x(self, time: datetime) -> float:
        share = (time - self.begin) / (self.end - self.begin)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, count: float) -> float:
        return round(HEIGHT - BOTTOM - count / self.top * (HEIGHT - TOP - BOTTOM), 1)


def draw(organisation: str, points: Sequence[Point], alerts: Sequence[Told]) -> str:
    """The picture.

    Parameters
    ----------
    organisation
        What it is called.
    points
        In order of time; without any, the picture says so.
    alerts
        All changes that are to be marked.
    """
    title = words.PICTURE_TITLE.format(organisation=words.clean(organisation, 80))
    if not points:
        return _page(title, [_text(WIDTH / 2, HEIGHT / 2, words.PICTURE_EMPTY, "middle")])
    frame = _Frame(points, alerts)
    period = words.PICTURE_PERIOD.format(
        start=words.day(frame.begin), end=words.day(frame.end), width=words.length(points[0].minutes)
    )
    body = [_text(LEFT, 50, period, size=13, colour="#555")]
    body += [*_grid(frame), *_curves(frame, points), *_marks(frame), *_legend(frame)]
    return _page(title, body)


def _page(title: str, body: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="Noto Sans, DejaVu Sans, Arial, sans-serif" role="img">'
    )
    shown = [f"<title>{escape(title)}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    return "\n".join([head, *shown, _text(LEFT, 28, title, size=17), *body, "</svg>", ""])


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str = "start",
    *,
    size: int = 12,
    colour: str = "#222",
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{escape(text)}</text>'
    )


def _grid(frame: _Frame) -> list[str]:
    found = []
    for number in range(round(frame.top / frame.step) + 1):
        y = frame.y(number * frame.step)
        found.append(f'<path d="M{LEFT} {y:g}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>')
        found.append(_text(LEFT - 8, y + 4, words.quantity(number * frame.step), "end", colour="#555"))
    step = next((s for s in STEPS if (frame.end - frame.begin) / s <= MOST_TICKS), STEPS[-1])
    midnight = frame.begin.astimezone(words.VIETNAM_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    tick = midnight + step * ceil((frame.begin - midnight) / step)
    while tick <= frame.end:
        x = frame.x(tick)
        found.append(f'<path d="M{x:g} {HEIGHT - BOTTOM}v6" stroke="#555"/>')
        if step < timedelta(days=1):
            found.append(_text(x, HEIGHT - BOTTOM + 20, f"{tick:%H:%M}", "middle", colour="#555"))
        if step >= timedelta(days=1) or tick.hour + tick.minute == 0:
            found.append(_text(x, HEIGHT - BOTTOM + 36, f"{tick:%d/%m}", "middle", colour="#555"))
        tick += step
    return found


def _curves(frame: _Frame, points: Sequence[Point]) -> list[str]:
    upper = _stairs(frame, points, [p.upper for p in points])
    floor = f"L{frame.x(frame.end):g} {frame.y(0):g}L{frame.x(frame.begin):g} {frame.y(0):g}Z"
    counts = _stairs(frame, points, [float(p.negative) for p in points])
    expected = _stairs(frame, points, [p.expected for p in points])
    return [
        f'<path d="{upper}{floor}" fill="#d7e6f5" stroke="none"/>',
        f'<path d="{counts}{floor}" fill="#444" fill-opacity="0.18" stroke="none"/>',
        f'<path d="{counts}" fill="none" stroke="#333" stroke-width="1"/>',
        f'<path d="{expected}" fill="none" stroke="#1461a8" stroke-width="1.6" stroke-dasharray="6 3"/>',
    ]


def _stairs(frame: _Frame, points: Sequence[Point], heights: Sequence[float]) -> str:
    """A path with a level step a point."""
    path: list[str] = []
    for point, height in zip(points, heights, strict=True):
        start, end = frame.x(point.start), frame.x(point.start + timedelta(minutes=point.minutes))
        path.append(f"{'L' if path else 'M'}{start:g} {frame.y(height):g}H{end:g}")
    return "".join(path)


def _marks(frame: _Frame) -> list[str]:
    found = []
    for alert in frame.alerts:
        held = alert.reason == "held_back"
        x, colour = frame.x(alert.fired_at), HELD if held else COLOURS[alert.severity]
        moment = f"{alert.fired_at.astimezone(words.VIETNAM_TIME):%d/%m/%Y %H:%M}"
        severity = words.HELD_BACK if held else words.SEVERITY[Severity(alert.severity)]
        found.append(
            f"<g><title>{escape(f'{moment} – {severity}')}</title>"
            f'<path d="M{x:g} {TOP}V{HEIGHT - BOTTOM}" stroke="{colour}" stroke-width="1.4"/>'
            f'<path d="M{x:g} {TOP}l-6 -10h12z" fill="{colour}"/></g>'
        )
    return found


def _legend(frame: _Frame) -> list[str]:
    x, y = LEFT + 0.0, 68.0
    found = []
    for swatch, name in _swatches(frame.alerts):
        found.append(f'<g transform="translate({x:g} {y:g})">{swatch}</g>')
        found.append(_text(x + 24, y, name))
        x += 24 + 6.4 * len(name) + 24
    return found


def _swatches(alerts: Sequence[Told]) -> list[tuple[str, str]]:
    box = '<rect y="-9" width="18" height="10" fill="{}" fill-opacity="{}"/>'
    dashes = '<path d="M0 -4h18" stroke="#1461a8" stroke-width="2" stroke-dasharray="6 3"/>'
    arrow = '<path d="M9 1l-6 -10h12z" fill="{}"/>'
    found = [(box.format("#444", 0.35), words.PICTURE_COUNT), (dashes, words.PICTURE_EXPECTED)]
    found.append((box.format("#d7e6f5", 1), words.PICTURE_BAND))
    graded = {alert.severity for alert in alerts if alert.reason != "held_back"}
    found += [
        (arrow.format(COLOURS[severity.value]), words.PICTURE_ALERT.format(severity=name))
        for severity, name in words.SEVERITY.items()
        if severity.value in graded
    ]
    if any(alert.reason == "held_back" for alert in alerts):
        found.append((arrow.format(HELD), words.HELD_BACK))
    return found


def _nice(step: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is no less, and at least 1."""
    power = 10.0 ** (ceil(log10(max(step, 1.0))) - 1)
    return next(power * times for times in (1, 2, 5, 10) if power * times >= max(step, 1.0))
