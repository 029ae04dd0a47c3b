"""Start Django with these settings: what every entry point (commands, ASGI, Celery) calls first."""

import os
from pathlib import Path
from typing import Final

import django
from django.apps import apps

SETTINGS_MODULE: Final = "nightdesk.config.settings"


def choose_settings(*, role: str | None = None) -> None:
    """Name the settings module, and the role unless the environment has one; nothing is loaded yet. Safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    # Read when NumPy is loaded. Its pool of threads gains nothing on our small systems of equations, and on busy cores they
    # were seen to wait for each other for seconds.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if role is not None:
        os.environ.setdefault("NIGHTDESK_ROLE", role)


def start(*, role: str | None = None, data_dir: Path | None = None) -> None:
    """Load settings and apps. Safe to repeat: once loaded, `role` and `data_dir` change nothing any more.

    `role` names the log file and, as `web`, the kind of database connections; one set in the environment wins.
    `data_dir`, as given on a command line, wins over the environment.

    Raises:
        SystemExit: a setting has a value that cannot be used; the message names it.
    """
    choose_settings(role=role)
    if data_dir is not None:
        os.environ["NIGHTDESK_DATA_DIR"] = str(data_dir)
    if not apps.ready:
        django.setup()


def build_child_environment(*, role: str, **changes: str) -> dict[str, str]:
    """Return the environment for a child process: this one's, with another role and the given changes."""
    return {**os.environ, "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE, "NIGHTDESK_ROLE": role, **changes}
