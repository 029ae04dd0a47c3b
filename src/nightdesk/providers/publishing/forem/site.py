"""A Forem: each request by what it does, and its refusals in plain words.

https://developers.forem.com/api/v1 and `app/controllers/concerns/api/articles_controller.rb` of its source.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from nightdesk.core.errors import OperationalFault, OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import Connection, Desk
from nightdesk.providers.publishing.sites import read_server, read_text

NAME: Final = "dev.to"
DEFAULT_SERVER: Final = "https://dev.to"
#: Without it, the API answers as its first version did.
_ACCEPT: Final = "application/vnd.forem.api-v1+json"
#: A page holds the bodies of its articles, up to 800 kB each; most are far smaller.
_PAGE: Final = 30
_MOST_PAGES: Final = 100
#: For so long a Forem takes no second article with the same title.
_TITLE_PAUSE_S: Final = 300.0


class TitleTaken(Throttled):
    """The account has an article with this title, made within the last five minutes. It may be the one we look for."""


class Site:
    """The Forem of one account, for one run."""

    def __init__(self, connection: Connection, desk: Desk, options: PublishingOptions) -> None:
        """Ask for nothing yet.

        Raises:
            Permanent: the address cannot be used.
        """
        self.server = read_server(connection.credentials.get("server") or DEFAULT_SERVER, name=NAME, options=options)
        self._line = Line(
            name=NAME,
            base_url=self.server,
            desk=desk,
            options=options,
            headers={"api-key": connection.credentials.get("api_key", ""), "Accept": _ACCEPT},
        )

    def read_user(self) -> str:
        """Return the name of the member whose key this is, "" where there is no Forem."""
        return read_text(self._ask("GET", "/users/me").read_object(), "username")

    def find_draft(self, fields: Mapping[str, Any]) -> int | None:
        """Return the id of an unpublished article with this title, body and canonical address; None where there is none."""
        for page in self._list_articles():
            for article in page:
                if not article["published"] and _is_the_same(article, fields):
                    return int(article["id"])
            # Those that were never public come first, so one page without any ends the search.
            if all(article["published"] for article in page):
                break
        return None

    def find_article(self, article_id: int) -> dict[str, Any] | None:
        """Return `id`, `url` and `published` of one of the account's articles; None where it is gone."""
        return next((one for page in self._list_articles() for one in page if one["id"] == article_id), None)

    def make_draft(self, fields: Mapping[str, Any]) -> int:
        """Make an article that nobody else sees, and return its id.

        Raises:
            TitleTaken: there is, or was, one with this title.
        """
        body = {"article": {**fields, "published": False}}
        return int(_read_article(self._ask("POST", "/articles", makes=True, is_repeatable=True, json=body))["id"])

    def publish(self, article_id: int) -> dict[str, Any]:
        """Make an article visible, once or again, and return `id` and `url`.

        Raises:
            OutcomeUnknown: no whole answer came back.
        """
        answer = self._ask("PUT", f"/articles/{article_id}", makes=True, json={"article": {"published": True}})
        found = answer.read_object()
        if found.get("id") != article_id:
            raise self._line.make_unclear()
        return found

    def change_article(self, article_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Give an article another content, visible or not as it is; repeatable."""
        path = f"/articles/{article_id}"
        return _read_article(self._ask("PUT", path, makes=True, is_repeatable=True, json={"article": dict(fields)}))

    def hide_article(self, article_id: int) -> None:
        """Make an article invisible; one that is gone is no error. An API to delete it does not exist."""
        try:
            self.change_article(article_id, {"published": False})
        except Refused as error:
            if error.http_status != 404:
                raise

    # ---------------------------------------------------------------- requests

    def _list_articles(self) -> Iterator[list[dict[str, Any]]]:
        """List the account's articles, unpublished ones first, then the newest, page by page."""
        for number in range(1, _MOST_PAGES + 1):
            found = self._ask("GET", f"/articles/me/all?page={number}&per_page={_PAGE}").read_json()
            if not isinstance(found, list):
                raise Transient(f"{NAME} did not answer properly. It will be tried again.")
            page = [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), int)]
            yield [{**one, "published": bool(one.get("published"))} for one in page]
            if len(found) < _PAGE:
                return
        raise OutcomeUnknown(
            f"The account has more than {_MOST_PAGES * _PAGE:,} articles on {NAME}: the post was not found among the newest. "
            "Look there, then decide."
        )

    def _ask(self, method: str, route: str, **given: Any) -> Answer:
        try:
            return self._line.ask(method, f"/api{route}", **given)
        except Refused as error:
            refused = error
        raise _explain(refused)


def _read_article(answer: Answer) -> dict[str, Any]:
    found = answer.read_object()
    if not isinstance(found.get("id"), int):
        raise Transient(f"{NAME} did not answer properly. It will be tried again.")
    return found


def _is_the_same(article: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    wanted = fields["canonical_url"]
    return (
        _normal(read_text(article, "title")) == _normal(fields["title"])
        and _normal(read_text(article, "body_markdown")) == _normal(fields["body_markdown"])
        # One without an address of its own is shown with the address that it has there.
        and (not wanted or read_text(article, "canonical_url") == wanted)
    )


def _normal(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _explain(error: Refused) -> OperationalFault:
    if error.http_status == 403:
        return Permanent(
            f"{NAME} does not let this account do that (HTTP 403): it may be suspended. Sign in there, and see what it says."
        )
    if error.http_status != 422:
        return error
    said = read_text(error.answer.read_object(), "error").lower()
    if "five minutes" in said:
        return TitleTaken(
            f"{NAME} takes the same title only once in five minutes. It will be tried again then.",
            retry_after_s=_TITLE_PAUSE_S,
        )
    if "canonical" in said:
        return Permanent(
            f"{NAME} has an article with this canonical address already, or does not take the address. Look there; then "
            "change the canonical address of the post."
        )
    if "tag" in said:
        return Permanent(f"{NAME} does not take these tags. Use at most 4, of letters and digits.")
    return Permanent(
        f"{NAME} does not take the post as it is. Check its title, tags, canonical address, series and organization."
    )
