"""One conditional GET of a feed, with every bound on what it may cost."""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_FREE_BYTES = 256 * 1024
_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"


class FetchError(Exception):
    """The feed could not be fetched; the sentence says why.

    Attributes
    ----------
    retry_after
        What the server asks to wait, in its own words: seconds or a date.
    """

    def __init__(self, sentence: str, retry_after: str = "") -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a fetch may cost: seconds altogether, bytes expanded, and expanded bytes for one on the wire."""

    seconds: float = 20
    bytes: int = 8 * 1024 * 1024
    ratio: float = 100


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: its body, `None` if nothing has changed, and the validators for the next time."""

    body: bytes | None
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """The way out of the house.

    Parameters
    ----------
    session
        Whose connections reach only what may be called; it follows no proxy of the environment and unpacks nothing.
    check
        Says how an address is called, or raises `refusal`: asked for the feed's and for every redirect.
    refusal
        What `check` and the session's resolver raise.
    """

    session: aiohttp.ClientSession
    check: Callable[[str], str]
    refusal: type[Exception]


async def fetch(
    gate: Gate,
    url: str,
    bounds: Bounds,
    *,
    etag: str = "",
    modified: str = "",
) -> Fetched:
    """Ask for a feed unless it is as it was.

    Parameters
    ----------
    gate
        Through which it is called.
    etag, modified
        Validators of the last answer.

    Raises
    ------
    FetchError
        In one sentence.
    """
    headers = {"Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
    if etag:
        headers["If-None-Match"] = etag
    if modified:
        headers["If-Modified-Since"] = modified
    try:
        async with asyncio.timeout(bounds.seconds):
            return await _follow(gate, url, bounds, headers)
    except TimeoutError as error:
        raise FetchError(f"no whole answer within {bounds.seconds:g} s") from error
    except gate.refusal as error:
        raise FetchError(str(error)) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise FetchError(f"{type(error).__name__}: {error}"[:300]) from error


async def _follow(gate: Gate, url: str, bounds: Bounds, headers: dict[str, str]) -> Fetched:
    for _ in range(_MOST_REDIRECTS + 1):
        called = gate.check(url)
        async with gate.session.get(called, headers=headers, allow_redirects=False) as answer:
            if answer.status in _REDIRECTS and "Location" in answer.headers:
                url = urljoin(called, answer.headers["Location"])
                continue
            if answer.status == 304:
                return Fetched(None, headers.get("If-None-Match", ""), headers.get("If-Modified-Since", ""))
            if answer.status != 200:
                raise FetchError(f"the server answers {answer.status}", answer.headers.get("Retry-After", ""))
            body = await _body(answer, bounds)
            return Fetched(body, _validator(answer, "ETag", 500), _validator(answer, "Last-Modified", 100))
    raise FetchError(f"it redirects more than {_MOST_REDIRECTS} times")


def _validator(answer: aiohttp.ClientResponse, name: str, longest: int) -> str:
    """A header that is sent back next time; nothing, where it is too long or holds what no header may."""
    text = answer.headers.get(name, "")
    return text if len(text) <= longest and text.isascii() and text.isprintable() else ""


async def _body(answer: aiohttp.ClientResponse, bounds: Bounds) -> bytes:
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip", "deflate"}:
        raise FetchError(f"the content is packed as {coding[:20]!r}, which was not asked for")
    # 47: gzip or zlib, whichever it says it is.
    unpack = None if coding == "identity" else zlib.decompressobj(47)
    body, wire = bytearray(), 0
    async for chunk in answer.content.iter_chunked(64 * 1024):
        wire += len(chunk)
        try:
            body += chunk if unpack is None else unpack.decompress(chunk, bounds.bytes + 1 - len(body))
        except zlib.error as error:
            raise FetchError(f"the content is broken: {error}") from error
        if len(body) > bounds.bytes:
            raise FetchError(f"it has more than {bounds.bytes} bytes")
        if unpack is not None and len(body) > max(_FREE_BYTES, bounds.ratio * wire):
            raise FetchError(f"it expands to more than {bounds.ratio:g} times its size")
    if unpack is not None and not unpack.eof:
        raise FetchError("the content is cut short")
    return bytes(body)
