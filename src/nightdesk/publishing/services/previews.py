"""A post as a platform will show it, before anything is sent."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from nightdesk.images.services import file_address
from nightdesk.providers.publishing.protocol import Complaint, Content, Rendering
from nightdesk.providers.publishing.text import pictures_in
from nightdesk.publishing.models import PlatformAccount, Post
from nightdesk.publishing.services.accounts import describe_connection
from nightdesk.publishing.services.content import build_content
from nightdesk.publishing.services.fields import tidy_fields
from nightdesk.publishing.services.pictures import leave_words
from nightdesk.publishing.services.platforms import find_platform
from nightdesk.publishing.services.revisions import content_of

_SOURCE: Final = re.compile(r'(<img\b[^>]*?\bsrc=")asset:([a-z2-7]{24})(?=")')
_GONE: Final = "The picture asset:{asset_id} is not there. Choose another one, or take it out."


def preview(*, post: Post, account: PlatformAccount, draft: Mapping[str, Any] | None = None) -> Rendering:
    """Render a post for an account, as it would be sent now. `draft`: fields of an editor that are not saved yet.

    Whatever the draft holds, this complains and does not raise.
    """
    fields = {**content_of(post), **tidy_fields(draft or {})}
    content = build_content(fields=fields, post=post, account=account)
    rendering = render(content=content, account=account)
    if fields["cover"] and content.cover is None:
        gone = Complaint(part="cover", message="This picture is not there. Choose another one from the library.")
        return replace(rendering, complaints=(gone, *rendering.complaints))
    return rendering


def render(*, content: Content, account: PlatformAccount) -> Rendering:
    """Render what an account gets; a picture in it that is not there keeps it off the platform. No secret is used."""
    missing = [ref.asset_id for ref in pictures_in(content.body) if ref.asset_id not in content.pictures]
    shown = replace(content, body=leave_words(content.body, missing)) if missing else content
    rendering = find_platform(account.platform).render(shown, describe_connection(account=account))
    gone = tuple(Complaint(part="body", message=_GONE.format(asset_id=asset_id)) for asset_id in missing)
    return replace(rendering, complaints=(*gone, *rendering.complaints)) if gone else rendering


def show_pictures(html: str) -> str:
    """Return the HTML of a rendering with its pictures at their addresses for members."""
    return _SOURCE.sub(lambda found: found[1] + file_address(asset_id=found[2]), html)
