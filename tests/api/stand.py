"""A running alert service for tests: a real server on loopback, a memory store, and borders that tests turn by hand."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import msgspec
from fastapi import FastAPI

from alerts.delivering import RetryPolicy
from alerts.model import AlertState, Excerpt, Finding, Level, Representative, Series, Severity, SourceCount
from alerts.ports import Found, FoundLevel, Place, Refused, SourceUnavailableError, Status, Taken
from alerts.receiving import Scope
from alerts.store import AlertStore
from alerts.store.memory import MemoryStore
from alerts.teaching import Teacher
from alerts.themes import ThemeDesk
from alerts.tokens import new_token
from api.app import create_app
from api.delivery.guard import Lookup, system_lookup
from api.server import listen, serving
from api.settings import ApiSettings

#: The service runs by the real clock and tells receivers only of what is news: what the tests find is of this hour.
_HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def moment(minute: int, hours: int = 0) -> str:
    """A time of the last hour, or `hours` before it."""
    return f"{_HOUR - timedelta(hours=hours) + timedelta(minutes=minute):%Y-%m-%dT%H:%M}:00.000Z"


def make_finding(number: int = 1, revision: int = 1, **changes: Any) -> Finding:
    """A finding with id `number`."""
    finding = Finding(
        id=f"{number:032x}",
        revision=revision,
        state=AlertState.FIRING,
        organisation="19",
        organisation_name="Tỉnh Thái Nguyên",
        series=Series.NEGATIVE_COUNT,
        severity=Severity.SERIOUS,
        window_start=moment(0, hours=1),
        fired_at=moment(12),
        first_fired_at=moment(number % 60),
        observed=148,
        expected=6.5,
        mentions=212,
        probability=0.00012,
        test_probability=1e-9,
        reason="fired" if revision == 1 else "updated",
        sources=(SourceCount("news", "bao-a", 120, 90), SourceCount("facebook", "trang-b", 92, 58)),
        representatives=(Representative("m1", "news", "bao-a", moment(30, hours=1), 12),),
        words=("ngập", "cứu trợ"),
    )
    return msgspec.structs.replace(finding, **changes)


def make_excerpt(title: str = "Nước lên nhanh, người dân chờ cứu trợ", **changes: Any) -> Excerpt:
    """The text of `make_finding`'s representative."""
    excerpt = Excerpt("m1", "news", "bao-a", title, "https://example.org/1", moment(30, hours=1))
    return msgspec.structs.replace(excerpt, **changes)


@dataclass
class HandLevels:
    """Hours that a test hands over."""

    queue: "asyncio.Queue[Sequence[Level]]" = field(default_factory=asyncio.Queue)
    offset: int = -1
    begun_after: list[Mapping[tuple[str, int], int]] = field(default_factory=list)

    def give(self, *levels: Level) -> None:
        """Hand hours over."""
        self.queue.put_nowait(levels)

    async def follow(self, after: Mapping[tuple[str, int], int]) -> AsyncIterator[Sequence[FoundLevel]]:
        """See `alerts.ports.LevelSource`."""
        self.begun_after.append(after)
        while True:
            found = []
            for level in await self.queue.get():
                self.offset += 1
                found.append(FoundLevel(Place("levels", 0, self.offset), level))
            yield found


@dataclass
class HandSource:
    """Findings that a test hands over."""

    run: str = ""
    queue: "asyncio.Queue[Sequence[Finding | Excerpt]]" = field(default_factory=asyncio.Queue)
    offset: int = -1
    begun_after: list[Mapping[tuple[str, int], int]] = field(default_factory=list)
    failures: int = 0

    async def follow(self, after: Mapping[tuple[str, int], int]) -> AsyncIterator[Sequence[Found]]:
        """See `FindingSource`."""
        self.begun_after.append(dict(after))
        if self.failures:
            self.failures -= 1
            raise SourceUnavailableError("the test pulled the plug")
        prefix = f"{self.run}." if self.run else ""
        while True:
            batch = []
            for value in await self.queue.get():
                self.offset += 1
                topic = prefix + ("findings" if isinstance(value, Finding) else "excerpts")
                batch.append(Found(Place(topic, 0, self.offset), value))
            yield batch

    def give(self, *values: Finding | Excerpt) -> None:
        """Hand over one batch."""
        self.queue.put_nowait(values)


@dataclass
class ListSink:
    """Takes mentions into a list; what is not a JSON object with an id is refused, as the real one does."""

    taken: list[Any] = field(default_factory=list)
    sources: list[frozenset[str] | None] = field(default_factory=list)
    portions: list[int] = field(default_factory=list)
    fail_after: int | None = None
    forget: bool = False

    async def put(self, lines: Sequence[tuple[int, bytes]], allowed_sources: frozenset[str] | None) -> Taken:
        """See `MentionSink`."""
        await asyncio.sleep(0)
        if self.fail_after is not None and len(self.portions) >= self.fail_after:
            raise SourceUnavailableError("the test pulled the plug")
        self.portions.append(len(lines))
        self.sources.append(allowed_sources)
        refused = []
        for line, value in lines:
            try:
                mention = msgspec.json.decode(value)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                refused.append(Refused(line, "not_json", "is not JSON"))
                continue
            if isinstance(mention, dict) and mention.get("id"):
                if not self.forget:
                    self.taken.append(mention)
            else:
                refused.append(Refused(line, "no_id", "has no id"))
        return Taken(len(lines) - len(refused), refused)


