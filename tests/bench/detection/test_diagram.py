from xml.etree import ElementTree as ET

from tests.bench.detection.diagram import HEIGHT, WIDTH, Point, draw
from tests.bench.detection.measure import rate
from tests.bench.detection.world import BANDS


def test_every_budget_and_band_is_drawn_inside_the_picture() -> None:
    points = [
        Point(budget, rate(int(budget * 900), 1000.0), {name: rate(0, 200.0) for name in BANDS})
        for budget in (0.02, 5.0)
    ]
    root = ET.fromstring(draw("a & b".replace("&", "and"), points))  # noqa: S314 - our own
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == len(BANDS) * (len(points) + 1)
    assert all(0 <= float(c.get("cx", "-1")) <= WIDTH and 0 <= float(c.get("cy", "-1")) <= HEIGHT for c in circles)
