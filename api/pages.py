"""Pages of alerts as bytes, shared by all who poll the same place."""

from collections import OrderedDict
from typing import NamedTuple

from alerts.model import AlertState

_LONGEST_QUERY = 1024


class PageQuery(NamedTuple):
    """What a reader asks for: the key of a cached page."""

    after: int | None
    limit: int
    state: AlertState | None
    organisation: str | None
    run: str | None


class Page(NamedTuple):
    """An answer as bytes, with the sequence up to which it holds."""

    head: int
    etag: str
    body: bytes


class PageCache:
    """Pages as bytes, thrown away when the log moves on: readers who poll the same place share one.

    Parameters
    ----------
    size
        Most pages.
    most_bytes
        All their bodies together: whoever asks for a thousand alerts in ever new ways must not fill the memory.
    """

    def __init__(self, size: int = 512, most_bytes: int = 32 * 1024 * 1024) -> None:
        self._size = size
        self._most_bytes = most_bytes
        self._bytes = 0
        self._pages: OrderedDict[PageQuery, Page] = OrderedDict()
        self._asked: dict[bytes, Page] = {}

    def get(self, query: PageQuery, head: int) -> Page | None:
        """The page, if nothing has changed since."""
        page = self._pages.get(query)
        return page if page is not None and page.head == head else None

    def as_asked(self, query_string: bytes, head: int) -> Page | None:
        """The page that answered this very query string, if nothing has changed since."""
        page = self._asked.get(query_string)
        return page if page is not None and page.head == head else None

    def answered(self, query_string: bytes, page: Page) -> None:
        """Remember which page answered a query string."""
        if len(self._asked) >= self._size:
            self._asked.clear()
        if any(page is known for known in self._pages.values()) and len(query_string) <= _LONGEST_QUERY:
            self._asked[query_string] = page

    def put(self, query: PageQuery, page: Page) -> None:
        """Keep a page; the oldest goes where there is no room."""
        self._forget(self._pages.pop(query, None))
        if len(page.body) > self._most_bytes:
            return
        self._pages[query] = page
        self._bytes += len(page.body)
        while len(self._pages) > self._size or self._bytes > self._most_bytes:
            self._forget(self._pages.popitem(last=False)[1])

    def _forget(self, page: Page | None) -> None:
        if page is None:
            return
        self._bytes -= len(page.body)
        for asked in [asked for asked, known in self._asked.items() if known is page]:
            del self._asked[asked]
