"""A Mastodon server: each request by what it does, and its refusals in plain words.

https://docs.joinmastodon.org/methods/ ; where its source says more, the place is named.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from nightdesk.core.errors import Permanent, Transient
from nightdesk.providers.publishing.attached import File
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.mastodon.rendering import NAME
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Desk
from nightdesk.providers.publishing.sites import read_server, read_text
from nightdesk.providers.wire.retrying import MOST_RETRY_AFTER_S

_SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
_PAGE: Final = 40  # the most that a list of statuses gives at once
_MOST_PAGES: Final = 5
#: Pictures are ready at once since Mastodon 4.0; a server under load may still take its time.
_READY_S: Final = 60.0
_LOOK_S: Final = 0.5


class Server:
    """The server of one account, for one run."""

    def __init__(self, connection: Connection, desk: Desk, options: PublishingOptions) -> None:
        """Ask for nothing yet.

        Raises:
            Permanent: the address cannot be used.
        """
        self._line = Line(
            name=NAME,
            base_url=read_server(connection.credentials.get("server", ""), name=NAME, options=options),
            desk=desk,
            options=options,
            headers={"Authorization": f"Bearer {connection.credentials.get('access_token', '').strip()}"},
            read_pause=_read_pause,
        )
        self._upload_s = options.upload_timeout_s

    # ---------------------------------------------------------------- who and what

    def read_instance(self) -> dict[str, Any]:
        """Return what the server says of itself, its limits among it; {} where this is no Mastodon."""
        return self._ask("GET", "/api/v2/instance").read_object()

    def read_account(self) -> dict[str, Any]:
        """Return the account that the token belongs to."""
        found = self._ask("GET", "/api/v1/accounts/verify_credentials").read_object()
        if not read_text(found, "id"):
            raise Transient(f"{NAME} did not answer properly. It will be tried again.")
        return found

    def read_scopes(self) -> set[str] | None:
        """Return what the token may do; None where the server does not tell (before Mastodon 4.3)."""
        found = self._ask("GET", "/api/v1/apps/verify_credentials").read_object().get("scopes")
        return {one for one in found if isinstance(one, str)} if isinstance(found, list) else None

    # ---------------------------------------------------------------- pictures

    def upload(self, stem: str, file: File, alt: str) -> str:
        """Upload a picture and return its id. Again makes another one; what no post shows, the server removes in a day."""
        answer = self._ask(
            "POST",
            "/api/v2/media",
            makes=True,
            is_repeatable=True,
            files={"file": (f"{stem}.{_SUFFIXES.get(file.content_type, 'jpg')}", file.data, file.content_type)},
            data={"description": alt},
            timeout_s=self._upload_s,
        )
        return _read_id(answer)

    def wait_for_picture(self, media_id: str) -> bool:
        """Wait until a picture may be attached; return False where it is not there (any more), or attached already."""
        ends_at = time.monotonic() + _READY_S
        while True:
            try:
                answer = self._ask("GET", f"/api/v1/media/{media_id}")
            except Refused as error:
                if error.http_status == 404:
                    return False
                raise
            if answer.status != 206:
                return True
            if time.monotonic() >= ends_at:
                raise Transient(f"{NAME} is still working on a picture. It will be tried again.")
            self._line.wait(_LOOK_S)

    # ---------------------------------------------------------------- posts

    def post(self, fields: Mapping[str, Any], *, key: str) -> Answer:
        """Post, once for each key: the server knows a key for an hour and answers with the post that it made then."""
        return self._ask("POST", "/api/v1/statuses", makes=True, json=fields, headers={"Idempotency-Key": key})

    def change(self, status_id: str, fields: Mapping[str, Any]) -> Answer:
        """Give a post another content; repeatable."""
        return self._ask("PUT", f"/api/v1/statuses/{status_id}", makes=True, is_repeatable=True, json=fields)

    def delete(self, status_id: str) -> None:
        """Delete a post; one that is gone is no error."""
        try:
            self._ask("DELETE", f"/api/v1/statuses/{status_id}", makes=True, is_repeatable=True)
        except Refused as error:
            if error.http_status != 404:
                raise

    def list_since(self, account_id: str, moment: datetime) -> Iterator[dict[str, Any]]:
        """List the account's own posts since a moment, the newest first.

        Raises:
            LookupError: there are more of them than are looked through.
        """
        query = {"limit": str(_PAGE), "exclude_reblogs": "true"}
        for _ in range(_MOST_PAGES):
            found = self._ask("GET", f"/api/v1/accounts/{account_id}/statuses?{urlencode(query)}").read_json()
            if not isinstance(found, list):
                raise Transient(f"{NAME} did not answer properly. It will be tried again.")
            for status in found:
                made_at = read_moment(status)
                if made_at is not None and made_at < moment:
                    return
                yield status
            if not found:
                return
            query["max_id"] = read_text(found[-1], "id")
        raise LookupError

    def read_source(self, status_id: str) -> dict[str, Any] | None:
        """Return `text` and `spoiler_text` of a post as they were sent; None where it is gone."""
        try:
            return self._ask("GET", f"/api/v1/statuses/{status_id}/source").read_object()
        except Refused as error:
            if error.http_status == 404:
                return None
            raise

    def _ask(self, method: str, path: str, **given: Any) -> Answer:
        try:
            return self._line.ask(method, path, **given)
        except Refused as error:
            failure = _explain(error)
        raise failure


def read_moment(status: Mapping[str, Any]) -> datetime | None:
    """Return when a post was made."""
    try:
        moment = datetime.fromisoformat(read_text(status, "created_at"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_id(answer: Answer) -> str:
    found = read_text(answer.read_object(), "id")
    if not found:
        raise Transient(f"{NAME} did not answer properly. It will be tried again.")
    return found


def _read_pause(answer: Answer) -> float | None:
    # Mastodon says until when, and not for how long: https://docs.joinmastodon.org/api/rate-limits/
    try:
        moment = datetime.fromisoformat(answer.headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), MOST_RETRY_AFTER_S)


def _explain(error: Refused) -> Permanent:
    # 403: "This action is outside the authorized scopes", "Your login is currently disabled" and their like.
    if error.http_status == 403:
        return AccountRefused(
            "The Mastodon server does not let this account do that: its access token lacks a right, or the account is "
            "limited. Give the application the rights read and write, and connect its new token."
        )
    if error.http_status == 422:
        return Permanent(
            "The Mastodon server does not take the post as it is. Check its length, its pictures and its language."
        )
    return error
