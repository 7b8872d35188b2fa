"""How the 500 headlines of `organisations.tsv` were drawn: `python -m tests.bench.labels.draw` draws them again.

Patterns of letters, not what any finder says, chose the enriched part: names that mean other things, former names,
departments, abbreviations; as many of each pattern, at random with a seed, no title twice. The rest are any others.
"""

import gzip
import json
import random
import re
import sys
from collections.abc import Iterator

from tests.bench.labels.named import NEWS, labels

SEED, MANY = 20260105, 500
FORMER_MINISTRIES = (
    r"Bộ (GTVT|Giao thông|TT&TT|TT-TT|Thông tin|KH&ĐT|KH-ĐT|Kế hoạch|TN&MT|TN-MT|Tài nguyên|LĐ|Lao động|NN-PTNT|"
    r"Nông nghiệp và Phát)"
)
STRATA: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (
        "homonym",
        110,
        (
            r"Thái Bình", r"Hòa Bình|Hoà Bình", r"Hà Nam\b", r"Công an Hà Nội|Công an TP|CAHN",
            r"Bộ (Quốc phòng|Ngoại giao|Tài chính|Tư pháp|Y tế|Thương mại|Nội vụ)", r"Huế\b", r"Sài Gòn",
            r"Gia Lai|HAGL", r"Nam Định", r"Hồ Chí Minh", r"Điện Biên", r"An Giang|Long An", r"Hải Dương|Bình Dương",
            r"Hậu Giang|Tiền Giang|Hà Giang", r"Vĩnh Phúc|Bình Định", r"Thanh Hóa|Hà Tĩnh|Nghệ An",
            r"Phú Thọ|Khánh Hòa", r"Hà Nội (FC|mới)|CLB Hà Nội|CLB",
        ),
    ),
    (
        "former",
        80,
        (
            r"Hà Giang|Bắc Kạn|Yên Bái|Bắc Giang", r"Quảng Bình|Quảng Nam|Phú Yên|Ninh Thuận|Bình Thuận|Kon Tum",
            r"Đắk Nông|Bình Phước|Bà Rịa|Vũng Tàu", r"Bến Tre|Trà Vinh|Kiên Giang|Sóc Trăng|Bạc Liêu",
            r"\(cũ\)|trước đây là|sáp nhập",
            FORMER_MINISTRIES,
        ),
    ),
    (
        "department",
        100,
        (
            r"\bSở ", r"UBND|Ủy ban nhân dân|HĐND", r"Công an (tỉnh|TP|thành phố|xã|phường)",
            r"Tỉnh ủy|Thành ủy|tỉnh ủy|thành ủy", r"Cục |Tổng cục |Thanh tra",
            r"CSGT|VKS|TAND|Viện KSND|Bộ đội Biên phòng|Bộ Chỉ huy",
        ),
    ),
    (
        "abbreviation",
        70,
        (
            r"\b[A-ZĐ]{2,}[-&][A-ZĐ]{2,}\b", r"\bBCA|NHNN|BHXH|TTCP|VPCP|EVN\b",
            r"\bHN\b|SG\b|ĐBSCL|\bHCM\b(?<!TP.HCM)", r"Bộ [A-ZĐ&-]{2,}",
        ),
    ),
)  # fmt: skip


def drawn() -> Iterator[tuple[str, str]]:
    """Id and stratum of each, in the order in which they were drawn."""
    with gzip.open(NEWS, "rt", encoding="utf-8") as file:
        mentions = [json.loads(line) for line in file]
    texts = [f"{mention.get('title', '')} . {mention.get('text', '')}" for mention in mentions]
    chance, titles, many = random.Random(SEED), set[str](), 0
    for stratum, wanted, patterns in STRATA:
        for number, written in enumerate(patterns):
            found = [one for one, text in zip(mentions, texts, strict=True) if re.search(written, text)]
            chance.shuffle(found)
            left = wanted // len(patterns) + (number < wanted % len(patterns))
            for mention in found:
                if left and mention["title"] not in titles:
                    titles.add(mention["title"])
                    left, many = left - 1, many + 1
                    yield mention["id"], stratum
    chance.shuffle(mentions)
    for mention in mentions:
        if many < MANY and mention["title"] not in titles:
            titles.add(mention["title"])
            many += 1
            yield mention["id"], "any"


def main() -> int:
    if not NEWS.exists():
        sys.exit(f"the real headlines are not there ({NEWS.name})")
    again = dict(drawn())
    known = {label.id: label.drawn_as for label in labels()}
    print(f"{len(again)} drawn, {len(again.items() & known.items())} of them labelled as drawn so")
    return int(again != known)


if __name__ == "__main__":
    sys.exit(main())
