"""Refuse functions and files that have outgrown a reader: `python tools/size_gate.py [folder ...]`.

Beyond the soft limit a note is printed; beyond the hard one the gate fails. A function's length is counted without its
decorators and docstring, because saying more about a function must not make it too long.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FUNCTION_SOFT: Final = 35
FUNCTION_HARD: Final = 60
FILE_SOFT: Final = 350
FILE_HARD: Final = 500

FOLDERS: Final = ("src", "tests", "tools", "benchmarks")
LEFT_OUT: Final = frozenset({"migrations", "vendor", "__pycache__"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A function or file beyond a limit."""

    place: str
    thing: str
    lines: int
    limit: int
    hard: bool

    def __str__(self) -> str:
        word = "too long" if self.hard else "note"
        return f"{self.place}: {word}: {self.thing} has {self.lines} lines, the limit is {self.limit}"


def find_in_folders(root: Path, folders: tuple[str, ...] = FOLDERS) -> list[Finding]:
    """Measure every Python file below the folders, migrations and vendored files left out."""
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return [
        finding
        for path in paths
        if not LEFT_OUT.intersection(path.relative_to(root).parts)
        for finding in find_in_source(path.read_text(encoding="utf-8"), place=path.relative_to(root).as_posix())
    ]


def find_in_source(source: str, *, place: str) -> Iterator[Finding]:
    """Measure one file and each function in it."""
    yield from _judge(place, "the file", len(source.splitlines()), FILE_SOFT, FILE_HARD)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            where = f"{place}:{node.lineno}"
            yield from _judge(where, f"{node.name}()", count_lines(node), FUNCTION_SOFT, FUNCTION_HARD)


def count_lines(function: Function) -> int:
    """Count the lines from `def` to the end, the docstring left out."""
    first = function.body[0]
    is_docstring = ast.get_docstring(function, clean=False) is not None
    docstring_lines = (first.end_lineno or first.lineno) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring_lines


def _judge(place: str, thing: str, lines: int, soft: int, hard: int) -> Iterator[Finding]:
    if lines > soft:
        limit = hard if lines > hard else soft
        yield Finding(place=place, thing=thing, lines=lines, limit=limit, hard=lines > hard)


def main(arguments: list[str]) -> int:
    """Print every finding; return 1 where a hard limit is broken."""
    findings = find_in_folders(Path.cwd(), tuple(arguments) or FOLDERS)
    for finding in findings:
        print(finding)
    return int(any(finding.hard for finding in findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
