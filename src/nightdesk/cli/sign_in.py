"""Ways in: API tokens and one-time sign-in links."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nightdesk.cli.folder_lock import read_note
from nightdesk.cli.noting import note
from nightdesk.cli.options import load, with_data_dir
from nightdesk.core.errors import NotFound

if TYPE_CHECKING:
    from nightdesk.accounts.models import User

_NO_OWNER = "There is no user yet. Start Nightdesk once with 'nightdesk up': it makes the first owner."

_with_user = click.option("--user", "email", metavar="EMAIL", help="Whose. Default: the first owner's.")


@click.group()
def token() -> None:
    """API tokens, for scripts."""


@token.command("create")
@_with_user
@click.option("--name", default="command line", show_default=True, help="What it is for, to know it by later.")
@with_data_dir
def create_token(email: str | None, name: str, data_dir: Path | None) -> None:
    """Make a token and print it, and nothing else. It is shown this once."""
    load(data_dir)
    from nightdesk.accounts import services

    user = find_user(email)
    made, secret = services.create_token(user_id=user.pk, name=name)
    note("token.create", subject=f"token:{made.pk}", title=f"{name} ({user})")
    click.echo(secret)


@click.command()
@_with_user
@with_data_dir
def sign_in_link(email: str | None, data_dir: Path | None) -> None:
    """Print a link that signs in once, within an hour."""
    load(data_dir)
    user = find_user(email)
    link = make_link(user.pk)
    note("sign_in_link.create", title=str(user))
    click.echo(link)


def find_user(email: str | None) -> "User":
    """Find a user by address, without one the first owner.

    Raises:
        NotFound: there is none.
    """
    from nightdesk.accounts.models import User
    from nightdesk.accounts.services import find_owner

    if email is None:
        owner = find_owner()
        if owner is None:
            raise NotFound(_NO_OWNER)
        return owner
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(f"There is no user with the address {email}. Check the spelling.")
    return user


def make_link(user_id: int) -> str:
    """Make a sign-in link, at the address where `nightdesk up` serves this data folder, else at the one in the settings."""
    from django.conf import settings
    from django.urls import reverse

    from nightdesk.accounts.services import create_sign_in_link

    address = read_note(settings.DATA_DIR).get("address") or settings.BASE_URL
    return f"{address}{reverse('web:sign_in_link', args=[create_sign_in_link(user_id=user_id)])}"
