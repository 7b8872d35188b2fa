"""New themes: phrases that burst in the negative mentions that name no registered body, for an officer to decide."""

import hashlib
from itertools import groupby, pairwise

import msgspec

from alerts.model import Excerpt, Representative
from alerts.themes import ThemeProposal
from streams.reading.persons import person_places
from streams.reading.placing import MINUTE_MS as MINUTE
from streams.reading.text import cut, pattern
from streams.watching.envelopes import Reading, Source
from streams.watching.phrases import common, terms
from streams.watching.times import instant
from streams.watching.words import Phrase, Words

HOUR = 60 * MINUTE
#: What is looked at: different titles of so long, at most so many.
SPAN, TITLES = 24 * HOUR, 512
#: A phrase is proposed if it stands in so many titles, of so many sources, and surprises so much.
LEAST_TITLES, LEAST_SOURCES, LEAST_SURPRISE = 4, 2, 10.0
#: It is weighed when its pairs of syllables stand in so many times as many titles as when they were last weighed.
GROWTH = 1.5
#: At most so many phrases an hour are weighed; the same one is proposed again after so long, with newer evidence.
WEIGHED, AGAIN = 20, 14 * 24 * HOUR
REMEMBERED = 512
SHOWN = 5


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


#: How stage names and foreign names begin, beside what `streams.reading.persons` knows.
_ADDRESSES = _words("dj mc mr mrs ms miss rapper streamer youtuber tiktoker")
#: Capitalised syllables that follow one another may be a person's name, unless one of these says what it is.
_KINDS = _words(
    "công ty tập đoàn dự án luật nghị định thông tư bệnh viện trường đại học sân bay cầu đường hồ sông bão đề án vụ "
    "khu nhà máy chung cư ngân hàng ứng dụng quỹ hội giải cao tốc thủy điện nhiệt phà bến cảng chợ làng đảo"
)


class _Title(msgspec.Struct, array_like=True):
    seen_at: int
    title: str
    fingerprint: int
    kind: str
    name: str
    id: str
    url: str
    published_at: int


def names_person(phrase: str) -> bool:
    """Whether a phrase looks like a person's name: by form, since there is no list of persons.

    Better no theme than one named after a private person: two capitalised syllables in a phrase that says of nothing
    what it is are taken for a name.

    Examples
    --------
    >>> [names_person(phrase) for phrase in ("Nguyễn Văn A", "Thùy Tiên", "DJ Ngân", "thu phí rác", "Luật Đất đai")]
    [True, True, True, False, False]
    """
    words = phrase.split()
    if next(iter(person_places(words)), None) is not None or not _ADDRESSES.isdisjoint(word.lower() for word in words):
        return True
    for named, run in groupby(range(len(words)), lambda place: _is_named(words[place])):
        places = list(run)
        told = words[max(0, places[0] - 2) : places[-1] + 1]  # what it is stands in it or directly before it
        if named and len(places) >= 2 and _KINDS.isdisjoint(word.lower() for word in told):
            return True
    return False


def _is_named(word: str) -> bool:
    return word[:1].isupper() and not word.isupper() and word.isalpha()


