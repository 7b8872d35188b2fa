"""What reading costs on one core: `python -m tests.bench.reading`.

Generated mentions of 24 words, mentions that bring organisations and sentiment, and the real headlines where they are.
"""

import gzip
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

from streams.reading.reader import Reader
from streams.reading.register import Register
from streams.reading.sentiment_scorer import ModelScorer
from streams.reading.sentiment_table import shipped
from streams.reading.stage import ReadStage
from streams.records import parse_batch
from streams.transports.batches import Record
from streams.watching.envelopes import encode

NEWS = Path(__file__).parents[3] / "shared" / "data" / "news" / "mentions_2025-08_2026-01.ndjson.gz"
NOW = 4_000_000_000_000
BATCH = 256
_TEXT = """người dân đường nước nhà mưa lớn phường xã trường học bệnh viện xe máy sáng chiều hôm nay năm tháng ngày giá
vàng tăng giảm công trình dự án đầu tư khách sạn du lịch cầu cống chợ đêm bác sĩ học sinh phụ huynh ngập sạt lở khởi tố
vi phạm bức xúc hỗ trợ khánh thành lễ hội tai nạn giao thông thiệt hại hàng nghìn hộ sơ tán trong theo tại ở và của"""
SYLLABLES = _TEXT.split()


def generated(count: int, register: Register, *, complete: bool) -> list[bytes]:
    """Mentions of 24 words, one in three naming a body; `complete` ones bring all there is to find."""
    chance = random.Random(7)
    names = [each.name for each in register.organisations()]
    codes = sorted(register.codes)
    lines = []
    for number in range(count):
        words = chance.choices(SYLLABLES, k=22 if chance.random() < 0.33 else 24)
        if len(words) < 24:
            words.insert(chance.randrange(22), chance.choice(names))
        words[0] = words[0].capitalize()
        mention: dict[str, object] = {
            "id": f"{number:016x}",
            "published_at": "2026-01-05T08:00:00+07:00",
            "source": {"kind": "news", "name": f"Báo {chance.randrange(20)}"},
            "title": " ".join(words),
            "url": f"https://example.vn/{number}.htm",
        }
        if complete:
            given = {"sentiment": round(chance.uniform(-0.8, 1), 2), "organisations": [chance.choice(codes)]}
            mention |= given | {"title": "Mưa lớn"}
        lines.append(json.dumps(mention, ensure_ascii=False).encode())
    return lines


def seconds(stage: ReadStage, records: Sequence[Record], *, to_bytes: bool) -> float:
    """Processor time to read all records in batches, the best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for first in range(0, len(records), BATCH):
            batch = records[first : first + BATCH]
            result = stage.read_batch(0, first, first + len(batch), batch, "mentions")
            if to_bytes:
                for envelope in result.envelopes:
                    encode(envelope)
        best = min(best, time.process_time() - started)
    return best


def report(name: str, count: int, taken: float) -> None:
    print(f"{name:<44}{count:>8} mentions {taken:7.2f} s {taken / count * 1e6:7.1f} µs each {count / taken:>9,.0f}/s")


def main() -> None:
    register = Register.load()
    stage = ReadStage(Reader(register, ModelScorer(shipped(), register), {"default": 0.5}, "bench"), 1, replay=False)
    loads = {
        "24 words": generated(20_000, register, complete=False),
        "organisations and sentiment given": generated(20_000, register, complete=True),
    }
    if NEWS.exists():
        with gzip.open(NEWS) as file:
            loads["real headlines and leads"] = file.readlines()
    for name, lines in loads.items():
        records = [Record(offset, NOW, None, line) for offset, line in enumerate(lines)]
        report(f"{name}: read", len(lines), seconds(stage, records, to_bytes=False))
        report(f"{name}: read and encoded", len(lines), seconds(stage, records, to_bytes=True))
        started = time.process_time()
        parse_batch(records, register.codes)
        report(f"{name}: parsed only", len(lines), time.process_time() - started)


if __name__ == "__main__":
    main()
