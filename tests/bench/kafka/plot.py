"""A picture of rates: one bar a contestant on a logarithmic scale, with minimum and maximum. Plain SVG."""

import math
import statistics
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, ROW, LEFT, RIGHT = 860, 30, 300, 120
OURS = "canhbao"


def picture(rates: Mapping[str, Sequence[float]]) -> str:
    """SVG of mentions a second by title, the fastest first.

    Examples
    --------
    >>> picture({"canhbao": [90.0, 100.0, 110.0]}).startswith("<svg")
    True
    """
    ranked = sorted(rates.items(), key=lambda item: -statistics.median(item[1]))
    low = 10 ** math.floor(math.log10(min(min(values) for values in rates.values())))
    high = 10 ** math.ceil(math.log10(max(max(values) for values in rates.values())))

    def place(rate: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(rate / low) / math.log(high / low or 10)

    height = ROW * (len(ranked) + 2)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
    parts = [
        head + ' font-family="sans-serif" font-size="13" role="img" aria-label="Mentions a second, logarithmic scale">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x = place(10**power)
        parts.append(f'<path d="M{x:.0f} {ROW // 2}V{height - ROW}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.0f}" y="{height - ROW / 3:.0f}" text-anchor="middle" fill="#555">{10**power:,}</text>'
        )
    for number, (title, values) in enumerate(ranked):
        y, middle = ROW * number + ROW // 2, statistics.median(values)
        colour = "#b3261e" if title.startswith(OURS) else "#5f7a94"
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 19}" text-anchor="end">{escape(title)}</text>',
            f'<rect x="{LEFT}" y="{y + 5}" width="{place(middle) - LEFT:.0f}" height="18" fill="{colour}"/>',
            f'<path d="M{place(min(values)):.0f} {y + 14}H{place(max(values)):.0f}" stroke="#000" stroke-width="2"/>',
            f'<text x="{place(max(values)) + 6:.0f}" y="{y + 19}">{middle:,.0f}</text>',
        ]
    parts.append(f'<text x="{WIDTH - 8}" y="{height - 4}" text-anchor="end" fill="#555">mentions/s, log scale</text>')
    return "\n".join([*parts, "</svg>", ""])
