"""Alerts on the terminal of `canhbao run`, in Vietnamese, as they stand in the alert store."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence

from alerts import describe
from alerts.errors import StoreUnavailableError
from alerts.model import ALERT_KINDS, LIVE, Alert, Change, ChangeKind
from alerts.store import AlertStore, open_store
from deploy.service import serving
from deploy.settings import Settings

_POLL = 0.25
_PAGE = 200
_SHOWN_AT_START = 5
#: Changes that are told in full; the others get one line.
_FULL = frozenset({ChangeKind.FIRED, ChangeKind.ESCALATED})


class Screen:
    """Turns alerts into lines for the terminal.

    Parameters
    ----------
    store
        Of the alerts.
    url
        Of the service.
    token
        Opens the page; empty if it is not known.
    width
        Columns.
    """

    def __init__(self, store: AlertStore, url: str, token: str, width: int) -> None:
        self._store = store
        self._url = url
        self._token = token
        self._width = width

    def link(self, alert: Alert) -> str:
        """Address of the alert's page; the token is behind the #, so that no server or proxy sees it."""
        run = f"?run={alert.run}" if alert.run else ""
        return f"{self._url}/alerts/{alert.id}{run}" + (f"#token={self._token}" if self._token else "")

    def full(self, alert: Alert) -> str:
        """Everything an officer must know."""
        excerpts = self._store.excerpts(alert.run, alert.finding.representatives)
        lines = describe.block(alert.finding, excerpts, run=alert.run, link=self.link(alert), width=self._width)
        return "\n".join(["", *lines, ""])

    def brief(self, alert: Alert) -> str:
        """One line."""
        return describe.title(alert.finding, run=alert.run)

    def standing(self, run: str) -> list[Alert]:
        """What stands there at a start: the newest alerts of the run shown and of the live one, oldest first."""
        found = [alert for each in {run, LIVE} for alert in self._store.alerts(limit=_SHOWN_AT_START, run=each)]
        return sorted(found, key=lambda alert: alert.place)

    def told(self, changes: Iterable[Change], known: set[tuple[str, str, int]]) -> list[str]:
        """Texts of changes that were not told yet. `known` holds what was: run, id and revision."""
        texts = []
        for change in changes:
            alert = change.alert()
            if alert is None or (alert.run, alert.id, alert.revision) in known:
                continue
            texts.append(self.full(alert) if change.kind in _FULL else self.brief(alert))
        return texts


async def follow(settings: Settings, service: Callable[[], int | None], run: str, say: Callable[[str], None]) -> None:
    """Tell alerts for ever, from the moment the service is up.

    Parameters
    ----------
    service
        Process id of the service that was started here, while there is one.
    run
        The replay run that is shown beside the live one; empty for none.
    """
    url = await _up(settings, service)
    # Only a person sees a terminal; what goes to a file or a system's journal is read by others, and kept.
    token = _token(settings) if sys.stdout.isatty() else ""
    say(f"Trang cảnh báo: {url}/" + (f"#token={token}" if token else f" (mã truy cập: {settings.first_token_path})"))
    store = await asyncio.to_thread(open_store, settings.alert_store_url)
    try:
        screen = Screen(store, url, token, shutil.get_terminal_size((100, 24)).columns)
        sequence = await asyncio.to_thread(store.latest)
        standing = await asyncio.to_thread(screen.standing, run)
        for alert in standing:
            say(await asyncio.to_thread(screen.full, alert))
        known = {(alert.run, alert.id, alert.revision) for alert in standing}
        while True:
            changes = await _next(store, sequence)
            for text in await asyncio.to_thread(screen.told, changes, known):
                say(text)
            sequence = changes[-1].sequence if changes else sequence
            if len(changes) < _PAGE:
                await asyncio.sleep(_POLL)
    finally:
        store.close()


async def _next(store: AlertStore, sequence: int) -> Sequence[Change]:
    try:
        return await asyncio.to_thread(lambda: store.after(sequence, _PAGE, kinds=ALERT_KINDS))
    except StoreUnavailableError:
        return ()  # the service says so in its log and at /readyz; here it is tried again


async def _up(settings: Settings, service: Callable[[], int | None]) -> str:
    """Address of the service, once the process started here says that it listens."""
    while True:
        pid, found = service(), serving(settings)
        if found is not None and pid == found.pid:
            return found.url
        await asyncio.sleep(0.05)


def _token(settings: Settings) -> str:
    try:
        return settings.first_token_path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
