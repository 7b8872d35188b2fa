"""Mentions -> readings: organisations, sentiment, fingerprint and voice; the author is gone afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from typing import NamedTuple

import msgspec

from alerts.claims import Claim
from streams.mentions import Mention, identity_of, parse
from streams.reading.claims import ClaimMatcher
from streams.reading.fingerprint import Fingerprinter
from streams.reading.masks import tells_a_person
from streams.reading.naming import Named, Namer
from streams.reading.register import Register
from streams.reading.sentiment import Scorer
from streams.reading.text import Text, cut, cut_all, normalise
from streams.reading.voices import Voices
from streams.watching.envelopes import BLAME, EVENT, ROLES, Reading, Suspected, roles_of
from streams.watching.times import instant

#: Letters of a title and of an address that are kept for showing.
TITLE_LETTERS = 300
URL_LETTERS = 500

#: From which probability on a mention counts, where the settings name neither its kind of source nor ``default``.
DEFAULT_THRESHOLD = 0.5


class Seen(NamedTuple):
    """A mention with its place in its partition, and when the log saw it (ms)."""

    offset: int
    seen_at: int
    mention: Mention


class Sources:
    """Numbers the sources of one batch, in order of appearance."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}
        #: How many texts of the batch were read in each language.
        self.languages: Counter[str] = Counter()

    def number(self, kind: str, name: str) -> int:
        """The source's number; the next free one where it is new."""
        return self.numbers.setdefault((kind, name), len(self.numbers))


class _Tone(NamedTuple):
    """What the scorer says of one text; a sender's own sentiment says neither whom it blames nor in which language."""

    negative: float
    positive: float
    blame: float = -1.0
    language: str = "und"
    foreign_about: bool = False


class Apart(NamedTuple):
    """Themes that are a series of their own; empty where there is none.

    Attributes
    ----------
    abroad
        For texts in other languages that name Vietnam.
    observed
        For what people saw themselves and entered by hand, whatever it names: it is no measure of what is published.
    """

    abroad: str = ""
    observed: str = ""


#: Kind of source of observations entered by hand.
OBSERVATION = "observation"

#: Languages of texts that are read as Vietnamese.
_AT_HOME = frozenset({"vi", "und"})


