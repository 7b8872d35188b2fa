"""What one source may teach a baseline."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.policy import DAY, VIETNAM
from streams.watching.caps import DAYS, KEPT, KNOWN, LEAST, SourceCaps, cap
from streams.watching.envelopes import Envelope, Reading, Source
from streams.watching.output import Output
from streams.watching.watcher import Watcher
from tests.streams.watching.world import MINUTE, START, config, identity

PAGE, PAPER = ("facebook", "Trang B"), ("news", "Báo A")
ROWS = {"01": 0, "19": 1}
#: The first minute of a Vietnamese day.
MIDNIGHT = 20_000 * DAY - VIETNAM
DAILY = st.lists(st.integers(0, 40), min_size=1, max_size=45)


def learned_of(caps: SourceCaps, minute: int, counts: dict[tuple[str, str], int], code: str = "19") -> int:
    """Close a minute with these negatives; says how many of them are to be learned."""
    for source, many in counts.items():
        for _ in range(many):
            caps.add(code, minute, source)
    negative = np.zeros(2, dtype=np.int64)
    negative[ROWS[code]] = sum(counts.values())
    learned = caps.close(minute, negative, ROWS)
    if learned is None:
        return sum(counts.values())
    assert learned[1 - ROWS[code]] == 0
    return int(learned[ROWS[code]])


def seasoned(daily: int = 4, days: int = KNOWN) -> SourceCaps:
    """A page that is known for some days."""
    caps = SourceCaps()
    for day in range(days):
        learned_of(caps, MIDNIGHT + day * DAY, {PAGE: daily})
    return caps


@given(st.lists(st.integers(0, 500), max_size=DAYS))
def test_the_cap_is_three_times_the_median_or_a_few(days: list[int]) -> None:
    found = cap(days)
    if len(days) < KNOWN:
        assert found is None
    else:
        assert found == max(LEAST, int(3 * float(np.median(days))))


@given(st.lists(st.integers(1, 300), min_size=1, max_size=KNOWN))
def test_without_a_week_of_history_everything_is_learned(days: list[int]) -> None:
    caps = SourceCaps()
    for day, many in enumerate(days):
        assert learned_of(caps, MIDNIGHT + day * DAY, {PAGE: many}) == many


@settings(deadline=None)
@given(DAILY, st.integers(0, 300), st.lists(st.integers(0, DAY - 1), min_size=1, max_size=6, unique=True))
def test_a_day_teaches_no_more_than_the_cap_however_it_is_cut(days: list[int], flood: int, minutes: list[int]) -> None:
    caps = SourceCaps()
    for day, many in enumerate(days):
        learned_of(caps, MIDNIGHT + day * DAY, {PAGE: many})
    today = MIDNIGHT + len(days) * DAY
    cuts = Counter(number % len(minutes) for number in range(flood))
    taught = sum(learned_of(caps, today + at, {PAGE: cuts[place]}) for place, at in enumerate(sorted(minutes)))
    known = days[next((place for place, many in enumerate(days) if many), len(days)) :]
    most = cap(known[-DAYS:])
    assert taught == (flood if most is None else min(flood, most))


def test_days_are_vietnamese_and_each_has_its_own_measure() -> None:
    caps = seasoned(daily=4)
    today = MIDNIGHT + KNOWN * DAY
    assert learned_of(caps, today, {PAGE: 200}) == 12
    assert learned_of(caps, today + DAY - 1, {PAGE: 200}) == 0
    assert learned_of(caps, today + DAY, {PAGE: 200}) == 12


def test_sources_and_organisations_do_not_share_a_measure() -> None:
    caps = seasoned(daily=4)
    today = MIDNIGHT + KNOWN * DAY
    assert learned_of(caps, today, {PAGE: 200, PAPER: 50}) == 12 + 50
    assert learned_of(caps, today + 1, {PAGE: 200}, code="01") == 200


def test_a_page_that_was_long_silent_is_still_known() -> None:
    caps = seasoned(daily=40, days=1)
    assert learned_of(caps, MIDNIGHT + 400 * DAY, {PAGE: 200}) == LEAST


def test_a_page_that_posts_much_every_day_may_teach_much_in_the_end() -> None:
    caps = seasoned(daily=1, days=KNOWN)
    taught = [learned_of(caps, MIDNIGHT + day * DAY, {PAGE: 200}) for day in range(KNOWN, 40)]
    assert taught[0] == LEAST
    assert taught[-1] == 200
    assert taught.index(200) == KNOWN  # by then half of its days were such


def test_a_flood_of_sources_is_bounded_and_the_loudest_stay_known() -> None:
    caps = seasoned(daily=4)
    today = MIDNIGHT + KNOWN * DAY
    for number in range(3 * KEPT):
        learned_of(caps, today + number, {("forum", f"Diễn đàn {number}"): 1})
    assert len(caps._pasts["19"]) <= 2 * KEPT
    assert learned_of(caps, today + 1000, {PAGE: 200}) == 12
    crowd = {("forum", f"Nhóm {number}"): 1 for number in range(5 * KEPT)}
    assert learned_of(caps, today + 1001, crowd) == 5 * KEPT
    assert len(caps._pasts["19"]) <= 2 * KEPT


def test_a_snapshot_keeps_everything_and_the_bytes_of_what_did_not_change() -> None:
    caps = seasoned()
    learned_of(caps, MIDNIGHT + KNOWN * DAY, {PAPER: 2}, code="01")
    before = caps.parts()
    caps.add("01", MIDNIGHT + KNOWN * DAY + 1, PAGE)
    again = SourceCaps()
    again.take(caps.parts())
    assert again.parts() == caps.parts()
    assert set(caps.parts()) - set(before) == {"open"}
    for each in (caps, again):
        each.close(MIDNIGHT + KNOWN * DAY + 1, np.array([1, 0]), ROWS)
        assert learned_of(each, MIDNIGHT + KNOWN * DAY + 2, {PAGE: 200}) == 12
    assert again.parts() == caps.parts()


def a_week_and_a_flood(flood: int) -> tuple[float, Output]:
    """Four negatives a day for nine days, then so many within two hours, all of one page; the level, and what was said.

    The level is that of an hour later.
    """
    seen = [START + day * DAY * MINUTE + hour * 60 * MINUTE for day in range(9) for hour in range(4)]
    seen += [START + 9 * DAY * MINUTE + number * 120 * MINUTE // flood for number in range(flood)]
    readings = tuple(
        Reading(
            offset, at, at, identity(f"{offset}"), f"m{offset}", 0, ("19",), 0.9, 0.0, 1,
            fingerprint=offset + 1, title="Vỡ đê", url="",
        )
        for offset, at in enumerate(seen)
    )  # fmt: skip
    watcher = Watcher(config(1, 1), 0)
    mark = START + 9 * DAY * MINUTE + 200 * MINUTE
    output = watcher.feed(Envelope(0, 0, len(readings), mark, (Source(*PAGE),), (), readings, first=seen[0]), 0)
    return float(watcher.bank._state["level"][0, watcher.codes.index("19")]), output


def test_a_flooding_page_moves_the_baseline_by_the_cap_at_most_and_the_alert_counts_it_all() -> None:
    (calm, _), (most, _), (level, output) = (a_week_and_a_flood(flood) for flood in (0, 12, 240))
    assert calm < level
    # The same twelve, but at other minutes of these hours, and an alarm that fires earlier.
    assert level - calm < 1.5 * (most - calm)
    assert max(finding.observed for finding in output.findings) >= 200
