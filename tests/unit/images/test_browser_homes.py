"""Folders of browsers whose workers were killed go; everything else in the temporary folder stays."""

import os
import time
from pathlib import Path

from nightdesk.providers.screenshots.browser import HOME_PREFIX, remove_left_homes


def make_home(folder: Path, name: str, *, age_s: float) -> Path:
    home = folder / name
    (home / "inner").mkdir(parents=True)
    (home / "inner" / "file").write_text("x")
    then = time.time() - age_s
    os.utime(home, (then, then))
    return home


def test_only_old_homes_of_browsers_go(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    outside = make_home(tmp_path, "outside", age_s=9999)
    make_home(theirs, f"{HOME_PREFIX}left", age_s=3700)
    make_home(theirs, f"{HOME_PREFIX}used", age_s=60)
    make_home(theirs, "another-page-left", age_s=9999)
    (theirs / f"{HOME_PREFIX}file").write_text("x")
    os.utime(theirs / f"{HOME_PREFIX}file", (0, 0))
    (theirs / f"{HOME_PREFIX}link").symlink_to(outside)

    remove_left_homes(theirs)

    assert sorted(path.name for path in theirs.iterdir()) == sorted(
        ["another-page-left", *(f"{HOME_PREFIX}{name}" for name in ("file", "link", "used"))]
    )
    assert (outside / "inner" / "file").exists()
