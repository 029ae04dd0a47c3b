"""What a command changed, in the log of who did what."""

import getpass
from uuid import UUID

import click

from nightdesk.core.redaction import clean_text


def note(action: str, *, subject: str = "", title: str = "", job_id: UUID | None = None) -> None:
    """Write down what was done, under the name of the system's user. Never fails: the change has happened."""
    from django.db import DatabaseError, InterfaceError

    from nightdesk.activity.models import Source
    from nightdesk.activity.services import record

    try:
        record(action=action, source=Source.SHELL, actor_name=_find_user(), subject=subject, title=title, job_id=job_id)
    except (DatabaseError, InterfaceError) as error:
        click.echo(f"nightdesk: done, but not written down ({type(error).__name__}).", err=True)


def _find_user() -> str:
    try:
        return clean_text(getpass.getuser())
    except (KeyError, OSError, ImportError):  # a user of a container often has a number and no name
        return "shell"
