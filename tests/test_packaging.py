"""What is installed elsewhere holds all that the program reads."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SHIPPED = PROJECT["tool"]["setuptools"]["package-data"]["*"]
DATA = sorted(
    path
    for folder in ("detectors", "streams", "alerts", "api", "deploy")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
)


@pytest.mark.parametrize("path", DATA, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_of_the_program_is_shipped(path: Path) -> None:
    assert any(fnmatch(path.name, pattern) for pattern in SHIPPED), "name it in pyproject.toml, package-data"


@pytest.mark.parametrize("pattern", SHIPPED)
def test_every_pattern_of_shipped_files_stands_for_some(pattern: str) -> None:
    assert any(fnmatch(path.name, pattern) for path in DATA)
