"""Every example in a docstring and in the README runs, and everything public says what it is."""

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("detectors", "alerts", "streams", "api", "deploy")
MODULES = sorted(
    p.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for folder in FOLDERS
    for p in (ROOT / folder).rglob("*.py")
    if "migrations" not in p.parts and p.name != "__main__.py"
)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_run(module: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(module), optionflags=OPTIONS)
    assert failed == 0


def test_examples_in_the_readme_run() -> None:
    failed, _ = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=OPTIONS, encoding="utf-8")
    assert failed == 0


def public(path: Path) -> Iterator[tuple[int, str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    def visit(
        body: list[ast.stmt], prefix: str
    ) -> Iterator[tuple[int, str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith(
                "_"
            ):
                yield node.lineno, prefix + node.name, node
                if isinstance(node, ast.ClassDef):
                    yield from visit(node.body, f"{prefix}{node.name}.")

    yield from visit(ast.parse(path.read_text(encoding="utf-8")).body, "")


@pytest.mark.parametrize("folder", FOLDERS)
def test_everything_public_has_a_docstring(folder: str) -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
        for line, name, node in public(path)
        if ast.get_docstring(node) is None
    ]
    assert not missing


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_says_what_it_is(folder: str) -> None:
    missing = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert not missing
