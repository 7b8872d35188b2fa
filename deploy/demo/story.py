"""Mentions of the bundled crisis: invented sentences, the hourly volumes of a real flood.

The volumes are counts of what three newspapers published around the flood of Thái Nguyên in October 2025
(`volumes.tsv`); the sentences are this project's own (`phrases.toml`). The same seed gives the same bytes.
"""

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import msgspec

from streams.sources.times import VIETNAM, rfc3339

#: The province of the story, by its code in the register.
PROVINCE = "19"

# fmt: off
_PLACES = (
    "Hà Nội", "Cao Bằng", "Tuyên Quang", "Điện Biên", "Lai Châu", "Sơn La", "Lào Cai", "Thái Nguyên", "Lạng Sơn",
    "Quảng Ninh", "Bắc Ninh", "Phú Thọ", "Hải Phòng", "Hưng Yên", "Ninh Bình", "Thanh Hóa", "Nghệ An", "Hà Tĩnh",
    "Quảng Trị", "Huế", "Đà Nẵng", "Quảng Ngãi", "Gia Lai", "Khánh Hòa", "Đắk Lắk", "Lâm Đồng", "Đồng Nai",
    "Thành phố Hồ Chí Minh", "Tây Ninh", "Đồng Tháp", "Vĩnh Long", "An Giang", "Cần Thơ", "Cà Mau",
)
# fmt: on
_MINISTRIES = (
    "Bộ Nội vụ",
    "Bộ Tư pháp",
    "Bộ Tài chính",
    "Bộ Công Thương",
    "Bộ Nông nghiệp và Môi trường",
    "Bộ Xây dựng",
    "Bộ Văn hóa, Thể thao và Du lịch",
    "Bộ Khoa học và Công nghệ",
    "Bộ Giáo dục và Đào tạo",
    "Bộ Y tế",
)
#: How often an ordinary mention is of each tone.
_TONES = {"positive": 30, "neutral": 38, "negative": 10, "unattributed": 22}
_KINDS = {"news": 40, "facebook": 35, "forum": 12, "tiktok": 8, "youtube": 5}


@dataclass(frozen=True, slots=True)
class Story:
    """How the volumes become mentions.

    Parameters
    ----------
    ordinary
        Mentions of everything for one that the newspapers had in that hour.
    anger
        Angry mentions of the province for one negative mention in the newspapers, once the flood has begun.
    flood_begins
        Before it the newspapers' few mentions of the province are part of the ordinary ones.
    calm_share
        Of the flood's mentions that are not angry.
    seed
        Of the pseudo-random choices.
    """

    ordinary: float = 1.5
    anger: float = 20.0
    flood_begins: datetime = datetime(2025, 10, 7, tzinfo=VIETNAM)
    calm_share: float = 0.08
    seed: int = 20251007


class Hour(msgspec.Struct, frozen=True):
    """What the newspapers had in one hour: all, naming the province, and negative among those."""

    start: datetime
    mentions: int
    province: int
    negative: int


def volumes() -> Sequence[Hour]:
    """Measured hours in order, without a gap.

    Examples
    --------
    >>> hours = volumes()
    >>> len(hours), hours[0].start.isoformat()
    (264, '2025-09-30T00:00:00+07:00')
    """
    lines = (files(__package__) / "volumes.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith(("#", "hour"))]
    return [
        Hour(datetime.fromisoformat(f"{start}:00").replace(tzinfo=VIETNAM), int(every), int(named), int(negative))
        for start, every, named, negative in rows
    ]


def mentions(story: Story | None = None) -> Iterator[bytes]:
    """Yield the story's mentions as JSON, in order of publication.

    Examples
    --------
    >>> first = next(mentions())
    >>> sorted(msgspec.json.decode(first))
    ['id', 'published_at', 'source', 'text', 'title']
    """
    story = story or Story()
    chance = random.Random(story.seed)  # noqa: S311 - a story must come out the same each time, nothing is secret
    phrases = tomllib.loads((files(__package__) / "phrases.toml").read_text(encoding="utf-8"))
    number = 0
    for hour in volumes():
        # The times lie within the hour, to the millisecond, and no two mentions of an hour share an order by chance.
        due = sorted(
            (chance.randrange(3_600_000), angry)
            for angry, count in enumerate(_counts(story, hour, chance))
            for _ in range(count)
        )
        for millisecond, angry in due:
            number += 1
            body = _flood(phrases, story, chance) if angry else _ordinary(phrases, chance)
            at = hour.start + timedelta(milliseconds=millisecond)
            yield msgspec.json.encode({"id": f"demo-{number:05d}", "published_at": rfc3339(at), **body})


def _counts(story: Story, hour: Hour, chance: random.Random) -> tuple[int, int]:
    flood = story.anger * hour.negative if hour.start >= story.flood_begins else 0.0
    return _rounded(story.ordinary * hour.mentions, chance), _rounded(flood * chance.uniform(0.8, 1.2), chance)


def _rounded(value: float, chance: random.Random) -> int:
    return int(value) + (chance.random() < value % 1)


def _ordinary(phrases: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    tone = _one_of(_TONES, chance)
    phrase = str(chance.choice(phrases["ordinary"][tone]))
    title = phrase.format(place=chance.choice(_PLACES), ministry=chance.choice(_MINISTRIES))
    return {"source": _source(phrases, chance), "title": title, "text": ""}


def _flood(phrases: Mapping[str, Any], story: Story, chance: random.Random) -> dict[str, Any]:
    told = phrases["flood"]
    if chance.random() < story.calm_share:
        return {"source": _source(phrases, chance), "title": chance.choice(told["calm"]), "text": ""}
    text = " ".join(chance.sample(told["details"], chance.choice((1, 2, 2))))
    return {"source": _source(phrases, chance), "title": chance.choice(told["openings"]), "text": text}


def _source(phrases: Mapping[str, Any], chance: random.Random) -> dict[str, str]:
    kind = _one_of(_KINDS, chance)
    return {"kind": kind, "name": chance.choice(phrases["sources"][kind])}


def _one_of(weights: Mapping[str, int], chance: random.Random) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
