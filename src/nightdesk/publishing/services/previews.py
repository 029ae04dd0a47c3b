"""A post as a platform will show it, before anything is sent."""

from collections.abc import Mapping
from typing import Any

from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Rendering
from nightdesk.publishing.models import PlatformAccount, Post
from nightdesk.publishing.services.accounts import open_connection
from nightdesk.publishing.services.content import build_content, content_of
from nightdesk.publishing.services.platforms import find_platform


def preview(*, post: Post, account: PlatformAccount, draft: Mapping[str, Any] | None = None) -> Rendering:
    """Render a post for an account; `draft` holds fields of an editor that are not saved yet."""
    content = build_content(fields={**content_of(post), **(draft or {})}, post=post, account=account)
    return find_platform(account.platform).render(content, _open(account))


def _open(account: PlatformAccount) -> Connection:
    try:
        return open_connection(account=account)
    except AccountRefused:
        return Connection(account_id=account.pk, credentials={}, learned=account.learned, options=account.options)
