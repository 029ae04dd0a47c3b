"""A Bluesky server (a PDS): each request by what it does, and its refusals in plain words.

https://docs.bsky.app/docs/category/http-reference ; what a real server answered: docs/platforms/bluesky.md.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from nightdesk.core.errors import Permanent, Transient
from nightdesk.providers.publishing.attached import File
from nightdesk.providers.publishing.bluesky.sessions import Session, Sessions
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Desk
from nightdesk.providers.publishing.sites import read_server, read_text

NAME: Final = "Bluesky"
DEFAULT_SERVER: Final = "https://bsky.social"
COLLECTION: Final = "app.bsky.feed.post"
#: The access token is too old (it lives for two hours), or the server has changed its keys.
_STALE: Final = ("ExpiredToken", "InvalidToken")
_BAD_ACCOUNT: Final = (
    "Bluesky does not let this account in: its app password is wrong or was revoked, or the account is suspended. Make a "
    "new app password, and reconnect the account."
)


class BlobGone(Exception):
    """The server has thrown a picture away that no post shows yet."""


class Exists(Exception):
    """There is a record of this key, and it is not the same."""


class Server:
    """The server of one account, for one run."""

    def __init__(self, connection: Connection, desk: Desk, options: PublishingOptions, *, sessions: Sessions) -> None:
        """Ask for nothing yet.

        Raises:
            Permanent: the address cannot be used.
        """
        self._connection = connection
        self._desk = desk
        self._sessions = sessions
        self._upload_s = options.upload_timeout_s
        address = connection.credentials.get("server", "").strip() or DEFAULT_SERVER
        self._line = Line(
            name=NAME,
            base_url=read_server(address, name=NAME, options=options),
            desk=desk,
            options=options,
        )

    # ---------------------------------------------------------------- who

    def sign_in(self) -> Session:
        """Return the account's session: the one of this process, or a new one."""
        return self._sessions.get(self._connection, self._desk, self._create_session)

    def read_session(self) -> dict[str, Any]:
        """Ask who the account is, with a fresh sign-in: only that tells whether the app password still works."""
        self._sessions.forget(self._connection)
        self.sign_in()
        found = self._ask("GET", "com.atproto.server.getSession").read_object()
        if not read_text(found, "did"):
            raise _improper()
        self._sessions.rename(self._connection, read_text(found, "handle"))
        return found

    def describe(self) -> dict[str, Any]:
        """Return what the server says of itself; {} where this is no PDS."""
        return self._line.get("/xrpc/com.atproto.server.describeServer").read_object()

    # ---------------------------------------------------------------- pictures and posts

    def upload(self, file: File) -> dict[str, Any]:
        """Upload a picture and return its blob. The same bytes give the same blob; the server drops it if it stays unused."""
        answer = self._ask(
            "POST",
            "com.atproto.repo.uploadBlob",
            makes=True,
            is_repeatable=True,
            content=file.data,
            headers={"Content-Type": file.content_type},
            timeout_s=self._upload_s,
        )
        blob = answer.read_object().get("blob")
        if not isinstance(blob, dict):
            raise _improper()
        return blob

    def put_record(self, record_key: str, record: Mapping[str, Any]) -> Answer:
        """Make a record under a key of ours, if there is none. The very same record again changes nothing.

        Raises:
            Exists. BlobGone.
        """
        body = {
            "repo": self.sign_in().did,
            "collection": COLLECTION,
            "rkey": record_key,
            "record": record,
            "swapRecord": None,  # only if there is none
        }
        try:
            return self._ask("POST", "com.atproto.repo.putRecord", makes=True, json=body)
        except Refused as error:
            failure = _explain_record(error)
        raise failure

    def read_record(self, record_key: str) -> dict[str, Any] | None:
        """Return a record with its `uri`; None where there is none."""
        query = {"repo": self.sign_in().did, "collection": COLLECTION, "rkey": record_key}
        try:
            found = self._ask("GET", f"com.atproto.repo.getRecord?{urlencode(query)}").read_object()
        except Refused as error:
            if _read_error(error) == "RecordNotFound":
                return None
            raise
        if not read_text(found, "uri"):
            raise _improper()
        return found

    def delete_record(self, record_key: str) -> None:
        """Delete a record; one that is gone is no error."""
        body = {"repo": self.sign_in().did, "collection": COLLECTION, "rkey": record_key}
        self._ask("POST", "com.atproto.repo.deleteRecord", makes=True, is_repeatable=True, json=body)

    # ---------------------------------------------------------------- requests

    def _ask(self, method: str, name: str, **given: Any) -> Answer:
        session = self.sign_in()
        try:
            return self._send(session, method, name, **given)
        except Refused as error:
            if _read_error(error) not in _STALE:
                raise
        session = self._sessions.renew(self._connection, self._desk, session, self._renew_session)
        try:
            return self._send(session, method, name, **given)
        except Refused as error:
            if _read_error(error) not in _STALE:
                raise
        raise AccountRefused(_BAD_ACCOUNT)

    def _send(self, session: Session, method: str, name: str, **given: Any) -> Answer:
        headers = {**given.pop("headers", {}), "Authorization": f"Bearer {session.access}"}
        return self._line.ask(method, f"/xrpc/{name}", headers=headers, **given)

    def _create_session(self) -> Session:
        credentials = self._connection.credentials
        body = {
            "identifier": credentials.get("identifier", "").strip().removeprefix("@"),
            "password": credentials.get("app_password", "").strip(),
        }
        try:
            answer = self._line.ask("POST", "/xrpc/com.atproto.server.createSession", json=body)
        except AccountRefused:
            failure = _BAD_ACCOUNT
        else:
            return _read_session(answer)
        raise AccountRefused(failure)

    def _renew_session(self, stale: Session) -> Session:
        headers = {"Authorization": f"Bearer {stale.refresh}"}
        try:
            return _read_session(self._line.ask("POST", "/xrpc/com.atproto.server.refreshSession", headers=headers))
        except (Refused, AccountRefused):
            pass  # it is too old as well, or was revoked: the app password tells
        return self._create_session()


def _read_session(answer: Answer) -> Session:
    found = answer.read_object()
    did, access, refresh = (read_text(found, name) for name in ("did", "accessJwt", "refreshJwt"))
    if not (did and access and refresh):
        raise _improper()
    if found.get("active") is False:
        raise AccountRefused(
            "This Bluesky account is not active. Activate it in Bluesky's settings, then check it again."
        )
    return Session(did=did, handle=read_text(found, "handle"), access=access, refresh=refresh)


def _read_error(error: Refused) -> str:
    return read_text(error.answer.read_object(), "error")


def _explain_record(error: Refused) -> Exception:
    match _read_error(error):
        case "InvalidSwap":
            return Exists()
        case "BlobNotFound":
            return BlobGone()
        case "InvalidRequest":
            return Permanent("Bluesky does not take the post as it is. Check its length, its link and its pictures.")
    return error


def _improper() -> Transient:
    return Transient(f"{NAME} did not answer properly. It will be tried again.")
