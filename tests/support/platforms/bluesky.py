"""A Bluesky server (PDS) with one account, as a real one of version 0.5 answered and as the lexicons say."""

import hashlib
import json
import re
from datetime import datetime
from typing import Any, ClassVar, Final

import regex

from tests.support.platforms.double import PlatformDouble, Post, Request, Wire

HANDLE: Final = "harbour.example"
DID: Final = "did:plc:nightdesktestaccount2345"
APP_PASSWORD: Final = "ndts-made-upxx-pass"
_TOKEN: Final = "nd-test-session"
COLLECTION: Final = "app.bsky.feed.post"
#: Sign-ins in 5 minutes.
_MOST_SIGN_INS: Final = 30
_RECORD_KEY: Final = re.compile(r"[2-7a-j][2-7a-z]{12}")
_FACETS: Final = {
    "app.bsky.richtext.facet#link": "uri",
    "app.bsky.richtext.facet#tag": "tag",
    "app.bsky.richtext.facet#mention": "did",
}


class _Refused(Exception):
    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


class BlueskyDouble(PlatformDouble):
    """A server with one account. `expire` makes its access tokens stale, `drop_blobs` throws away what no post shows."""

    routes: ClassVar = (
        ("describe", "GET", "/xrpc/com.atproto.server.describeServer"),
        ("sign_in", "POST", "/xrpc/com.atproto.server.createSession"),
        ("refresh", "POST", "/xrpc/com.atproto.server.refreshSession"),
        ("session", "GET", "/xrpc/com.atproto.server.getSession"),
        ("upload", "POST", "/xrpc/com.atproto.repo.uploadBlob"),
        ("put", "POST", "/xrpc/com.atproto.repo.putRecord"),
        ("record", "GET", "/xrpc/com.atproto.repo.getRecord"),
        ("delete", "POST", "/xrpc/com.atproto.repo.deleteRecord"),
    )
    commits: ClassVar = ("put",)
    check_route: ClassVar = "session"
    secrets: ClassVar = (APP_PASSWORD, _TOKEN)

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[str, dict[str, Any]] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.handle = HANDLE
        self.credentials = {"server": self.root, "identifier": f"@{HANDLE}", "app_password": APP_PASSWORD}
        self._issued = 0
        self._access: set[str] = set()
        self._refresh: set[str] = set()

    def expire(self) -> None:
        """Make all access tokens stale, as after two hours."""
        self._access.clear()

    def revoke(self) -> None:
        """Revoke the app password. A real server still takes access tokens then, until they are stale."""
        super().revoke()
        self._refresh.clear()
        self.expire()

    def drop_blobs(self) -> None:
        """Throw away the pictures that no post shows."""
        shown = json.dumps(list(self.records.values()))
        self.blobs = {cid: blob for cid, blob in self.blobs.items() if cid in shown}

    # ---------------------------------------------------------------- who

    def answer_describe(self, wire: Wire, _request: Request) -> None:
        wire.send_json(200, {"did": "did:web:pds.example", "availableUserDomains": [".example"], "links": {}})

    def answer_sign_in(self, wire: Wire, request: Request) -> None:
        given = request.json
        if self.count("sign_in") > _MOST_SIGN_INS:
            wire.send_json(429, {"error": "RateLimitExceeded", "message": "Rate Limit"}, {"Retry-After": "300"})
        elif (given["identifier"], given["password"]) != (HANDLE, APP_PASSWORD) or self.is_revoked:
            wire.send_json(401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})
        else:
            self._issue(wire)

    def answer_refresh(self, wire: Wire, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._refresh:
            wire.send_json(400, {"error": "ExpiredToken", "message": "Token has been revoked"})
        else:
            self._issue(wire)

    def answer_session(self, wire: Wire, request: Request) -> None:
        if self._lets_in(wire, request):
            wire.send_json(200, {"did": DID, "handle": self.handle, "active": True})

    def _issue(self, wire: Wire) -> None:
        with self.lock:
            self._issued += 1
            access, refresh = (f"{_TOKEN}-{kind}-{self._issued}" for kind in ("access", "refresh"))
            self._access.add(access)
            self._refresh.add(refresh)
        tokens = {"accessJwt": access, "refreshJwt": refresh}
        wire.send_json(200, {"did": DID, "handle": self.handle, "active": True, **tokens})

    def _lets_in(self, wire: Wire, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if not given:
            wire.send_json(401, {"error": "AuthMissing", "message": "Authentication Required"})
            return False
        if given.removeprefix("Bearer ") not in self._access:
            wire.send_json(400, {"error": "ExpiredToken", "message": "Token has expired"})
            return False
        return True

    # ---------------------------------------------------------------- records

    def answer_upload(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request):
            return
        cid = f"bafkrei{hashlib.sha256(request.body).hexdigest()[:52]}"
        blob = {
            "$type": "blob",
            "ref": {"$link": cid},
            "mimeType": request.headers["content-type"],
            "size": len(request.body),
        }
        self.blobs[cid] = blob
        wire.send_json(200, {"blob": blob})

    def answer_put(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request):
            return
        body = request.json
        try:
            cid = self._put(body["repo"], body["collection"], body["rkey"], body["record"], body)
        except _Refused as refused:
            wire.send_json(refused.status, {"error": refused.error, "message": "made up"})
            return
        uri = f"at://{DID}/{COLLECTION}/{body['rkey']}"
        wire.send_json(200, {"uri": uri, "cid": cid, "validationStatus": "valid"})

    def answer_record(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request):
            return
        key = request.query["rkey"][0]
        if key not in self.records:
            wire.send_json(400, {"error": "RecordNotFound", "message": "Could not locate record"})
            return
        uri = f"at://{DID}/{COLLECTION}/{key}"
        wire.send_json(200, {"uri": uri, "cid": _hash(self.records[key]), "value": self.records[key]})

    def answer_delete(self, wire: Wire, request: Request) -> None:
        if not self._lets_in(wire, request):
            return
        key = request.json["rkey"]
        if self.records.pop(key, None) is not None:
            del self.posts[f"at://{DID}/{COLLECTION}/{key}"]
        wire.send_json(200, {})

    # ---------------------------------------------------------------- its rules

    def _put(self, repo: str, collection: str, key: str, record: dict[str, Any], body: dict[str, Any]) -> str:
        if repo != DID or collection != COLLECTION or not _RECORD_KEY.fullmatch(key):
            raise _Refused("InvalidRequest")
        self._validate(record)
        with self.lock:
            present = self.records.get(key)
            if present == record:
                return _hash(record)
            if "swapRecord" in body and body["swapRecord"] != (_hash(present) if present else None):
                raise _Refused("InvalidSwap")
            self.records[key] = record
            uri = f"at://{DID}/{COLLECTION}/{key}"
            self.posts[uri] = Post(uri, record["text"], "", record)
        return _hash(record)

    def _validate(self, record: dict[str, Any]) -> None:
        text = record["text"]
        size = len(text.encode())
        datetime.strptime(record["createdAt"], "%Y-%m-%dT%H:%M:%S.%fZ").astimezone()
        if record["$type"] != COLLECTION or len(regex.findall(r"\X", text)) > 300 or size > 3000:
            raise _Refused("InvalidRequest")
        for facet in record.get("facets", []):
            index = facet["index"]
            if not 0 <= index["byteStart"] < index["byteEnd"] <= size:
                raise _Refused("InvalidRequest")
            text.encode()[index["byteStart"] : index["byteEnd"]].decode()  # within characters it is no text
            for feature in facet["features"]:
                assert feature[_FACETS[feature["$type"]]]
        self._validate_embed(record.get("embed"))

    def _validate_embed(self, embed: dict[str, Any] | None) -> None:
        if embed is None:
            return
        if embed["$type"] == "app.bsky.embed.images":
            if not 1 <= len(embed["images"]) <= 4:
                raise _Refused("InvalidRequest")
            for image in embed["images"]:
                assert isinstance(image["alt"], str)
                assert min(image["aspectRatio"]["width"], image["aspectRatio"]["height"]) >= 1
                self._validate_blob(image["image"], most=2_000_000)
            return
        assert embed["$type"] == "app.bsky.embed.external"
        external = embed["external"]
        assert all(isinstance(external[name], str) for name in ("uri", "title", "description"))
        if "thumb" in external:
            self._validate_blob(external["thumb"], most=1_000_000)

    def _validate_blob(self, blob: dict[str, Any], *, most: int) -> None:
        if blob["size"] > most or not blob["mimeType"].startswith("image/"):
            raise _Refused("InvalidRequest")
        if self.blobs.get(blob["ref"]["$link"]) != blob:
            raise _Refused("BlobNotFound")


def _hash(record: dict[str, Any]) -> str:
    return f"bafyrei{hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:52]}"
