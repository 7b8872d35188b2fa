"""Who may import whom: detectors <- streams -> alerts <- api, and deploy puts the parts together."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("detectors", "alerts", "streams", "api", "deploy")

#: What a folder may import of ours, beside itself.
ALLOWED = {
    "detectors": set(),
    "alerts": set(),
    "streams": {"detectors", "alerts"},
    "api": {"alerts"},
    "deploy": {"detectors", "alerts", "streams", "api"},
}
#: Of alerts, streams knows only these; `decoding` says which findings the service can work with, and `themes` is the
#: port by which themes are proposed and decided.
STREAMS_MAY_KNOW = {
    "alerts.model",
    "alerts.decoding",
    "alerts.explanation",
    "alerts.ports",
    "alerts.teaching",
    "alerts.themes",
    "alerts.claims",
    "alerts.addresses",
}
#: Libraries that belong to one shell only.
SHELLS = {
    "faust": {"streams"},
    "mode": {"streams"},
    "aiokafka": {"streams"},
    "fastapi": {"api"},
    "starlette": {"api"},
    "uvicorn": {"deploy", "api"},
    "sqlalchemy": {"alerts"},
    "alembic": {"alerts"},
    "typer": {"deploy"},
    "river": {"detectors"},
}
#: Modules that put ours into another library's form, and are imported by nobody else of ours.
ADAPTERS = {"streams/reading/rivers.py": "river"}
#: Pure code reads no clock, no randomness, no environment, no files.
PURE = ("detectors", "streams/watching", "streams/reading")
IMPURE_CALLS = {
    ("time", "time"),
    ("time", "monotonic"),
    ("time", "time_ns"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("os", "environ"),
    ("os", "getenv"),
    ("random", "random"),
    ("secrets", "token_bytes"),
}


def sources(folder: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*.py") if "migrations" not in p.parts)


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports, with the names taken from them (`from a import b` gives `a` and `a.b`)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_what_it_may_know(folder: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(folder)
        for name in imported(path)
        if (top := name.split(".")[0]) in FOLDERS and top != folder and top not in ALLOWED[folder]
    }
    assert not wrong


def test_streams_knows_of_alerts_only_model_decoding_ports_and_addresses() -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("streams")
        for name in imported(path)
        if name.startswith("alerts.") and ".".join(name.split(".")[:2]) not in STREAMS_MAY_KNOW
    }
    assert not wrong


@pytest.mark.parametrize("library", SHELLS)
def test_a_library_of_a_shell_stays_in_its_shell(library: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in FOLDERS
        if folder not in SHELLS[library]
        for path in sources(folder)
        for name in imported(path)
        if name.split(".")[0] == library and ADAPTERS.get(path.relative_to(ROOT).as_posix()) != library
    }
    assert not wrong


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_is_imported_by_nobody(adapter: str) -> None:
    module = adapter.removesuffix(".py").replace("/", ".")
    assert not [path for folder in FOLDERS for path in sources(folder) if module in imported(path)]


@pytest.mark.parametrize("folder", PURE)
def test_pure_code_reads_no_clock_and_no_environment(folder: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in IMPURE_CALLS
    }
    assert not wrong


def test_only_the_seven_folders_stand_at_the_top() -> None:
    allowed = {*FOLDERS, "tests", "docs", ".ci"}
    hidden = {".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    found = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.endswith(".egg-info")}
    assert found - hidden - {"__pycache__"} <= allowed