class Proposer(msgspec.Struct):
    """Weighs the phrases of unattributed negative mentions, at the first mention after an hour in which one grew.

    When it does so, and what it proposes, follows from these mentions alone, not from what else is watched.

    Attributes
    ----------
    pairs
        In how many of the recent titles each pair of syllables stands that headlines do not use every day.
    weighed
        The same when the pair was last weighed: it is weighed again when it stands in half as many more.
    due
        A pair has grown since.
    """

    recent: list[_Title] = []
    past: Words = msgspec.field(default_factory=Words)
    proposed: dict[str, int] = {}
    weighed_at: int = 0
    waiting: list[tuple[ThemeProposal, list[Excerpt]]] = []
    pairs: dict[str, int] = {}
    weighed: dict[str, int] = {}
    due: bool = False

    def add(self, reading: Reading, source: Source, seen_at: int) -> None:
        """Take a negative mention that names no registered body."""
        if seen_at // HOUR > self.weighed_at // HOUR:
            self._forget(seen_at - SPAN)
            if self.due:
                self.waiting += self._weigh(seen_at)
            self.weighed_at, self.due = seen_at, False
        if not reading.title or any(
            one.title == reading.title or (reading.fingerprint and one.fingerprint == reading.fingerprint)
            for one in reversed(self.recent)
        ):
            return
        self.past.learn(reading.title)
        self.recent.append(
            _Title(
                seen_at, reading.title, reading.fingerprint, source.kind, source.name, reading.id, reading.url,
                reading.published_at,
            )
        )  # fmt: skip
        for pair in _pairs(reading.title):
            many = self.pairs[pair] = self.pairs.get(pair, 0) + 1
            self.due = self.due or (many >= LEAST_TITLES and many >= GROWTH * self.weighed.get(pair, 0))
        if len(self.recent) > TITLES:
            self._forget(self.recent[0].seen_at + 1)

    def taken(self) -> list[tuple[ThemeProposal, list[Excerpt]]]:
        """What is newly proposed, each with the texts it shows; it is handed out once."""
        found, self.waiting = self.waiting, []
        return found

    def _forget(self, before: int) -> None:
        """Forget the titles seen before a moment."""
        while self.recent and self.recent[0].seen_at < before:
            for pair in _pairs(self.recent.pop(0).title):
                if self.pairs[pair] > 1:
                    self.pairs[pair] -= 1
                else:
                    del self.pairs[pair]
                    self.weighed.pop(pair, None)

    def _weigh(self, now: int) -> list[tuple[ThemeProposal, list[Excerpt]]]:
        self.weighed |= {pair: many for pair, many in self.pairs.items() if many >= LEAST_TITLES}
        words = [cut(one.title).lower for one in self.recent]
        found = []
        for phrase in self.past.phrases([one.title for one in self.recent], "", limit=WEIGHED):
            key = pattern(phrase.text)
            if self.proposed.get(key, 0) > now - AGAIN or not _may_be_theme(phrase, key):
                continue
            telling = [one for one, text in zip(self.recent, words, strict=True) if key in text]
            if len(telling) >= LEAST_TITLES and len({(one.kind, one.name) for one in telling}) >= LEAST_SOURCES:
                self.proposed[key] = now
                found.append(_proposal(phrase, telling, now))
        if len(self.proposed) > REMEMBERED:
            newest = sorted(self.proposed.items(), key=lambda item: (-item[1], item[0]))[:REMEMBERED]
            self.proposed = dict(newest)
        return found


def _pairs(title: str) -> list[str]:
    """The pairs of neighbouring syllables that headlines do not use every day."""
    return [term for term in terms(title) if " " in term and term not in common()]


def _may_be_theme(phrase: Phrase, key: str) -> bool:
    """Whether it says more than a word that headlines use every day, and names no person."""
    words = key.split()
    is_rare = any(f"{one} {two}" not in common() for one, two in pairwise(words))
    return is_rare and phrase.surprise >= LEAST_SURPRISE and not names_person(phrase.text)


def _proposal(phrase: Phrase, telling: list[_Title], now: int) -> tuple[ThemeProposal, list[Excerpt]]:
    shown = telling[-SHOWN:]
    made = ThemeProposal(
        id=hashlib.sha256(f"theme/1{pattern(phrase.text)}".encode()).hexdigest()[:16],
        phrase=phrase.text,
        proposed_at=instant(now),
        titles=len(telling),
        sources=len({(one.kind, one.name) for one in telling}),
        surprise=phrase.surprise,
        representatives=tuple(
            Representative(one.id, one.kind, one.name, instant(one.published_at), 1) for one in shown
        ),
    )
    texts = [Excerpt(one.id, one.kind, one.name, one.title, one.url, instant(one.published_at)) for one in shown]
    return made, texts
