"""How well tone and language are read: `python -m tests.bench.reading_sentiment`.

The shared labelled headlines (by link; no table was trained on them), by cross-validation of the calibration and with
the shipped one; headlines drawn at random that no table was trained on; each way of typing; blame; the province's name;
the cost. Texts come from ../shared and are nowhere in the project.
"""

import csv
import gzip
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from streams.reading.register import Register
from streams.reading.sentiment import LexiconScorer, Scorer
from streams.reading.sentiment_data import hand_labels
from streams.reading.sentiment_model import NEGATIVE
from streams.reading.sentiment_quality import area_under_curve, quality
from streams.reading.sentiment_scorer import ModelScorer
from streams.reading.sentiment_table import shipped
from streams.reading.sentiment_training import calibrate
from streams.reading.text import Text, cut_all
from tests.bench.reading import generated
from tests.bench.typing_ways import WAYS

NEWS = Path(__file__).parents[3] / "shared" / "data" / "news"
FOLDS = 10


class _Headline(msgspec.Struct):
    id: str
    url: str
    title: str = ""
    text: str = ""

    def whole(self) -> str:
        return f"{self.title} . {self.text}"


def _labelled() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Texts with their labels: the shared ones, and those drawn at random for testing."""
    decode = msgspec.json.Decoder(_Headline).decode
    with gzip.open(NEWS / "mentions_2025-08_2026-01.ndjson.gz") as file:
        headlines = [decode(line) for line in file]
    by_url = {each.url: each for each in headlines}
    labels = hand_labels()
    with (NEWS / "labelled.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    shared = [
        (by_url[row["link"]].whole() if row["link"] in by_url else f"{row['title']} . ", row["label"]) for row in rows
    ]
    drawn = [
        (each.whole(), labels[each.id].label)
        for each in headlines
        if each.id in labels and labels[each.id].use == "test"
    ]
    return shared, drawn


def _scores(scorer: Scorer, texts: Sequence[str]) -> tuple[list[float], list[float]]:
    found = scorer.score(cut_all(texts), ["news"] * len(texts))
    return found.negative, found.blame


def show(name: str, scorer: Scorer, pairs: Sequence[tuple[str, str]]) -> None:
    negative, blame = _scores(scorer, [text for text, _ in pairs])
    found = quality(negative, [label != "other" for _, label in pairs])
    blamed = area_under_curve(blame, [label == "neg_agency" for _, label in pairs])
    print(
        f"{name:<48}{found.texts:>5} texts  area {found.area:.4f}  F1 {found.f1:.4f}  calibration error "
        f"{found.calibration_error:.4f}  blame against rest {blamed:.4f}"
    )


def cross_validated(scorer: ModelScorer, pairs: Sequence[tuple[str, str]]) -> None:
    """The shared headlines with a calibration made on nine tenths of them and used on the tenth."""
    features = scorer.featuriser.features(cut_all([text for text, _ in pairs]))
    scores = scorer.model.scores(features)[NEGATIVE]
    truth = np.array([label != "other" for _, label in pairs])
    places = np.random.default_rng(7).permutation(len(pairs))
    stated = np.zeros(len(pairs))
    for fold in range(FOLDS):
        held = places[fold::FOLDS]
        rest = np.setdiff1d(places, held)
        slope, offset = calibrate(scores[rest], truth[rest])
        stated[held] = 1 / (1 + np.exp(-(slope * scores[held] / 256 + offset)))
    found = quality(stated.tolist(), truth.tolist())
    print(
        f"{'shared, calibrated by 10-fold cross-validation':<48}{found.texts:>5} texts  area {found.area:.4f}  "
        f"F1 {found.f1:.4f}  calibration error {found.calibration_error:.4f}"
    )


def provinces(scorer: ModelScorer, register: Register) -> None:
    names = [body.name for body in (*register.organisations(), *register.ceased()) if body.kind in {"province", "city"}]
    sentences = (
        "Hội nghị xúc tiến du lịch {} khai mạc sáng nay",
        "Ngày mai {} có nắng",
        "Thi lớp 10 ở tỉnh {} bắt đầu",
    )
    moved = 0.0
    for sentence in sentences:
        negative, _ = _scores(scorer, [sentence.format(name) for name in names])
        moved = max(moved, max(negative) - min(negative))
    print(f"the name of the province, {len(names)} names in {len(sentences)} neutral sentences: moves by {moved:.4f}")


def cost(scorer: Scorer, texts: Sequence[Sequence[Text]], name: str) -> None:
    taken = []
    for _ in range(7):
        started = time.process_time()
        for batch in texts:
            scorer.score(batch, ["news"] * len(batch))
        taken.append((time.process_time() - started) / sum(map(len, texts)) * 1e6)
    print(
        f"{name:<48} {min(taken):.1f} / {sorted(taken)[3]:.1f} / {max(taken):.1f} µs a mention (min, median, max of 7)"
    )


def main() -> None:
    register = Register.load()
    model = ModelScorer(shipped(), register)
    lines = generated(5120, register, complete=False)
    raws = [f"{msgspec.json.decode(line)['title']} . " for line in lines]
    for size in (1, 32, 256):
        batches = [cut_all(raws[first : first + size]) for first in range(0, len(raws), size)]
        cost(model, batches, f"tone and language of 24 words, batches of {size}")
    cost(LexiconScorer(), batches, "the lexicon alone, batches of 256")
    provinces(model, register)
    if not NEWS.is_dir():
        print("without ../shared/data/news nothing else can be measured")
        return
    shared, drawn = _labelled()
    cross_validated(model, shared)
    show("shared, the shipped model", model, shared)
    show("shared, the lexicon", LexiconScorer(), shared)
    show("drawn at random (they calibrate), the model", model, drawn)
    show("drawn at random, the lexicon", LexiconScorer(), drawn)
    way: Callable[[str], str]
    for name, way in WAYS.items():
        show(f"shared, {name}", model, [(way(text), label) for text, label in shared])


if __name__ == "__main__":
    main()
