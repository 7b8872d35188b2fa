"""An invented alert: what `canhbao receivers test` shows."""

from datetime import UTC, datetime, timedelta

from alerts.model import Alert, AlertState, Excerpt, Finding, Representative, Series, Severity, SourceCount

#: Every run but the live one is stamped as a drill.
_RUN = "test"


def example(now: datetime, *, ended: bool = False) -> tuple[Alert, tuple[Excerpt, ...]]:
    """The alert of an invented flood of mentions about an invented body, with one text.

    Examples
    --------
    >>> alert, texts = example(datetime(2026, 11, 22, 7, 5, tzinfo=UTC))
    >>> alert.run, alert.finding.organisation_name, len(texts)
    ('test', 'Sở Ví dụ', 1)
    """
    finding = Finding(
        id="0" * 32,
        revision=2 if ended else 1,
        state=AlertState.RESOLVED if ended else AlertState.FIRING,
        organisation="vi-du",
        organisation_name="Sở Ví dụ",
        series=Series.NEGATIVE_COUNT,
        severity=Severity.SERIOUS,
        window_start=_wire(now - timedelta(minutes=35)),
        fired_at=_wire(now),
        first_fired_at=_wire(now - timedelta(hours=3) if ended else now),
        observed=148,
        expected=6.5,
        mentions=212,
        probability=0.00012,
        test_probability=1e-9,
        reason="resolved" if ended else "fired",
        sources=(SourceCount("news", "Báo Ví dụ", 120, 90),),
        representatives=(Representative("vi-du-1", "news", "Báo Ví dụ", _wire(now - timedelta(minutes=30)), 12),),
        words=("ngập sâu", "cứu trợ"),
    )
    text = Excerpt(
        "vi-du-1",
        "news",
        "Báo Ví dụ",
        "Người dân chờ cứu trợ sau trận ngập",
        "https://example.vn/1",
        _wire(now - timedelta(minutes=30)),
    )
    return Alert(_RUN, finding, 1, now), (text,)


def _wire(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
