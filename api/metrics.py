"""All figures of the alert service, in one place; every label is from a closed set and there from the start."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alerts.delivering import REASONS
from alerts.model import FINDING_KINDS, INCIDENT_KINDS
from alerts.ports import Status
from alerts.receiving import Outcome, Verdict
from alerts.teaching import LessonState
from api.hub import Dropped, Hub

STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")
#: Method and route of requests that no route serves.
OTHER = ("other", "other")
CHECKS = ("log", "store", "lag", "background")

#: Worker counters: name in `Status.counters`, name of the metric, its label, help.
_WORKER_COUNTERS = (
    ("mentions_read", "canhbao_mentions_read", "", "Mentions read by the workers."),
    ("mentions_refused", "canhbao_mentions_refused", "reason", "Mentions sent to the dead letters, by reason."),
    ("mentions_delayed", "canhbao_mentions_delayed", "", "Mentions older than the allowed lateness when seen."),
    ("mentions_backfilled", "canhbao_mentions_backfilled", "", "Mentions over 24 h old when seen: kept, not counted."),
    ("mentions_duplicate", "canhbao_mentions_duplicate", "", "Mentions that were known already."),
    ("mentions_counted", "canhbao_mentions_counted", "", "Mentions counted for the organisations they name."),
    ("mentions_language", "canhbao_mentions_language", "language", "Texts read, by language."),
    ("mentions_negative", "canhbao_mentions_negative", "", "Mentions read as negative."),
    ("findings", "canhbao_findings", "reason", "Findings, by why the revision exists."),
    ("held_back", "canhbao_held_back", "guard", "Spikes that were held back, by the guard that did it first."),
    ("baselines_ended", "canhbao_baselines_ended", "", "Baselines that were ended and begun anew."),
    ("readings_repeated", "canhbao_readings_repeated", "", "Readings that were sent twice and counted once."),
    ("readings_raised", "canhbao_readings_raised", "", "Readings older than their partition's mark."),
    ("stalls", "canhbao_stalls", "kind", "Times that something stood still although there was work, by what."),
    ("watch_without", "canhbao_watch_without", "", "Times that watch went on without a partition."),
)

#: The closed sets of the workers' labels, so that zero is visible; tests compare them with the workers' own.
REFUSAL_REASONS = (
    *("not_json", "not_object", "too_large", "characters", "id", "time", "future", "source", "no_text"),
    *("text_too_long", "sentiment", "number", "organisation", "field", "unreadable", "bug"),
)
LANGUAGES = ("vi", "en", "fr", "de", "es", "id", "ru", "zh", "ja", "ko", "th", "lo", "km", "other", "und")
_WORKER_LABELS: Mapping[str, tuple[str, ...]] = {
    "mentions_refused": REFUSAL_REASONS,
    "findings": ("fired", "escalated", "updated", "resolved", "held_back"),
    "mentions_language": LANGUAGES,
    "held_back": ("catch_up", "collector_surge", "source_surge", "silent_source", "repeated_text", "few_voices"),
    "stalls": ("stream", "agent", "commit", "watermark"),
}

_DELAYS = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800, 7200, 43200)


class Metrics:
    """The service's own counters, in the registry that is passed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.routes: set[tuple[str, str]] = set()
        self.alerts = Counter("canhbao_alerts_applied", "Alert changes applied.", ["kind"], registry=registry)
        self.incidents = Counter("canhbao_incident_changes", "Incident changes.", ["kind"], registry=registry)
        self.attempts = Counter(
            "canhbao_delivery_attempts", "Webhook attempts.", ["verdict", "reason"], registry=registry
        )
        self.to_delivery = Histogram(
            "canhbao_finding_to_delivery_seconds",
            "From the tick that decided a live alert to the receiver's 2xx.",
            buckets=_DELAYS,
            registry=registry,
        )
        self.to_store = Histogram(
            "canhbao_finding_to_store_seconds",
            "From the tick that decided a live alert to its place in the alert store.",
            buckets=_DELAYS,
            registry=registry,
        )
        self.in_flight = Gauge("canhbao_deliveries_in_flight", "Webhook requests under way.", registry=registry)
        self.posted = Counter("canhbao_mentions_posted", "Mentions that came by HTTP.", ["outcome"], registry=registry)
        self.lessons = Counter(
            "canhbao_model_lessons",
            "Lessons for the sentiment model, by what became of them.",
            ["state"],
            registry=registry,
        )
        self.requests = Counter(
            "canhbao_http_requests", "HTTP requests.", ["method", "route", "status"], registry=registry
        )
        self.failures = Counter(
            "canhbao_background_failures",
            "Background tasks that failed and were started again.",
            ["task"],
            registry=registry,
        )
        self.ready = Gauge("canhbao_ready", "1 where a check of /readyz passed last.", ["check"], registry=registry)
        self._show_zeros()

    def _show_zeros(self) -> None:
        for kind in FINDING_KINDS:
            self.alerts.labels(kind.value)
        for kind in INCIDENT_KINDS:
            self.incidents.labels(kind.value)
        for verdict, reason in _judgements():
            self.attempts.labels(verdict.value, reason)
        for outcome in ("accepted", "refused"):
            self.posted.labels(outcome)
        for state in LessonState:
            self.lessons.labels(state.value)
        for check in CHECKS:
            self.ready.labels(check)

    def show_routes(self, routes: Iterable[tuple[str, str]]) -> None:
        """Create the request counters of every (method, route)."""
        self.routes |= {*routes, OTHER}
        for method, route in sorted(self.routes):
            for status in STATUS_CLASSES:
                self.requests.labels(method, route, status)

    def show_tasks(self, names: Iterable[str]) -> None:
        """Create the failure counters of the background tasks."""
        for name in names:
            self.failures.labels(name)


