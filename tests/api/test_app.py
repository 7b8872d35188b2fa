"""The service as a whole: what it answers, to whom, and how it says no."""

import json
from math import inf
from pathlib import Path

import httpx

from alerts.errors import StoreUnavailableError
from alerts.ports import SourceUnavailableError, Status
from alerts.receiving import Scope
from alerts.store import History
from alerts.store.memory import MemoryStore
from api.metrics import REFUSAL_REASONS
from streams.mentions import RefusalReason
from tests.api.stand import SECRET, HandSource, make_excerpt, make_finding, moment, running, until


async def test_a_finding_becomes_an_alert_that_can_be_polled(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        await stand.fire(make_excerpt(), make_finding())
        await until(lambda: stand.app.state.service.hub.head == stand.store.latest())
        listed = (await stand.http.get("/v1/alerts")).json()
        shown = listed["alerts"][0]
        assert (shown["organisation_name"], shown["observed"], shown["drill"]) == ("Tỉnh Thái Nguyên", 148, False)
        assert shown["url"] == f"{stand.url}/alerts/{shown['id']}"
        detail = (await stand.http.get(f"/v1/alerts/{shown['id']}")).json()
        assert detail["alert"]["representatives"][0]["title"] == "Nước lên nhanh, người dân chờ cứu trợ"
        assert [one["kind"] for one in detail["changes"]] == ["fired"]


async def test_changes_follow_the_cursor_and_an_unchanged_page_costs_a_304(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        hub = stand.app.state.service.hub
        start = (await stand.http.get("/v1/alerts")).json()["cursor"]
        for revision in (1, 2, 3):
            await stand.fire(make_finding(revision=revision))
        await stand.fire(make_finding(2, organisation="01"))
        await until(lambda: hub.head == stand.store.latest())
        first = (await stand.http.get("/v1/alerts", params={"after": start, "limit": 2})).json()
        assert [one["revision"] for one in first["alerts"]] == [1, 2]
        assert first["more"]
        rest = await stand.http.get("/v1/alerts", params={"after": first["cursor"]})
        assert [(one["id"][-1], one["revision"]) for one in rest.json()["alerts"]] == [("1", 3), ("2", 1)]
        only = (await stand.http.get("/v1/alerts", params={"after": start, "organisation": "01"})).json()
        assert [one["id"][-1] for one in only["alerts"]] == ["2"]
        known = {"if-none-match": rest.headers["etag"]}
        again = await stand.http.get("/v1/alerts", params={"after": first["cursor"]}, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == rest.headers["etag"]
        assert again.headers["x-content-type-options"] == "nosniff"
        publisher = stand.add_token("publisher", Scope.PUBLISH)
        for header, status in [("", 401), (f"Bearer {publisher}", 403), ("Bearer canhbao_unknown", 401)]:
            refused = await stand.http.get(
                "/v1/alerts", params={"after": first["cursor"]}, headers=known | {"authorization": header}
            )
            assert refused.status_code == status
        await stand.fire(make_finding(3))
        await until(lambda: hub.head == stand.store.latest())
        changed = await stand.http.get("/v1/alerts", params={"after": first["cursor"]}, headers=known)
        assert changed.status_code == 200


async def test_present_alerts_can_be_narrowed(tmp_path: Path) -> None:
    async with running(tmp_path, source=HandSource(run="demo-1")) as stand:
        await stand.fire(make_finding(1), make_finding(2, organisation="01"))
        await until(lambda: stand.app.state.service.hub.head == stand.store.latest())
        for params, expected in [
            ({"run": "demo-1"}, 2),
            ({"run": ""}, 0),
            ({"organisation": "01"}, 1),
            ({"state": "resolved"}, 0),
            ({"limit": "1"}, 1),
        ]:
            found = (await stand.http.get("/v1/alerts", params=params)).json()["alerts"]
            assert len(found) == expected, params
            assert all(one["drill"] for one in found)


_ERRORS = [
    ("GET", "/nothing", 404),
    ("GET", "/v1/alerts/", 404),
    ("GET", "/v1/alerts/ffffffffffffffffffffffffffffffff", 404),
    ("GET", "/v1/alerts/%00%ff", 404),
    ("GET", "/static/..%2f..%2fapp.py", 404),
    ("GET", "/static/nothing.js", 404),
    ("DELETE", "/v1/alerts", 405),
    ("PUT", "/healthz", 405),
    ("GET", "/v1/alerts?limit=0", 422),
    ("GET", "/v1/alerts?limit=ten", 422),
    ("GET", "/v1/alerts?state=loud", 422),
    ("GET", "/v1/alerts?run=A/../b", 422),
    ("GET", "/v1/alerts?after=nonsense", 400),
    ("GET", "/v1/alerts?after=" + "A" * 5000, 400),
    ("GET", "/v1/alerts/stream?after=nonsense", 400),
    ("POST", "/v1/mentions", 415),
]


async def test_every_error_is_a_problem_document(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        for method, path, status in _ERRORS:
            answer = await stand.http.request(method, path)
            assert answer.status_code == status, path
            assert answer.headers["content-type"] == "application/problem+json", path
            document = answer.json()
            assert document["status"] == status
            assert document["type"].startswith("urn:canhbao:problem:")
            assert document["detail"]
            assert answer.headers["x-content-type-options"] == "nosniff"


class _BrokenStore(MemoryStore):
    """A store that fails as a test says."""

    failure: Exception | None = None

    def alert(self, id_: str, run: str | None = None) -> History | None:
        """Fail, or not."""
        if self.failure is not None:
            raise self.failure
        return super().alert(id_, run)

    def latest(self) -> int:
        """Fail, or not."""
        if isinstance(self.failure, StoreUnavailableError):
            raise self.failure
        return super().latest()


async def test_a_bug_is_a_problem_document_too_and_tells_nothing_of_the_inside(tmp_path: Path) -> None:
    store = _BrokenStore()
    async with running(tmp_path, store=store) as stand:
        store.failure = RuntimeError("the secret inside")
        answer = await stand.http.get("/v1/alerts/" + "0" * 32)
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert "secret" not in answer.text


async def test_a_store_that_is_away_is_a_503(tmp_path: Path) -> None:
    store = _BrokenStore()
    async with running(tmp_path, store=store) as stand:
        store.failure = StoreUnavailableError("the disk is full")
        answer = await stand.http.get("/v1/alerts/" + "0" * 32)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        ready = await stand.http.get("/readyz")
        failed = {one["name"]: one for one in ready.json()["checks"] if not one["ok"]}
        assert ready.status_code == 503
        assert "disk is full" in failed["store"]["detail"]
        assert failed["store"]["todo"]


_NEEDS = [
    ("GET", "/v1/alerts", Scope.READ),
    ("GET", "/v1/alerts/stream", Scope.READ),
    ("GET", "/v1/alerts/" + "0" * 32, Scope.READ),
    ("GET", "/v1/organisations", Scope.READ),
    ("GET", "/v1/receivers", Scope.READ),
    ("POST", "/v1/mentions", Scope.PUBLISH),
]


async def test_v1_needs_a_token_with_the_right_scope(tmp_path: Path) -> None:
    made: dict[Scope, str] = {}
    async with running(tmp_path) as stand:
        for method, path, scope in _NEEDS:
            others = stand.add_token(f"all-but-{scope}", *(set(Scope) - {scope})) if scope not in made else made[scope]
            made[scope] = others
            for header, status, error in [
                ("", 401, ""),
                ("Basic Zmlyc3Q6", 401, ""),
                ("Bearer", 401, ""),
                ("Bearer canhbao_" + "A" * 43, 401, "invalid_token"),
                ("Bearer " + "A" * 5000, 401, "invalid_token"),
                (f"Bearer {others}", 403, "insufficient_scope"),
            ]:
                answer = await stand.http.request(method, path, headers={"authorization": header})
                assert answer.status_code == status, (path, header)
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["www-authenticate"].startswith("Bearer ")
                assert error in answer.headers["www-authenticate"]


async def test_what_needs_no_token_on_this_machine_needs_one_from_elsewhere(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await stand.http.get(path, headers={"authorization": ""})).status_code == 200, path
            for client in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "nonsense"):
                away = httpx.ASGITransport(stand.app, client=(client, 40000))
                async with httpx.AsyncClient(transport=away, base_url="http://x") as http:
                    assert (await http.get(path)).status_code == 401, (path, client)
                    header = {"authorization": f"Bearer {stand.token}"}
                    assert (await http.get(path, headers=header)).status_code == 200, (path, client)


async def test_the_page_itself_needs_no_token_and_holds_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        await stand.fire(make_excerpt(), make_finding())
        away = httpx.ASGITransport(stand.app, client=("192.0.2.7", 40000))
        async with httpx.AsyncClient(transport=away, base_url="http://alerts.example") as http:
            for path in ("/", f"/alerts/{1:032x}", "/static/list.js"):
                answer = await http.get(path)
                assert answer.status_code == 200, path
                assert "Thái Nguyên" not in answer.text


async def test_a_strangers_page_that_resolves_to_this_machine_is_not_of_this_machine(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        for path in ("/healthz", "/readyz", "/metrics"):
            for host, status in [
                (f"127.0.0.1:{stand.port}", 200),
                ("localhost", 200),
                ("[::1]:8080", 200),
                ("LOCALHOST:8080", 200),
                (f"rebound.example:{stand.port}", 401),
                ("localhost.rebound.example", 401),
                ("127.0.0.1.rebound.example", 401),
                ("192.168.1.9", 401),
                ("", 401),
                ("[::1", 401),
                ("user@localhost", 401),
                ("localhost:1:2", 401),
            ]:
                answer = await stand.http.get(path, headers={"authorization": "", "host": host})
                assert answer.status_code == status, (path, host)
            for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
                answer = await stand.http.get(path, headers={"authorization": "", name: "127.0.0.1"})
                assert answer.status_code == 401, (path, name)


async def test_readiness_names_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        assert (await stand.http.get("/readyz")).json()["status"] == "ready"
        for standing, words in [
            (Status({"read": 60_000.0}, 1.0, {}), "read is 60000 records behind"),
            (Status({}, 900.0, {}), "detection is 900 s behind"),
            (Status({}, None, {}), "no worker has reported yet"),
        ]:
            stand.health.standing = standing
            answer = await stand.http.get("/readyz")
            failed = [one for one in answer.json()["checks"] if not one["ok"]]
            assert answer.status_code == 503
            assert [one["name"] for one in failed] == ["lag"]
            assert words in failed[0]["detail"]
            assert "canhbao worker" in failed[0]["todo"]
        stand.health.failure = SourceUnavailableError("nobody listens at port 9092")
        failed = [one for one in (await stand.http.get("/readyz")).json()["checks"] if not one["ok"]]
        assert "port 9092" in failed[0]["detail"]
        assert (await stand.http.get("/healthz")).status_code == 200


async def test_readiness_warns_of_what_is_late_and_says_when_it_will_have_caught_up(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        for catch_up, words in [
            (45.0, "warning: detection is 30 s behind, caught up in about 45 s"),
            (inf, "warning: detection is 30 s behind, falling further behind"),
            (0.0, "the workers keep up"),
            (None, "the workers keep up"),
        ]:
            stand.health.standing = Status({"read": 9.0}, 30.0, {}, catch_up_seconds=catch_up)
            answer = await stand.http.get("/readyz")
            (lag,) = [one for one in answer.json()["checks"] if one["name"] == "lag"]
            assert (answer.status_code, lag["ok"], lag["detail"]) == (200, True, words)
        stand.health.standing = Status({"read": 90_000.0}, 300.0, {}, catch_up_seconds=45.0)
        (lag,) = [one for one in (await stand.http.get("/readyz")).json()["checks"] if one["name"] == "lag"]
        assert lag["detail"].endswith("detection is 300 s behind (at most 120); caught up in about 45 s")
        assert "canhbao_catch_up_seconds 45.0" in (await stand.http.get("/metrics")).text


async def test_a_source_that_fails_is_followed_again_and_shown_meanwhile(tmp_path: Path) -> None:
    source = HandSource(failures=1)
    async with running(tmp_path, source=source) as stand:
        await until(lambda: "ingest-0" in stand.app.state.service.supervisor.failing)
        assert "ingest-0" in (await stand.http.get("/readyz")).text
        await stand.fire(make_finding())
        await until(lambda: not stand.app.state.service.supervisor.failing)
        assert 'canhbao_background_failures_total{task="ingest-0"} 1.0' in (await stand.http.get("/metrics")).text


async def test_a_restart_goes_on_where_the_store_stands_and_makes_no_second_token(tmp_path: Path) -> None:
    store = MemoryStore()
    async with running(tmp_path, store=store) as stand:
        await stand.fire(make_finding())
        token = stand.token
    again = HandSource()
    async with running(tmp_path, store=store, source=again) as stand:
        await until(lambda: bool(again.begun_after))
        assert again.begun_after == [{("findings", 0): 0}]
        assert stand.token == token
        assert [one.name for one in store.tokens()] == ["first"]


def test_the_refusal_reasons_shown_are_those_there_are() -> None:
    assert set(REFUSAL_REASONS) == {reason.value for reason in RefusalReason}


async def test_metrics_show_zeros_and_what_happened(tmp_path: Path) -> None:
    async with running(tmp_path) as stand:
        before = (await stand.http.get("/metrics")).text
        for line in [
            'canhbao_alerts_applied_total{kind="fired"} 0.0',
            'canhbao_delivery_attempts_total{reason="delivered",verdict="done"} 0.0',
            'canhbao_deliveries{outcome="dead"} 0.0',
            'canhbao_http_requests_total{method="POST",route="/v1/mentions",status="5xx"} 0.0',
            'canhbao_mentions_refused_total{reason="not_json"} 2.0',
            'canhbao_mentions_refused_total{reason="future"} 0.0',
            'canhbao_mentions_refused_total{reason="bug"} 0.0',
            'canhbao_findings_total{reason="fired"} 0.0',
            "canhbao_mentions_counted_total 0.0",
            "canhbao_mentions_negative_total 0.0",
            "canhbao_readings_repeated_total 0.0",
            "canhbao_baselines_ended_total 0.0",
            "canhbao_mentions_read_total 7.0",
            "canhbao_mentions_duplicate_total 0.0",
            'canhbao_lag_records{stage="watch"} 2.0',
            "canhbao_watermark_age_seconds 0.5",
            "canhbao_sse_subscribers 0.0",
            'canhbao_sse_dropped_total{reason="slow"} 0.0',
            "canhbao_finding_to_delivery_seconds_count 0.0",
        ]:
            assert line in before.splitlines(), line
        await stand.fire(make_finding())
        await stand.http.get("/secret-path-of-a-scanner")
        await until(lambda: stand.app.state.service.hub.head == stand.store.latest())
        after = (await stand.http.get("/metrics")).text
        assert 'canhbao_alerts_applied_total{kind="fired"} 1.0' in after
        assert 'canhbao_http_requests_total{method="other",route="other",status="4xx"} 1.0' in after
        assert "secret-path" not in after


async def test_the_description_covers_the_interface(tmp_path: Path) -> None:
    async with running(tmp_path, organisations=[{"code": "19", "name": "Thái Nguyên"}]) as stand:
        paths = json.loads((await stand.http.get("/openapi.json", headers={"authorization": ""})).text)["paths"]
        named = {"/v1/mentions", "/v1/alerts", "/v1/alerts/stream", "/v1/alerts/{alert_id}", "/v1/organisations"}
        assert named | {"/v1/receivers", "/healthz", "/readyz", "/metrics"} <= set(paths)
        listed = (await stand.http.get("/v1/organisations")).json()
        assert listed["organisations"][0]["code"] == "19"


async def test_a_new_store_on_an_old_log_tells_receivers_only_what_is_news(tmp_path: Path) -> None:
    url = "https://office.example/hook"
    told = {"name": "office", "url": url, "secret": SECRET}

    async def nowhere(_: str, __: int) -> list[tuple[int, str]]:
        raise OSError("the test has no names")

    async with running(tmp_path, receivers=[told], lookup=nowhere) as stand:
        old = make_finding(1, fired_at=moment(0, hours=24 * 400), first_fired_at=moment(0, hours=24 * 400))
        await stand.fire(old, make_finding(2))
        assert [len(stand.store.deliveries(f"{number:032x}")) for number in (1, 2)] == [0, 1]
        assert len((await stand.http.get("/v1/alerts")).json()["alerts"]) == 2
