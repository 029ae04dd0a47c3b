"""A WordPress site: each request by what it does, and its refusals in plain words.

https://developer.wordpress.org/rest-api/reference/ ; what real servers answered: docs/platforms/wordpress.md.
"""

import base64
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import urlencode

from nightdesk.core.errors import OutcomeUnknown, Permanent, Transient
from nightdesk.providers.publishing.line import Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Desk, Picture
from nightdesk.providers.publishing.sites import name_file, read_server, read_text

NAME: Final = "WordPress"
#: The two ways to the API: with readable addresses (permalinks), and without them.
PRETTY: Final = "/wp-json"
PLAIN: Final = "/?rest_route="
_MOST_TERMS: Final = 100  # what the API gives at once

_FEW: Final = {"context": "edit", "_fields": "id,link,status,slug"}

T = TypeVar("T")


class Site:
    """The site of one account, for one run. `api` is one of `PRETTY` and `PLAIN`; a check finds out which."""

    def __init__(self, connection: Connection, desk: Desk, options: PublishingOptions, *, api: str = "") -> None:
        """Ask for nothing yet.

        Raises:
            Permanent: the address cannot be used.
        """
        given = connection.credentials
        login = f"{given.get('username', '')}:{given.get('application_password', '')}"
        self._line = Line(
            name=NAME,
            base_url=read_server(given.get("server", ""), name=NAME, options=options),
            desk=desk,
            options=options,
            headers={"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"},
        )
        self._upload_s = options.upload_timeout_s
        self.api = api or read_text(connection.learned, "api") or PRETTY

    def read_user(self) -> dict[str, Any]:
        """Return who the account is, with its `capabilities`; {} where this is no WordPress."""
        found = self._get("/wp/v2/users/me", {"context": "edit"})
        return found if isinstance(found, dict) and isinstance(found.get("id"), int) else {}

    def list_categories(self) -> list[str] | None:
        """Return the names of all categories; None where there are more than one page of them."""
        found = self._get("/wp/v2/categories", {"per_page": str(_MOST_TERMS), "_fields": "id,name"})
        names = [unescape(read_text(one, "name")) for one in found] if isinstance(found, list) else []
        return names if len(names) < _MOST_TERMS else None

    def ensure_tag(self, name: str) -> int:
        """Return the id of a tag, made where there is none. Making one that is there is refused with its id."""
        return self._ensure_term("/wp/v2/tags", name)

    def ensure_category(self, name: str) -> int:
        """Return the id of a category, wherever in the tree it hangs; made at the top where there is none.

        Raises:
            Permanent: there is none, and the account may not make it.
        """
        found = self._get("/wp/v2/categories", {"search": name, "per_page": str(_MOST_TERMS), "_fields": "id,name"})
        for one in found if isinstance(found, list) else []:
            if unescape(read_text(one, "name")).casefold() == name.casefold():
                return _read_id(one)
        try:
            return self._ensure_term("/wp/v2/categories", name)
        except AccountRefused:
            raise Permanent(
                f"There is no category {name!r} on the WordPress site, and the account may not make one. Choose another "
                "category, or have an editor of the site make it."
            ) from None

    def find_upload(self, slug: str) -> dict[str, Any] | None:
        """Return the `id` and `url` of an uploaded file by its slug, None where it is not there."""
        found = self._get("/wp/v2/media", {"slug": slug, "_fields": "id,source_url"})
        first = found[0] if isinstance(found, list) and found else None
        return None if first is None else {"id": _read_id(first), "url": read_text(first, "source_url")}

    def upload(self, stem: str, picture: Picture, data: bytes, *, alt: str) -> dict[str, Any]:
        """Upload a file, give it its alt text, and return its `id` and `url`. `stem` becomes its slug."""
        headers = {
            "Content-Type": picture.content_type,
            "Content-Disposition": f'attachment; filename="{name_file(stem, picture)}"',
        }
        try:
            made = self._make(
                "/wp/v2/media", is_repeatable=True, content=data, headers=headers, timeout_s=self._upload_s
            )
        except Refused as error:
            if error.http_status == 413:
                raise Permanent(
                    f"The WordPress site takes no file as large as {picture.size_bytes:,} bytes. Use a smaller picture, or "
                    "have the site's operator raise its upload limit."
                ) from None
            raise
        file_id = _read_id(made)
        if alt:
            self.describe_upload(file_id, alt)
        return {"id": file_id, "url": read_text(made, "source_url")}

    def describe_upload(self, file_id: int, alt: str) -> None:
        """Set the alt text of an uploaded file."""
        self._make(f"/wp/v2/media/{file_id}", is_repeatable=True, json={"alt_text": alt})

    def find_post(self, slug: str) -> int | None:
        """Return the id of a post by its slug, drafts included and the bin not; None where it is not there."""
        found = self._get("/wp/v2/posts", {"slug": slug, "status": "any", **_FEW})
        return _read_id(found[0]) if isinstance(found, list) and found else None

    def read_post(self, post_id: int) -> dict[str, Any] | None:
        """Return `id`, `link`, `status` and `slug` of a post, in the bin or not; None where it is gone."""
        try:
            return _read_state(self._get(f"/wp/v2/posts/{post_id}", _FEW))
        except Refused as error:
            if error.http_status == 404:
                return None
            raise

    def make_draft(self, fields: Mapping[str, Any]) -> int:
        """Make a draft and return its id."""
        return _read_id(self._make("/wp/v2/posts", is_repeatable=True, json={**fields, "status": "draft"}))

    def publish(self, post_id: int) -> dict[str, Any]:
        """Make a draft visible; one that is visible stays as it is.

        Raises:
            OutcomeUnknown: no whole answer came back.
        """
        made = self._make(f"/wp/v2/posts/{post_id}", json={"status": "publish"})
        try:
            return _read_state(made)
        except Transient:
            lost = f"{NAME} did not answer properly, so it is not known whether the post went out."
        raise OutcomeUnknown(lost)

    def change_post(self, post_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Give a post other content; repeatable."""
        return _read_state(self._make(f"/wp/v2/posts/{post_id}", is_repeatable=True, json=fields))

    def bin_post(self, post_id: int) -> None:
        """Move a post to the bin; one that is there or gone is no error."""
        try:
            self._call(
                lambda: self._line.ask("DELETE", self._path(f"/wp/v2/posts/{post_id}"), makes=True, is_repeatable=True)
            )
        except Refused as error:
            if error.http_status not in (404, 410):
                raise

    # ---------------------------------------------------------------- requests

    def _get(self, route: str, query: Mapping[str, str]) -> Any:
        return self._call(lambda: self._line.get(self._path(route, query)).read_json())

    def _make(self, route: str, *, is_repeatable: bool = False, **given: Any) -> Any:
        path = self._path(route)
        return self._call(
            lambda: self._line.ask("POST", path, makes=True, is_repeatable=is_repeatable, **given).read_json()
        )

    def _path(self, route: str, query: Mapping[str, str] | None = None) -> str:
        if not query:
            return self.api + route
        return self.api + route + ("&" if self.api == PLAIN else "?") + urlencode(query)

    def _ensure_term(self, route: str, name: str) -> int:
        try:
            return _read_id(self._make(route, is_repeatable=True, json={"name": name}))
        except Refused as error:
            answer = error.answer.read_object()
            if read_text(answer, "code") != "term_exists":
                raise
            return _read_id({"id": (answer.get("data") or {}).get("term_id")})

    @staticmethod
    def _call(ask: Callable[[], T]) -> T:
        try:
            return ask()
        except Refused as error:
            _explain(error)


def _explain(error: Refused) -> NoReturn:
    answer = error.answer.read_object()
    code = read_text(answer, "code")
    if error.http_status == 400 and "rest_forbidden_status" in str(answer.get("data")):
        # Asked for drafts, WordPress calls the question invalid where it does not know who asks, instead of saying 401.
        raise AccountRefused(
            "The WordPress site does not accept this account's credentials any more, or its user may not write posts. "
            "Reconnect the account."
        ) from None
    if error.http_status == 403 and code.startswith("rest_"):
        raise AccountRefused(
            "The WordPress site does not let this account do that. Give its user the role of an author or editor, or "
            "connect another one."
        ) from None
    if error.http_status == 403:
        raise Permanent(
            "Something in front of the WordPress site refused this (HTTP 403), often a firewall or a security plugin. "
            "Have its operator let the REST API through."
        ) from None
    raise error


def _read_state(made: Any) -> dict[str, Any]:
    if isinstance(made, dict) and isinstance(made.get("id"), int) and read_text(made, "status"):
        return made
    raise Transient(f"{NAME} did not answer properly. It will be tried again.")


def _read_id(made: Any) -> int:
    found = made.get("id") if isinstance(made, Mapping) else None
    if isinstance(found, int):
        return found
    raise Transient(f"{NAME} did not answer properly. It will be tried again.")
