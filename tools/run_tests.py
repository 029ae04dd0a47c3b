"""Run every test: `python tools/run_tests.py`. Two lines of pytest side by side, since most tests of processes only wait.

One line runs the floors that start whole installations (e2e, fault) and is shown as it goes. The other runs all other
floors on SQLite, what touches the database on PostgreSQL, and the pages in a browser; it is shown when it is done.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Final

PROCESSES: Final = ("tests/e2e", "tests/fault")
#: What runs on both databases; the fault and e2e floors choose theirs themselves.
DATABASES: Final = ("tests/integration", "tests/contract/api")

#: Of e2e the longest part; they run with the other line, so that both take about as long.
BROWSER: Final = "*_in_browser.py"

SHOWN: Final = ((f"--ignore-glob={BROWSER}", *PROCESSES),)
GATHERED: Final = (
    tuple(f"--ignore={floor}" for floor in PROCESSES),
    ("--database=postgres", "--only-database", *DATABASES),
    tuple(sorted(path.as_posix() for path in Path("tests/e2e").glob(BROWSER))),
)


def main() -> int:
    """Run both lines to their end, whatever fails in one of them; return 1 when anything failed."""
    with tempfile.TemporaryFile("w+") as gathered, ThreadPoolExecutor(1) as beside:
        others = beside.submit(run_all, GATHERED, gathered)
        failed = run_all(SHOWN, sys.stdout)
        failed = others.result() or failed
        gathered.seek(0)
        sys.stdout.writelines(gathered)
    return int(failed)


def run_all(runs: Sequence[Sequence[str]], output: IO[str]) -> bool:
    """Run pytest with each of these arguments, one after the other; return whether one of them failed."""
    failed = False
    for arguments in runs:
        output.flush()
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        failed = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode != 0 or failed
    return failed


if __name__ == "__main__":
    sys.exit(main())
