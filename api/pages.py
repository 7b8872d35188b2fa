"""Pages of alerts as bytes, shared by all who poll the same place."""

from collections import OrderedDict
from typing import NamedTuple

from alerts.model import AlertState


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
    """Pages as bytes, thrown away when the log moves on: readers who poll the same place share one."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
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
        self._asked[query_string] = page

    def put(self, query: PageQuery, page: Page) -> None:
        """Keep a page; the oldest goes where there is no room."""
        self._pages.pop(query, None)
        self._pages[query] = page
        if len(self._pages) > self._size:
            self._pages.popitem(last=False)
