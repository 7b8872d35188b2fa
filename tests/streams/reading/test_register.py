"""The register's files: what they hold, and which mistakes are refused."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from streams.reading import register_files
from streams.reading.register import Register, RegisterError
from streams.watching.envelopes import UNATTRIBUTED

ORGANISATIONS = "code\tname\tkind\tparent\tsince\tuntil\towners\taliases\n"
ALIASES = "alias\tcode\tuntil\tcase\n"
MERGERS = Path(__file__).parents[4] / "shared" / "data" / "register" / "provinces_63_to_34.tsv"
CONTEXTS = "alias\taction\twhere\twords\n"
HEADERS = {"organisations": ORGANISATIONS, "aliases": ALIASES, "contexts": CONTEXTS, "examples": "text\tcodes\n"}


def ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def load(directory: Path, **files: str) -> Register:
    for name, content in files.items():
        (directory / f"{name}-own.tsv").write_text(content, encoding="utf-8")
    return Register.load(directory)


def test_the_bundled_register_has_the_bodies_of_today() -> None:
    register = Register.load()
    kinds = [each.kind for each in register.organisations()]
    assert (kinds.count("province") + kinds.count("city"), kinds.count("ministry") + kinds.count("agency")) == (34, 17)
    assert register.name("79") == "Hồ Chí Minh"
    assert register.name(UNATTRIBUTED) == "Chưa rõ cơ quan"
    assert register.name("nobody") == "nobody"
    assert UNATTRIBUTED not in register.codes


def test_the_63_provinces_of_before_lead_to_the_34_of_today() -> None:
    register = Register.load()
    provinces = [each for each in register.organisations() if each.kind in {"province", "city"}]
    former = [each for each in register.ceased() if each.kind in {"province", "city"}]
    assert (len(provinces), len(former)) == (34, 29)
    assert {each.until for each in former} == {date(2025, 6, 30)}
    assert {each.successor for each in former} <= {each.code for each in provinces}
    hung_yen = register.organisation("33")
    assert hung_yen is not None
    assert hung_yen.former_names == ("Thái Bình",)


def test_a_body_counts_for_itself_and_its_successor_until_it_ceases_and_for_the_successor_then() -> None:
    register = Register.load()
    for code, successor, last in (("63-34", "33", "2025-06-30"), ("BTTTT", "BKHCN", "2025-02-28")):
        named = frozenset({code})
        assert register.with_ancestors(named, ms(f"{last}T16:59:59")) == tuple(sorted({code, successor}))
        assert register.with_ancestors(named, ms(f"{last}T17:00:00")) == (successor,)


def test_all_former_names_lead_where_the_shared_table_says() -> None:
    if not MERGERS.exists():
        pytest.skip(f"the table of provinces is not there ({MERGERS.name})")
    register = Register.load()
    by_name = {each.name: each.code for each in (*register.ceased(), *register.organisations())}
    lines = [line.split("\t") for line in MERGERS.read_text(encoding="utf-8").splitlines()[1:]]
    assert len(lines) == 63
    for _, old_name, _, new_code, new_name, *_ in lines:
        assert register.of_today([by_name[old_name]]) == {new_code}
        assert register.name(new_code) == new_name


def test_the_json_of_an_organisation_has_what_the_command_line_promises() -> None:
    body = Register.load().organisation("BYT")
    assert body is not None
    assert body.as_dict()["code"] == "BYT"
    assert {"code", "name", "kind", "parent", "since", "until"} <= body.as_dict().keys()


def test_a_line_of_ones_own_adds_a_body_under_its_parent(tmp_path: Path) -> None:
    register = load(
        tmp_path,
        organisations=ORGANISATIONS
        + "SYT-19\tSở Y tế Thái Nguyên\tbody\t19\n"
        + "TT-19\tTrung tâm Y tế A\tbody\tSYT-19\t\t\t\tTTYT A; Trung tâm A\n",
    )
    assert register.with_ancestors(frozenset({"TT-19"}), 0) == ("19", "SYT-19", "TT-19")
    assert register.codes >= {"TT-19", "BYT"}
    assert register.digest != Register.load().digest


def test_a_file_with_the_name_of_a_bundled_one_replaces_it(tmp_path: Path) -> None:
    (tmp_path / "organisations.tsv").write_text(ORGANISATIONS + "X\tCơ quan X\tbody\n", encoding="utf-8")
    for bundled in Path(register_files.__file__).parent.glob("data/register/*.tsv"):
        if bundled.name != "organisations.tsv":
            (tmp_path / bundled.name).write_text(HEADERS[bundled.name.split("-")[0].split(".")[0]], encoding="utf-8")
    assert Register.load(tmp_path).codes == {"X"}


def test_the_digest_is_of_the_content_not_of_the_place(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    line = ORGANISATIONS + "X\tCơ quan X\tbody\n"
    assert (
        load(tmp_path / "a", organisations=line).digest == load(tmp_path / "b", organisations="# note\n" + line).digest
    )


def test_a_theme_counts_from_its_first_to_its_last_day_in_vietnam(tmp_path: Path) -> None:
    register = load(tmp_path, organisations=ORGANISATIONS + "T\tPhí rác\ttheme\t\t2025-10-02\t2025-10-03\tBTC\n")
    theme = frozenset({"T", "19"})
    assert register.with_ancestors(theme, ms("2025-10-01T16:59:59")) == ("19",)
    assert register.with_ancestors(theme, ms("2025-10-01T17:00:00")) == ("19", "T")
    assert register.with_ancestors(theme, ms("2025-10-03T16:59:59")) == ("19", "T")
    assert register.with_ancestors(theme, ms("2025-10-03T17:00:00")) == ("19",)


MISTAKES = {
    "duplicate code": ({"organisations": ORGANISATIONS + "19\tMột tên\tbody\n"}, 2, "already used"),
    "bad code": ({"organisations": ORGANISATIONS + "_x\tMột tên\tbody\n"}, 2, "code must be"),
    "empty code": ({"organisations": ORGANISATIONS + "\tMột tên\tbody\n"}, 2, "code must be"),
    "no name": ({"organisations": ORGANISATIONS + "X\t\tbody\n"}, 2, "name is missing"),
    "unknown kind": ({"organisations": ORGANISATIONS + "X\tMột tên\tclub\n"}, 2, "kind must be"),
    "unknown parent": ({"organisations": ORGANISATIONS + "X\tMột tên\tbody\tNO\n"}, 2, "'NO'"),
    "unknown owner": ({"organisations": ORGANISATIONS + "X\tMột tên\ttheme\t\t\t\tBTC; NO\n"}, 2, "'NO'"),
    "cycle": ({"organisations": ORGANISATIONS + "X\tTên một\tbody\tY\nY\tTên hai\tbody\tX\n"}, 2, "ancestor"),
    "own parent": ({"organisations": ORGANISATIONS + "X\tTên một\tbody\tX\n"}, 2, "ancestor"),
    "bad date": ({"organisations": ORGANISATIONS + "X\tTên\tbody\t\t31.12.2025\n"}, 2, "since must be a day"),
    "dates turned round": (
        {"organisations": ORGANISATIONS + "X\tTên\tbody\t\t2025-02-01\t2025-01-01\n"},
        2,
        "before since",
    ),
    "empty alias in a list": (
        {"organisations": ORGANISATIONS + "X\tTên\tbody\t\t\t\t\tmột; ; hai\n"},
        2,
        "alias is empty",
    ),
    "alias of nothing but marks": ({"aliases": ALIASES + "...\t19\n"}, 2, "alias is empty"),
    "alias of an unknown code": ({"aliases": ALIASES + "Một\tNO\n"}, 2, "'NO'"),
    "unknown case": ({"aliases": ALIASES + "Một\t19\t\tloud\n"}, 2, "case must be"),
    "unknown part": ({"aliases": ALIASES[:-1] + "\tpart\nMột\t19\t\t\tnửa\n"}, 2, "part must be"),
    "unknown successor": (
        {"organisations": ORGANISATIONS[:-1] + "\tsuccessor\nX\tTên\tbody\t\t\t2025-01-01\t\t\tNO\n"},
        2,
        "'NO'",
    ),
    "successor without a last day": (
        {"organisations": ORGANISATIONS[:-1] + "\tsuccessor\nX\tTên\tbody\t\t\t\t\t\t19\n"},
        2,
        "last day",
    ),
    "example of an unknown code": ({"examples": "text\tcodes\nLũ\tNO\n"}, 2, "'NO'"),
    "alias clash": ({"aliases": ALIASES + "# note\n\nBộ Y Tế\t19\n"}, 4, "already a name of BYT"),
    "wrong header": ({"aliases": "name\tcode\n"}, 1, "header must be"),
    "too many columns": ({"aliases": ALIASES + "Một\t19\t\t\t\t\n"}, 2, "columns"),
    "unknown action": ({"contexts": CONTEXTS + "Huế\tforget\talways\n"}, 2, "action must be"),
    "unknown place": ({"contexts": CONTEXTS + "Huế\tdrop\tnearby\tx\n"}, 2, "where must be"),
    "rule without words": ({"contexts": CONTEXTS + "Huế\tdrop\tbefore\n"}, 2, "needs words"),
    "rule for no alias": ({"contexts": CONTEXTS + "Atlantis\tdrop\talways\n"}, 2, "no alias"),
    "unknown list": ({"contexts": CONTEXTS + "Huế\tdrop\tbefore\t@nowhere\n"}, 2, "not defined"),
    "unknown kind of alias": ({"contexts": CONTEXTS + "@nowhere\tdrop\talways\n"}, 2, "neither a kind nor a list"),
}


@pytest.mark.parametrize(("files", "line", "reason"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_refused_with_file_line_and_reason(
    tmp_path: Path, files: dict[str, str], line: int, reason: str
) -> None:
    with pytest.raises(RegisterError, match=reason) as caught:
        load(tmp_path, **files)
    assert f"{next(iter(files))}-own.tsv, line {line}:" in str(caught.value)


def test_a_clash_is_allowed_where_a_rule_settles_it(tmp_path: Path) -> None:
    register = load(tmp_path, aliases=ALIASES + "Bộ Y tế\t19\n", contexts=CONTEXTS + "Bộ Y tế\tBYT\talways\n")
    assert register.codes


def test_a_missing_directory_and_strange_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="not a directory"):
        Register.load(tmp_path / "none")
    (tmp_path / "organisations-own.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(RegisterError, match="UTF-8"):
        Register.load(tmp_path)
    (tmp_path / "organisations-own.tsv").rename(tmp_path / "bodies.tsv")
    with pytest.raises(RegisterError, match="name it"):
        Register.load(tmp_path)
