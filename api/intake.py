"""A body of mentions on its way to the sink: piece by piece, within bounds, saying how far it came."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from alerts.ports import MentionSink, Refused, SourceUnavailableError
from api.bodies import BodyError, BombError, Inflater, Splitter
from api.errors import ProblemError

REFUSED_SHOWN = 100
_PORTION_LINES = 1000
_PORTION_BYTES = 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class IntakeBounds:
    """How large, how many, how slow.

    Parameters
    ----------
    max_bytes
        Of the body, packed and unpacked alike.
    max_mentions
        Mentions in one request.
    chunk_seconds, total_seconds
        How long the sender may pause, and take in all.
    """

    max_bytes: int
    max_mentions: int
    chunk_seconds: float
    total_seconds: float


@dataclass(eq=False, slots=True)
class Intake:
    """Takes one request's mentions; `report` is true at every moment."""

    sink: MentionSink
    sources: frozenset[str] | None
    splitter: Splitter
    inflater: Inflater | None
    bounds: IntakeBounds
    accepted: int = 0
    refused_total: int = 0
    refused: list[Refused] = field(default_factory=list)
    _line: int = 0
    _mentions: int = 0
    _bytes: int = 0
    _wire_bytes: int = 0
    _portion: list[tuple[int, bytes]] = field(default_factory=list)
    _portion_bytes: int = 0

    def report(self) -> dict[str, object]:
        """What became of the mentions so far."""
        shown = [{"line": one.line, "reason": one.reason, "detail": one.detail} for one in self.refused]
        return {"accepted": self.accepted, "refused": shown, "refused_total": self.refused_total}

    async def take(self, chunks: AsyncIterator[bytes]) -> None:
        """Take the whole body. Raises `ProblemError`, always with the report of what was taken before."""
        try:
            async for piece in _gathered(_timed(chunks, self.bounds)):
                await self._feed(piece)
            if self.inflater is not None:
                self.inflater.close()
            await self._split(self.splitter.close())
            await self._flush()
        except TimeoutError:
            await self._stop(408, "The body came too slowly; send it again in one go.", "too-slow")
        except BombError as error:
            await self._stop(413, f"{_sentence(error)}; send it in parts or less compressed.", "compression-ratio")
        except BodyError as error:
            await self._stop(400, f"{_sentence(error)}.", "unreadable-body")
        except SourceUnavailableError:
            raise ProblemError(
                503,
                f"The log cannot be reached now; {self.accepted} mentions were taken. Send all of them again later: "
                "what is there already is recognised.",
                slug="log-unavailable",
                headers={"Retry-After": "5"},
                extra=self.report(),
            ) from None

    async def _feed(self, piece: bytes) -> None:
        self._wire_bytes += len(piece)
        if self._wire_bytes > self.bounds.max_bytes:  # packed bytes that unpack to nothing count as well
            await self._too_large(f"{self.bounds.max_bytes} bytes")
        for part in self.inflater.feed(piece) if self.inflater is not None else (piece,):
            await asyncio.sleep(0)  # a body of nothing but blank lines is no reason to keep others waiting
            self._bytes += len(part)
            if self._bytes > self.bounds.max_bytes:
                await self._too_large(f"{self.bounds.max_bytes} bytes")
            await self._split(self.splitter.feed(part))

    async def _split(self, values: Iterable[bytes | None]) -> None:
        for value in values:
            self._line += 1
            if value is None:
                self._refuse(Refused(self._line, "too_long", "longer than any mention may be"))
            elif value:
                self._mentions += 1
                if self._mentions > self.bounds.max_mentions:
                    await self._too_large(f"{self.bounds.max_mentions} mentions")
                self._portion.append((self._line, value))
                self._portion_bytes += len(value)
            if len(self._portion) >= _PORTION_LINES or self._portion_bytes >= _PORTION_BYTES:
                await self._flush()

    async def _flush(self) -> None:
        portion, self._portion, self._portion_bytes = self._portion, [], 0
        if not portion:
            return
        taken = await self.sink.put(portion, self.sources)
        self.accepted += taken.accepted
        for one in taken.refused:
            self._refuse(one)

    def _refuse(self, one: Refused) -> None:
        self.refused_total += 1
        if len(self.refused) < REFUSED_SHOWN:
            self.refused.append(one)

    async def _too_large(self, bound: str) -> None:
        await self._stop(413, f"The body holds more than {bound}; send it in parts.", "too-large")

    async def _stop(self, status: int, sentence: str, slug: str) -> None:
        """Take what is whole, then say why the rest is not."""
        await self._flush()
        detail = f"{sentence} {self.accepted} mentions before that were taken, {self.refused_total} refused."
        raise ProblemError(status, detail, slug=slug, headers={"Connection": "close"}, extra=self.report())


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


async def _timed(chunks: AsyncIterator[bytes], bounds: IntakeBounds) -> AsyncIterator[bytes]:
    """Chunks, as long as they come in time; the time the sink takes is not the sender's."""
    loop = asyncio.get_running_loop()
    left = bounds.total_seconds
    while True:
        begun = loop.time()
        try:
            async with asyncio.timeout(min(bounds.chunk_seconds, left)):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        left -= loop.time() - begun
        if left <= 0:
            raise TimeoutError
        yield chunk


async def _gathered(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Small chunks joined and large ones cut to about 64 KiB: work per piece, not per packet."""
    held: list[bytes] = []
    size = 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _PIECE:
            whole = b"".join(held)
            held, size = [], 0
            for start in range(0, len(whole), _PIECE):
                yield whole[start : start + _PIECE]
    if held:
        yield b"".join(held)
