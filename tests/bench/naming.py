"""What names and roles cost on one core: `python -m tests.bench.naming`.

Batches of 256 texts, already cut into words; the bundled register, one of 60 organisations and one of 10,000 that no
text names. Processor time, the best of seven, taken in turns so that what disturbs one disturbs all.
"""

import gzip
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from streams.reading.naming import Namer
from streams.reading.register import Register
from streams.reading.text import Text, cut_all
from tests.bench.reading import BATCH, NEWS, NOW, SYLLABLES, generated

_HEADER = "code\tname\tkind\tparent\tsince\tuntil\towners\taliases\n"
_ROUNDS = 7


def register_of(size: int, directory: Path) -> Register:
    """The 51 bodies of today without their communes, and invented bodies until there are `size`."""
    directory.mkdir()
    for name in ("aliases-communes", "aliases-districts"):
        (directory / f"{name}.tsv").write_text("alias\tcode\tuntil\tcase\tpart\n", encoding="utf-8")
    chance = random.Random(size)
    known = len(Register.load(directory).organisations())
    names = {
        f"Trung tâm {' '.join(word.capitalize() for word in chance.choices(SYLLABLES, k=3))} {number}"
        for number in range(size - known)
    }
    lines = [f"X{number}\t{name}\tbody\n" for number, name in enumerate(sorted(names))]
    (directory / "organisations-own.tsv").write_text(_HEADER + "".join(lines), encoding="utf-8")
    return Register.load(directory)


def batches(raws: Sequence[str]) -> list[list[Text]]:
    return [cut_all(raws[first : first + BATCH]) for first in range(0, len(raws), BATCH)]


def microseconds(namers: dict[str, Namer], loads: Sequence[Sequence[Text]]) -> dict[str, float]:
    """Processor time a text of each."""
    best = dict.fromkeys(namers, float("inf"))
    many = sum(len(load) for load in loads)
    for _ in range(_ROUNDS):
        for name, namer in namers.items():
            began = time.process_time()
            for texts in loads:
                namer.named(texts, [NOW] * len(texts))
            best[name] = min(best[name], (time.process_time() - began) / many * 1e6)
    return best


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        registers = {
            "bundled": Register.load(),
            "60 organisations": register_of(60, Path(directory) / "60"),
            "10,000 organisations": register_of(10_000, Path(directory) / "10000"),
        }
    namers = {name: Namer(register) for name, register in registers.items()}
    texts = [json.loads(line)["title"] for line in generated(20_000, registers["bundled"], complete=False)]
    loads = {"24 words": batches(texts)}
    if NEWS.exists():
        with gzip.open(NEWS, "rt", encoding="utf-8") as file:
            mentions = [json.loads(line) for line, _ in zip(file, range(20_000), strict=False)]
        loads["real title and lead"] = batches([f"{one['title']} . {one.get('text', '')}" for one in mentions])
    for load, of_load in loads.items():
        found = microseconds(namers, of_load)
        for name, taken in found.items():
            names = len(registers[name].aliases)
            print(f"{load:<20} {name:<21} ({names:>6} names) {taken:6.2f} µs a text")
        more = found["10,000 organisations"] / found["60 organisations"] - 1
        print(f"{load:<20} 10,000 organisations cost {100 * more:+.1f} % against 60")


if __name__ == "__main__":
    main()