def _judgements() -> Iterator[tuple[Verdict, str]]:
    for reason in REASONS:
        match reason:
            case "delivered":
                yield Verdict.DONE, reason
            case "gone":
                yield Verdict.GONE, reason
            case "redirect" | "refused" | "address" | "attempts" | "age":
                yield Verdict.DEAD, reason
            case _:
                yield Verdict.RETRY, reason


class HubCollector(Collector):
    """The hub's own counts, read when asked."""

    def __init__(self, hub: Callable[[], Hub]) -> None:
        self._hub = hub

    def describe(self) -> list[Metric]:
        """Nothing: names are known at collection."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Streams open, events and bytes sent, gaps, streams ended by the service."""
        hub = self._hub()
        yield GaugeMetricFamily("canhbao_sse_subscribers", "Open alert streams.", value=len(hub))
        yield CounterMetricFamily("canhbao_sse_writes", "Writes to alert streams.", value=hub.counts.events)
        yield CounterMetricFamily("canhbao_sse_bytes", "Bytes written to alert streams.", value=hub.counts.bytes)
        yield CounterMetricFamily("canhbao_sse_gaps", "Readers told to resynchronise.", value=hub.counts.gaps)
        dropped = CounterMetricFamily("canhbao_sse_dropped", "Streams ended by the service.", labels=["reason"])
        for reason in Dropped:
            dropped.add_metric([reason.value], hub.counts.dropped[reason])
        yield dropped


class WorkerCollector(Collector):
    """What the log and the workers last said of themselves; `deliveries` as the store last counted them."""

    def __init__(self) -> None:
        self.status: Status | None = None
        self.deliveries: Mapping[Outcome, int] = {}

    def describe(self) -> list[Metric]:
        """Nothing: names are known at collection."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Lag, watermark age, workers' counters, deliveries by outcome."""
        status = self.status or Status({}, None, {})
        lag = GaugeMetricFamily("canhbao_lag_records", "Records not yet taken.", labels=["stage"])
        for stage in ("read", "watch", "serve"):
            lag.add_metric([stage], status.lag.get(stage, 0.0))
        yield lag
        age = GaugeMetricFamily("canhbao_watermark_age_seconds", "How far detection is behind the log's clock.")
        if status.watermark_age_seconds is not None:
            age.add_metric([], status.watermark_age_seconds)
        yield age
        ahead = GaugeMetricFamily(
            "canhbao_catch_up_seconds",
            "Time to the present at the pace of the last minute; +Inf where it comes no nearer.",
        )
        if status.catch_up_seconds is not None:
            ahead.add_metric([], status.catch_up_seconds)
        yield ahead
        yield GaugeMetricFamily("canhbao_feeds_silent", "Feeds that send nothing now.", value=len(status.silent_feeds))
        for key, name, label, text in _WORKER_COUNTERS:
            zeros = dict.fromkeys(_WORKER_LABELS.get(key, ()), 0.0)
            yield _counter(name, label, text, {**zeros, **status.counters.get(key, {})})
        stored = GaugeMetricFamily("canhbao_deliveries", "Deliveries in the store, by outcome.", labels=["outcome"])
        for outcome in Outcome:
            stored.add_metric([outcome.value], self.deliveries.get(outcome, 0))
        yield stored


def _counter(name: str, label: str, text: str, values: Mapping[str, float]) -> Metric:
    if not label:
        return CounterMetricFamily(name, text, value=sum(values.values()))
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family
