"""What `nightdesk up` needs done before anything runs, in one short process: Django is loaded once for all of it."""

import json
from pathlib import Path

import click

from nightdesk.cli.options import load, with_data_dir


@click.command(hidden=True)
@with_data_dir
def prepare(data_dir: Path | None) -> None:
    """Bring the database up to date, empty the file broker, and make the first owner with a sign-in link.

    Prints one line of JSON: `address` of the installation; when the owner was made just now, `link`; `gpu`, whether a
    model on this machine does image work, for which a process is kept warm.
    """
    load(data_dir)
    from django.conf import settings
    from django.core.management import call_command

    from nightdesk.accounts.services import ensure_owner
    from nightdesk.cli.sign_in import make_link
    from nightdesk.engine.files import SCHEME, empty_broker
    from nightdesk.images.services import has_work_for

    call_command("migrate", interactive=False, verbosity=0)
    if settings.BROKER_URL.startswith(f"{SCHEME}://"):
        # Safe: messages are doorbells. The rows that they stand for are rung again.
        empty_broker(settings.BROKER_DIR)
    owner, is_new = ensure_owner()
    link = make_link(owner.pk) if is_new else None
    click.echo(json.dumps({"address": settings.BASE_URL, "link": link, "gpu": has_work_for("gpu")}))
