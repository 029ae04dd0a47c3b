"""A Mastodon server as its documents and its source describe it: what it takes, what it keeps, what it forgets."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, ClassVar, Final

from tests.support.platforms.double import PlatformDouble, Post, Request, Wire

TOKEN: Final = "nd-test-mastodon-71d0c2"
ACCOUNT_ID: Final = "109"
#: `PostStatusService`: keys are kept for an hour.
KEY_LIFE: Final = timedelta(hours=1)
#: `Vacuum::MediaAttachmentsVacuum`: what no post shows is removed after a day.
MEDIA_LIFE: Final = timedelta(days=1)
_MOST_CHARS: Final = 500
_VISIBILITIES: Final = ("public", "unlisted", "private", "direct")
_ADDRESS: Final = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")
_MENTION: Final = re.compile(r"(?<![=/\w])@(\w+)@[\w.-]+\w")


@dataclass
class Medium:
    """A picture that was uploaded. `looks_left`: how often it is still being worked on when asked for."""

    description: str
    content_type: str
    made_at: datetime
    looks_left: int = 0
    is_attached: bool = False


@dataclass
class Status:
    """A post as the server keeps it."""

    made_at: datetime
    fields: dict[str, Any]
    media: list[str] = field(default_factory=list)
    edited_at: datetime | None = None


class MastodonDouble(PlatformDouble):
    """One account on one server. `age` moves the server's clock on; `slow_media` is how long pictures take."""

    routes: ClassVar = (
        ("instance", "GET", "/api/v2/instance"),
        ("account", "GET", "/api/v1/accounts/verify_credentials"),
        ("app", "GET", "/api/v1/apps/verify_credentials"),
        ("upload", "POST", "/api/v2/media"),
        ("medium", "GET", r"/api/v1/media/(\d+)"),
        ("post", "POST", "/api/v1/statuses"),
        ("change", "PUT", r"/api/v1/statuses/(\d+)"),
        ("delete", "DELETE", r"/api/v1/statuses/(\d+)"),
        ("list", "GET", rf"/api/v1/accounts/{ACCOUNT_ID}/statuses"),
        ("source", "GET", r"/api/v1/statuses/(\d+)/source"),
    )
    commits: ClassVar = ("post",)
    check_route: ClassVar = "account"
    secrets: ClassVar = (TOKEN,)

    def __init__(self, *, version: str = "4.5.2", scopes: tuple[str, ...] = ("read", "write")) -> None:
        super().__init__()
        self.version = version
        self.scopes = scopes
        self.slow_media = 0
        self.media: dict[str, Medium] = {}
        self.statuses: dict[str, Status] = {}
        self._keys: dict[str, tuple[str, datetime]] = {}
        self._offset = timedelta()
        self._last_id = 100

    @property
    def now(self) -> datetime:
        """The server's time."""
        return datetime.now(UTC) + self._offset

    def age(self, by: timedelta) -> None:
        """Move the server's clock on, and forget what is forgotten by then."""
        self._offset += by
        self._keys = {key: kept for key, kept in self._keys.items() if self.now - kept[1] < KEY_LIFE}
        self.media = {
            name: one for name, one in self.media.items() if one.is_attached or self.now - one.made_at < MEDIA_LIFE
        }

    # ---------------------------------------------------------------- who and what

    def answer_instance(self, wire: Wire, _request: Request) -> None:
        configuration = {
            "statuses": {
                "max_characters": _MOST_CHARS,
                "max_media_attachments": 4,
                "characters_reserved_per_url": 23,
            },
            "media_attachments": {
                "supported_mime_types": ["image/jpeg", "image/png", "image/webp", "video/mp4"],
                "description_limit": 1500,
                "image_size_limit": 16_777_216,
                "image_matrix_limit": 33_177_600,
            },
        }
        wire.send_json(
            200, {"domain": "social.example", "version": self.version, "configuration": configuration, "rules": []}
        )

    def answer_account(self, wire: Wire, request: Request) -> None:
        if self._lets_in(wire, request):
            wire.send_json(
                200,
                {"id": ACCOUNT_ID, "username": "harbour", "acct": "harbour", "url": "https://social.example/@harbour"},
            )

    def answer_app(self, wire: Wire, request: Request) -> None:
        if self._lets_in(wire, request):
            wire.send_json(200, {"name": "Nightdesk", "scopes": list(self.scopes)})

    # ---------------------------------------------------------------- pictures

    def answer_upload(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request, "write", "write:media"):
            return
        found = re.search(rb'name="file"; filename="[^"]+"\r\nContent-Type: (image/[\w.+-]+)', request.body)
        if found is None or found[1].decode() not in ("image/jpeg", "image/png", "image/webp"):
            wire.send_json(422, {"error": "Validation failed: File content type is invalid, File is invalid"})
            return
        description = request.parts.get("description", [b""])[0].decode()
        if len(description) > 1500:
            wire.send_json(422, {"error": "Validation failed: Description is too long (maximum is 1500 characters)"})
            return
        name = self._next_id()
        self.media[name] = Medium(description, found[1].decode(), self.now, looks_left=self.slow_media)
        wire.send_json(202 if self.slow_media else 200, self._show_medium(name))

    def answer_medium(self, wire: Wire, request: Request, name: str) -> None:
        if not self._lets_in(wire, request, "write", "write:media"):
            return
        medium = self.media.get(name)
        if medium is None or medium.is_attached:
            wire.send_json(404, {"error": "Record not found"})
            return
        medium.looks_left = max(0, medium.looks_left - 1)
        wire.send_json(206 if medium.looks_left else 200, self._show_medium(name))

    # ---------------------------------------------------------------- posts

    def answer_post(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request, "write", "write:statuses"):
            return
        key = request.headers.get("idempotency-key", "")
        if not key:
            self.errors.append("a post without Idempotency-Key")
        with self.lock:
            if key in self._keys:
                wire.send_json(200, self._show(self._keys[key][0]))
                return
            fields = request.json
            complaint = self._complain(fields, known=())
            if complaint:
                wire.send_json(422, {"error": complaint})
                return
            name = self._next_id()
            self.statuses[name] = Status(self.now, fields)
            self._attach(name, fields.get("media_ids", []))
            if key:
                self._keys[key] = (name, self.now)
            self._note(name)
        wire.send_json(200, self._show(name))

    def answer_change(self, wire: Wire, request: Request, name: str) -> None:
        if not self._lets_in(wire, request, "write", "write:statuses"):
            return
        if name not in self.statuses:
            wire.send_json(404, {"error": "Record not found"})
            return
        status, fields = self.statuses[name], request.json
        complaint = self._complain({"visibility": "public", **fields}, known=tuple(status.media))
        if complaint:
            wire.send_json(422, {"error": complaint})
            return
        status.fields, status.edited_at = {**status.fields, **fields}, self.now
        self._attach(name, fields.get("media_ids", []))
        self._note(name)
        wire.send_json(200, self._show(name))

    def answer_delete(self, wire: Wire, request: Request, name: str) -> None:
        if not self._lets_in(wire, request, "write", "write:statuses"):
            return
        if self.statuses.pop(name, None) is None:
            wire.send_json(404, {"error": "Record not found"})
            return
        del self.posts[name]
        wire.send_json(200, {"id": name})

    def answer_list(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request, "read", "read:statuses"):
            return
        before = int(request.query.get("max_id", ["99999999"])[0])
        limit = min(40, int(request.query.get("limit", ["20"])[0]))
        names = [name for name in sorted(self.statuses, key=int, reverse=True) if int(name) < before]
        wire.send_json(200, [self._show(name) for name in names[:limit]])

    def answer_source(self, wire: Wire, request: Request, name: str) -> None:
        if not self._lets_in(wire, request, "read", "read:statuses"):
            return
        if name not in self.statuses:
            wire.send_json(404, {"error": "Record not found"})
            return
        fields = self.statuses[name].fields
        text = {"text": fields["status"].strip(), "spoiler_text": fields.get("spoiler_text", "")}
        wire.send_json(200, {"id": name, **text})

    # ---------------------------------------------------------------- its rules

    def _lets_in(self, wire: Wire, request: Request, *any_of: str) -> bool:
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or self.is_revoked:
            wire.send_json(401, {"error": "The access token was revoked"})
            return False
        if any_of and not set(any_of) & set(self.scopes):
            wire.send_json(403, {"error": "This action is outside the authorized scopes"})
            return False
        return True

    def _complain(self, fields: dict[str, Any], *, known: tuple[str, ...]) -> str:
        text, media = fields.get("status", ""), fields.get("media_ids", [])
        counted = _MENTION.sub(r"@\1", _ADDRESS.sub("x" * 23, text)) + fields.get("spoiler_text", "")
        length = sum(1 for character in counted if not unicodedata.combining(character))
        absent = [one for one in media if one not in known and (one not in self.media or self.media[one].is_attached)]
        rules = {
            "Validation failed: Text can't be blank": bool(text.strip() or media),
            f"Validation failed: Text character limit of {_MOST_CHARS} exceeded": length <= _MOST_CHARS,
            "Validation failed: Visibility is not included in the list": fields.get("visibility") in _VISIBILITIES,
            "Validation failed: Cannot attach more than 4 files": len(media) <= 4,
            "Validation failed: Media attachments could not be found": not absent,
            "Cannot attach files that have not finished processing. Try again in a moment!": absent
            or not any(self.media[one].looks_left for one in media),
        }
        return next((said for said, is_kept in rules.items() if not is_kept), "")

    def _attach(self, name: str, media: list[str]) -> None:
        self.statuses[name].media = list(media)
        for one in media:
            self.media[one].is_attached = True

    def _next_id(self) -> str:
        with self.lock:
            self._last_id += 1
            return str(self._last_id)

    def _note(self, name: str) -> None:
        shown = self._show(name)
        self.posts[name] = Post(name, self.statuses[name].fields["status"], shown["url"], shown)

    def _show_medium(self, name: str) -> dict[str, Any]:
        medium = self.media[name]
        url = None if medium.looks_left else f"https://social.example/media/{name}"
        return {"id": name, "type": "image", "url": url, "description": medium.description}

    def _show(self, name: str) -> dict[str, Any]:
        status = self.statuses[name]
        return {
            "id": name,
            "created_at": status.made_at.isoformat().replace("+00:00", "Z"),
            "edited_at": status.edited_at.isoformat() if status.edited_at else None,
            "visibility": status.fields["visibility"],
            "language": status.fields.get("language"),
            "sensitive": status.fields.get("sensitive", False),
            "spoiler_text": status.fields.get("spoiler_text", ""),
            "url": f"https://social.example/@harbour/{name}",
            "content": f"<p>{escape(status.fields['status'])}</p>",
            "media_attachments": [self._show_medium(one) for one in status.media],
        }
