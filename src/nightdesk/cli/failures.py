"""Errors of a command in one plain line that says what to do."""

from nightdesk.cli.options import ExitStatus
from nightdesk.core.errors import NightdeskError, NotFound

_AWAY = "The database cannot be reached ({reason}). Check that it runs and that DATABASE_URL is right."
_EMPTY = "The database has no tables of this version yet. Run 'nightdesk manage migrate', or 'nightdesk up'."
#: PostgreSQL's "undefined table" and "undefined column", and how SQLite says the same.
_EMPTY_SIGNS = ("no such table", "no such column", "does not exist")


def describe(error: Exception) -> tuple[str, ExitStatus] | None:
    """Say an expected error in words, with the exit status; None for a bug, which needs its traceback."""
    if isinstance(error, NotFound):
        return str(error), ExitStatus.NOT_FOUND
    if isinstance(error, NightdeskError):
        details = "; ".join(f"{field}: {' '.join(said)}" for field, said in error.details.items())
        return f"{error}. {details}" if details else str(error), ExitStatus.FAILED
    return _describe_database_error(error)


def _describe_database_error(error: Exception) -> tuple[str, ExitStatus] | None:
    from django.db import InterfaceError, OperationalError, ProgrammingError

    if not isinstance(error, OperationalError | InterfaceError | ProgrammingError):
        return None
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if any(sign in reason for sign in _EMPTY_SIGNS) and "database" not in reason:
        return _EMPTY, ExitStatus.NOT_FOUND
    if isinstance(error, ProgrammingError):
        return None
    return _AWAY.format(reason=reason.rstrip(".")), ExitStatus.NOT_FOUND