class Reader:
    """Reads mentions in batches; pure but for its caches.

    Parameters
    ----------
    register
        Whose names are looked for.
    scorer
        Scores the mentions that bring no sentiment.
    thresholds
        Probability from which a mention counts as negative (positive), by kind of source; ``default`` for the rest.
    voice_secret
        See `Voices`.
    claims
        Known to be false, looked for in every text.
    apart
        What is counted as a series of its own.
    """

    def __init__(
        self,
        register: Register,
        scorer: Scorer,
        thresholds: Mapping[str, float],
        voice_secret: str,
        claims: Sequence[Claim] = (),
        *,
        apart: Apart | None = None,
    ) -> None:
        self.register = register
        self._apart = Apart(*(code if code in register.codes else "" for code in apart or Apart()))
        self._namer = Namer(register)
        self.scorer = scorer
        self.thresholds = dict(thresholds)
        self.default_threshold = self.thresholds.get("default", DEFAULT_THRESHOLD)
        self._fingerprinter = Fingerprinter()
        #: `None` where no claim is listed.
        self.claims = ClaimMatcher(claims) if claims else None
        self._voices = Voices(voice_secret)

    def with_scorer(self, scorer: Scorer) -> Reader:
        """The same reader with another scorer; all else is shared."""
        other = copy(self)
        other.scorer = scorer
        return other

    def read(self, batch: Sequence[Seen], sources: Sources) -> list[Reading]:
        """A reading of each mention, in order; `organisations` is empty where it names none."""
        texts = _texts(batch)
        scores = self._score(batch, texts, sources)
        named = self._named(batch, texts)
        readings = [
            self._reading(seen, found, score, sources) for seen, found, score in zip(batch, named, scores, strict=True)
        ]
        if self.claims is not None:
            readings = self._suspected(self.claims, readings, batch, texts)
        shown = [number for number, one in enumerate(readings) if one.counts == 1 or one.suspected is not None]
        uncut = [number for number in shown if texts[number] is None]
        for number, late in zip(uncut, cut_all([_raw(batch[number].mention) for number in uncut]), strict=True):
            texts[number] = late
        words = [text.words() for number in shown if (text := texts[number]) is not None]
        for number, fingerprint in zip(shown, self._fingerprinter.fingerprints(words), strict=True):
            readings[number] = _shown(readings[number], batch[number].mention, fingerprint)
        return readings

    def _suspected(
        self, claims: ClaimMatcher, readings: list[Reading], batch: Sequence[Seen], texts: Sequence[Text | None]
    ) -> list[Reading]:
        """`readings` with the listed claim that each text makes."""
        every = [text or cut(_raw(seen.mention)) for text, seen in zip(texts, batch, strict=True)]
        return [
            reading if match is None else msgspec.structs.replace(reading, suspected=_of_claim(match.claim))
            for reading, match in zip(readings, claims.match(every), strict=True)
        ]

    def _score(self, batch: Sequence[Seen], texts: Sequence[Text | None], sources: Sources) -> list[_Tone]:
        """The tone of each: the sender's sentiment, else the scorer's."""
        asked = [
            (text, seen.mention.source.kind)
            for seen, text in zip(batch, texts, strict=True)
            if text is not None and seen.mention.sentiment is None
        ]
        scored = self.scorer.score([text for text, _ in asked], [kind for _, kind in asked])
        sources.languages.update(scored.languages)
        given = map(_Tone, *scored)
        return [
            next(given)
            if (sentiment := seen.mention.sentiment) is None
            else _Tone(max(0.0, -sentiment), max(0.0, sentiment))
            for seen in batch
        ]

    def _named(self, batch: Sequence[Seen], texts: Sequence[Text | None]) -> list[Named]:
        """What each names: the sender's organisations, else what is found in the text."""
        asked = [
            (text, seen.seen_at)
            for seen, text in zip(batch, texts, strict=True)
            if text is not None and seen.mention.organisations is None
        ]
        found = iter(self._namer.named([text for text, _ in asked], [seen_at for _, seen_at in asked]))
        return [
            next(found) if (given := seen.mention.organisations) is None else self._namer.given(given, seen.seen_at)
            for seen in batch
        ]

    def _reading(self, seen: Seen, named: Named, tone: _Tone, sources: Sources) -> Reading:
        mention, source = seen.mention, seen.mention.source
        threshold = self.thresholds.get(source.kind, self.default_threshold)
        negative, positive = tone.negative, tone.positive
        organisations = named.organisations
        if source.kind == OBSERVATION and self._apart.observed:
            organisations = (self._apart.observed,)
        elif tone.foreign_about and self._apart.abroad and tone.language not in _AT_HOME:
            organisations = tuple(sorted({*organisations, self._apart.abroad}))
        author = mention.author
        return Reading(
            offset=seen.offset,
            seen_at=seen.seen_at,
            published_at=mention.published_at,
            identity=identity_of(mention),
            id=mention.id,
            source=sources.number(source.kind, source.name),
            organisations=organisations,
            negative=negative,
            positive=positive,
            counts=1 if negative >= threshold else -1 if positive >= threshold else 0,
            voice=self._voices.key(source.kind, source.name, author, seen.seen_at) if author else 0,
            roles=named.roles if organisations is named.organisations else (),
            former=named.former,
            tells=0 if negative < threshold or tone.blame < 0 else BLAME if 2 * tone.blame >= negative else EVENT,
        )

    def read_line(self, data: bytes) -> bytes:
        """A mention's JSON -> its reading's JSON, as `canhbao read` prints it; seen when it was published.

        Raises
        ------
        InvalidMention
            If the line is not a mention.
        """
        mention = parse(data, self.register.codes)
        published_at = mention.published_at
        sources = Sources()
        (reading,) = self.read([Seen(0, published_at, mention)], sources)
        line = {
            "id": reading.id,
            "published_at": instant(published_at),
            "seen_at": instant(published_at),
            "source": {"kind": mention.source.kind, "name": mention.source.name},
            "organisations": reading.organisations,
            "negative": reading.negative,
            "positive": reading.positive,
            "tells": ("", "blame", "event")[reading.tells],
            "language": next(iter(sources.languages), None),
            "counts_as": ("neutral", "negative", "positive")[reading.counts],
            "roles": {code: ROLES[role] for code, role in zip(reading.organisations, roles_of(reading), strict=True)},
            "former_names": [{"organisation": code, "name": name} for code, name in reading.former],
        }
        return msgspec.json.encode(line)


def _texts(batch: Sequence[Seen]) -> list[Text | None]:
    """The texts in which anything is to be found."""
    asked = [seen.mention.sentiment is None or seen.mention.organisations is None for seen in batch]
    raws = [_raw(seen.mention) for seen, is_asked in zip(batch, asked, strict=True) if is_asked]
    texts = iter(cut_all(raws))
    return [next(texts) if is_asked else None for is_asked in asked]


def _raw(mention: Mention) -> str:
    return f"{mention.title or ''} . {mention.text or ''}"


def _of_claim(claim: Claim) -> Suspected:
    return Suspected("listed", claim.id, claim.organisation, claim.text, claim.rebuttal, claim.rebuttal_url)


def _shown(reading: Reading, mention: Mention, fingerprint: tuple[int, int]) -> Reading:
    """`reading` with what is shown of a negative mention."""
    url = mention.url or ""
    return msgspec.structs.replace(
        reading,
        fingerprint=fingerprint[0],
        fingerprint_more=fingerprint[1],
        title=_shortened(mention.title or mention.text or ""),
        url=url if _may_be_shown(url) else "",
    )


def _may_be_shown(url: str) -> bool:
    return (
        url.startswith(("https://", "http://"))
        and len(url) <= URL_LETTERS
        and " " not in url
        and not tells_a_person(url)
    )


def _shortened(title: str) -> str:
    title = normalise(title[: 4 * TITLE_LETTERS])
    return title if len(title) <= TITLE_LETTERS else title[: TITLE_LETTERS - 1].rstrip() + "…"
