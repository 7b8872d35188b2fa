"""Mentions to measure with: invented, of a chosen number of organisations, with or without what reading must find."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec

from streams.log import Log
from streams.settings import StreamSettings
from streams.topics import Topics, topic_specs
from streams.transports.batches import NewRecord
from tests.bench.kafka.work import PARTITIONS

#: Event times lie so far before the append: minutes that the watch still keeps open.
SPAN_MS = 8 * 60_000
#: How many are negative.
NEGATIVE_SHARE = 0.1
_HEADER = "code\tname\tkind\tparent\tsince\tuntil\towners\taliases"
_SYLLABLES = (
    "đường cầu xã phường dân cứu trợ trường học bệnh viện giá điện nước thuế đất dự án họp báo phản ánh hồ sơ thủ tục "
    "cán bộ tiếp giải quyết hỗ trợ kế hoạch công bố tuyến phố chợ bến xe lịch trực khảo sát nghị quyết"
)
_WORDS = tuple(_SYLLABLES.split())
_ANGER = "người dân bức xúc, phẫn nộ vì chậm trễ, tắc trách; "
_SYLLABLES_OF_NAMES = "An Bình Cảnh Duy Đông Gia Hà Khê Lâm Mỹ Ninh Oanh Phú Quế Sa Tây Uyên Vân Xuân Yên Ái Bắc"
_NAMES = tuple(_SYLLABLES_OF_NAMES.split())
#: Distinct titles: most of what is published shares or repeats what others wrote.
TITLES = 5_000


def code(number: int) -> str:
    """An organisation's code."""
    return f"B{number:05d}"


def name(number: int) -> str:
    """An organisation's name, as texts call it; names hold no numbers, which reading would take for a phone's."""
    parts = (number // len(_NAMES) ** 2 % len(_NAMES), number // len(_NAMES) % len(_NAMES), number % len(_NAMES))
    return "Ban Thử nghiệm " + " ".join(_NAMES[part] for part in parts)


def write_register(directory: Path, organisations: int) -> Path:
    """A register directory with so many organisations beside the bundled ones."""
    register = directory / "register"
    register.mkdir()
    rows = [f"{code(n)}\t{name(n)}\ttheme\t\t\t\t\t{name(n)}" for n in range(organisations)]
    (register / "organisations-bench.tsv").write_text("\n".join([_HEADER, *rows]) + "\n", encoding="utf-8")
    return register


def instant(milliseconds: int) -> str:
    """RFC 3339 in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def mentions(count: int, organisations: int, now: int, *, text: bool, seed: int = 3) -> Iterator[NewRecord]:
    """`count` mentions of about 300 bytes, published in the `SPAN_MS` before `now`, in order of time.

    Their key is the organisation: a peer that counts by key needs no further topic.

    Parameters
    ----------
    text
        Sentiment and organisation are to be found in the text; otherwise both are given.
    """
    chance = random.Random(seed)
    sources = [{"kind": ("news", "facebook", "forum")[n % 3], "name": f"Nguồn mẫu {n}"} for n in range(40)]
    titles = [" ".join(chance.choices(_WORDS, k=9)) for _ in range(TITLES)]
    for number in range(count):
        which, angry = chance.randrange(organisations), chance.random() < NEGATIVE_SHARE
        line: dict[str, object] = {
            "id": f"m-{number:012d}",
            "published_at": instant(now - SPAN_MS + number * SPAN_MS // count),
            "source": sources[chance.randrange(40)],
            "title": chance.choice(titles),
        }
        words = " ".join(chance.choices(_WORDS, k=14))
        if text:
            line["text"] = f"{name(which)} họp với dân: {_ANGER + words if angry else words}."
        else:
            sentiment = round(chance.uniform(-1, -0.5) if angry else chance.uniform(-0.45, 1), 3)
            line |= {"text": words, "organisations": [code(which)], "sentiment": sentiment}
        yield NewRecord(msgspec.json.encode(line), key=code(which).encode())


async def publish(log: Log, settings: StreamSettings, lines: Iterator[NewRecord], each: int = 5_000) -> int:
    """Create the run's topics and append the mentions, `each` in turn to the partitions of `mentions`; how many."""
    await log.create(*topic_specs(settings))
    topic, total, ended = Topics(settings.run).mentions, 0, False
    while not ended:
        for partition in range(PARTITIONS):
            records = list(islice(lines, each))
            total += len(records)
            ended = len(records) < each
            if records:
                await log.append(topic, partition, records)
            if ended:
                break
    return total
