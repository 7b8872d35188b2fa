"""What the routes work with: the parts of one running service, put together by `api.app`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.claims import ClaimDesk
from alerts.ports import LogHealth, MentionSink
from alerts.store.protocol import AlertStore
from alerts.teaching import Teacher
from alerts.themes import ThemeDesk
from api.hub import Hub
from api.metrics import Metrics, WorkerCollector
from api.pages import PageCache
from api.settings import ApiSettings
from api.supervising import Supervisor
from api.tokens import Authority


@dataclass(eq=False)
class Service:
    """The parts of one service; `app.state.service`.

    Attributes
    ----------
    closing
        Set when the service is about to stop: streams end themselves.
    """

    settings: ApiSettings
    store: AlertStore
    sink: MentionSink
    health: LogHealth
    organisations: Sequence[dict[str, Any]]
    clock: Callable[[], datetime]
    metrics: Metrics
    workers: WorkerCollector
    authority: Authority
    hub: Hub
    supervisor: Supervisor
    base_url: str
    themes: ThemeDesk | None = None
    claims: ClaimDesk | None = None
    teacher: Teacher | None = None
    pages: PageCache = field(default_factory=PageCache)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def close_streams(self) -> None:
        """End all streams; their readers come back to where they were."""
        self.closing.set()
        self.hub.close()
