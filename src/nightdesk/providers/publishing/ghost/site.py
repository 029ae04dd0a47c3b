"""A Ghost site: each request by what it does, and its refusals in plain words.

https://ghost.org/docs/admin-api/ ; what real servers answered: docs/platforms/ghost.md.
"""

import time
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from urllib.parse import urlencode

from nightdesk.core.errors import OutcomeUnknown, Permanent, Transient
from nightdesk.providers.publishing.ghost.token import make_token
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Desk, Picture
from nightdesk.providers.publishing.sites import name_file, read_server, read_text

NAME: Final = "Ghost"
_API: Final = "/ghost/api/admin"
#: What we were written for; newer servers answer as this one did, or say that they cannot.
_VERSION: Final = "v6.0"
_FIELDS: Final = "id,url,status,updated_at"


class Site:
    """The site of one account, for one run."""

    def __init__(self, connection: Connection, desk: Desk, options: PublishingOptions) -> None:
        """Ask for nothing yet.

        Raises:
            Permanent: the address cannot be used.
        """
        self._key = connection.credentials.get("admin_key", "")
        self._line = Line(
            name=NAME,
            base_url=read_server(connection.credentials.get("server", ""), name=NAME, options=options),
            desk=desk,
            options=options,
            headers={"Accept-Version": _VERSION},
        )
        self._upload_s = options.upload_timeout_s

    def read_site(self) -> dict[str, Any]:
        """Return `title`, `url` and `version` of the site; {} where this is no Ghost."""
        found = self._ask("GET", "/site/").read_object().get("site")
        return found if isinstance(found, dict) else {}

    def ensure_access(self) -> None:
        """Ask for something that only the key opens.

        Raises:
            AccountRefused: it does not.
        """
        self._ask("GET", "/posts/", {"limit": "1", "fields": "id"})

    def upload(self, stem: str, picture: Picture, data: bytes) -> str:
        """Upload a picture and return its address. Again makes another copy, which nobody sees."""
        file = (name_file(stem, picture), data, picture.content_type)
        try:
            answer = self._ask(
                "POST",
                "/images/upload/",
                makes=True,
                is_repeatable=True,
                files={"file": file},
                data={"purpose": "image"},
                timeout_s=self._upload_s,
            )
        except Refused as error:
            if error.http_status in (400, 415):
                raise Permanent(
                    "The Ghost site does not take this picture. Use a JPEG, PNG, WebP or GIF file that opens in a browser."
                ) from None
            if error.http_status == 413:
                raise Permanent(
                    f"The Ghost site takes no picture as large as {picture.size_bytes:,} bytes. Use a smaller one, or have "
                    "the site's operator raise the limit."
                ) from None
            raise
        images = answer.read_object().get("images")
        url = read_text(images[0], "url") if isinstance(images, list) and images else ""
        if not url:
            raise Transient(f"{NAME} did not answer properly. It will be tried again.")
        return url

    def find_post(self, tag_slug: str) -> dict[str, Any] | None:
        """Return the oldest post that bears a tag, drafts included; None where there is none."""
        query = {"filter": f"tag:{tag_slug}", "limit": "1", "order": "created_at asc", "fields": _FIELDS}
        answer = self._ask("GET", "/posts/", query)
        return None if answer.read_object().get("posts") == [] else _read_post(answer)

    def read_post(self, post_id: str) -> dict[str, Any] | None:
        """Return `id`, `url`, `status` and `updated_at` of a post; None where it is gone."""
        try:
            return _read_post(self._ask("GET", f"/posts/{post_id}/", {"fields": _FIELDS}))
        except Refused as error:
            if error.http_status == 404:
                return None
            raise

    def make_draft(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make a draft from HTML and return it."""
        body = {"posts": [{**fields, "status": "draft"}]}
        return _read_post(self._ask("POST", "/posts/", {"source": "html"}, makes=True, is_repeatable=True, json=body))

    def publish(self, post_id: str, *, updated_at: str) -> dict[str, Any]:
        """Make a draft visible, if it is still the one of `updated_at`. Nobody is sent a mail.

        Raises:
            OutcomeUnknown: no whole answer came back.
        """
        body = {"posts": [{"status": "published", "updated_at": updated_at}]}
        answer = self._ask("PUT", f"/posts/{post_id}/", makes=True, json=body)
        try:
            return _read_post(answer)
        except Transient:
            lost = f"{NAME} did not answer properly, so it is not known whether the post went out."
        raise OutcomeUnknown(lost)

    def change_post(self, post_id: str, fields: Mapping[str, Any], *, updated_at: str) -> dict[str, Any]:
        """Give the post of `updated_at` another content, from HTML; repeatable."""
        body = {"posts": [{**fields, "updated_at": updated_at}]}
        path = f"/posts/{post_id}/"
        return _read_post(self._ask("PUT", path, {"source": "html"}, makes=True, is_repeatable=True, json=body))

    def delete_post(self, post_id: str) -> None:
        """Delete a post; one that is gone is no error."""
        try:
            self._ask("DELETE", f"/posts/{post_id}/", makes=True, is_repeatable=True)
        except Refused as error:
            if error.http_status != 404:
                raise

    # ---------------------------------------------------------------- requests

    def _ask(self, method: str, route: str, query: Mapping[str, str] | None = None, **given: Any) -> Answer:
        path = _API + route + (f"?{urlencode(query)}" if query else "")
        # A token lives for five minutes, and a run with large pictures may take longer: each request has its own.
        headers = {"Authorization": f"Ghost {make_token(self._key, now_s=int(time.time()))}"}
        try:
            return self._line.ask(method, path, headers=headers, **given)
        except Refused as error:
            _explain(error)


def _read_post(answer: Answer) -> dict[str, Any]:
    posts = answer.read_object().get("posts")
    post = posts[0] if isinstance(posts, list) and posts else None
    if not isinstance(post, dict) or not all(read_text(post, name) for name in ("id", "status", "updated_at")):
        raise Transient(f"{NAME} did not answer properly. It will be tried again.")
    return post


def _explain(error: Refused) -> NoReturn:
    status = error.http_status
    errors = error.answer.read_object().get("errors")
    kind = read_text(errors[0], "type") if isinstance(errors, list) and errors else ""
    if status == 403 and kind:
        raise AccountRefused(
            "The Ghost site does not let this key do that. Make a custom integration there, and connect its Admin API key."
        ) from None
    if status == 403:
        raise Permanent(
            "Something in front of the Ghost site refused this (HTTP 403), often a firewall. Have its operator let the "
            "Admin API through."
        ) from None
    if status == 409:
        raise Transient(
            "Somebody changed the post on the Ghost site at the same moment. It will be tried again."
        ) from None
    if status == 422 and kind == "ValidationError":
        raise Permanent(
            "The Ghost site does not take the post as it is: a field is too long or has a wrong form. Check title, excerpt, "
            "tags and canonical address."
        ) from None
    raise error