_STANDING = Status(
    {"read": 1.0, "watch": 2.0, "serve": 0.0},
    0.5,
    {"mentions_read": {"": 7.0}, "mentions_refused": {"not_json": 2.0, "future": 0.0}},
)


@dataclass
class HandHealth:
    """The log's standing, as a test says it is."""

    standing: Status = _STANDING
    failure: Exception | None = None

    async def status(self) -> Status:
        """See `LogHealth`."""
        if self.failure is not None:
            raise self.failure
        return self.standing


@dataclass
class Stand:
    """A service that runs, and what a test needs to talk to it."""

    app: FastAPI
    settings: ApiSettings
    store: AlertStore
    source: HandSource
    sink: ListSink
    health: HandHealth
    token: str
    http: httpx.AsyncClient
    readers: "list[Reader]" = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.settings.base_url

    @property
    def port(self) -> int:
        """The port it took."""
        return self.settings.port

    def add_token(self, name: str, *scopes: Scope, sources: frozenset[str] | None = None) -> str:
        """A further token's secret."""
        token = new_token(name.encode().ljust(32, b"."))
        self.store.create_token(name, token.digest, scopes, "test", datetime.now(UTC), sources=sources)
        return token.secret

    async def fire(self, *values: Finding | Excerpt) -> None:
        """Hand findings over and wait until the store has them."""
        before = self.store.latest()
        self.source.give(*values)
        await until(lambda: self.store.latest() > before)


async def until(condition: Any, seconds: float = 10.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(
    tmp_path: Path,
    *,
    store: AlertStore | None = None,
    source: HandSource | None = None,
    levels: HandLevels | None = None,
    lookup: Lookup = system_lookup,
    organisations: Sequence[dict[str, Any]] = (),
    themes: ThemeDesk | None = None,
    teacher: Teacher | None = None,
    retries: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
    **settings: Any,
) -> AsyncIterator[Stand]:
    """A service on a free port of this machine."""
    told = ApiSettings(port=0, first_token_path=tmp_path / "first-token", **settings)
    listener, known = listen(told)
    store = store if store is not None else MemoryStore()
    source, sink, health = source or HandSource(), ListSink(), HandHealth()
    app = create_app(
        known,
        store=store,
        sink=sink,
        findings=[source],
        levels=levels,
        health=health,
        organisations=organisations,
        themes=themes,
        teacher=teacher,
        lookup=lookup,
        retries=retries,
    )
    readers: list[Reader] = []
    try:
        async with serving(app, listener):
            token = known.first_token_path.read_text().strip()
            headers = {"authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=known.base_url, headers=headers, trust_env=False) as http:
                yield Stand(app, known, store, source, sink, health, token, http, readers)
    finally:
        for reader in readers:
            reader.kill()


@dataclass
class Event:
    """A server-sent event as a reader sees it."""

    id: str
    kind: str
    data: Any


class Reader:
    """Follows the stream as a browser would."""

    def __init__(self, stand: Stand, session: aiohttp.ClientSession) -> None:
        self._stand = stand
        self._session = session
        self._response: aiohttp.ClientResponse | None = None
        self.last = ""
        stand.readers.append(self)

    async def connect(self, last: str | None = None) -> Event | None:
        """Open the stream where it was left; returns its first event."""
        headers = {"authorization": f"Bearer {self._stand.token}"}
        if last if last is not None else self.last:
            headers["last-event-id"] = last or self.last
        self._response = await self._session.get(f"{self._stand.url}/v1/alerts/stream", headers=headers)
        assert self._response.status == 200, await self._response.text()
        return await self.next()

    async def next(self, seconds: float = 10.0, *, incidents: bool = False) -> Event | None:
        """The next event; `None` at the stream's end. Comments are passed over, and incidents unless asked for."""
        async with asyncio.timeout(seconds):
            while (event := await self._read()) is not None:
                if incidents or event.kind != "incident":
                    return event
        return None

    async def _read(self) -> Event | None:
        assert self._response is not None
        fields: dict[str, str] = {}
        while line := await self._response.content.readline():
            text = line.decode().rstrip("\n")
            if not text and "data" in fields:
                self.last = fields["id"]
                return Event(fields["id"], fields["event"], json.loads(fields["data"]))
            name, _, value = text.partition(": ")
            fields[name] = value
        return None

    def kill(self) -> None:
        """Break the connection."""
        if self._response is not None:
            self._response.close()
