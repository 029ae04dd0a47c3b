"""JSON bodies with large base64 fields, read piece by piece: the fields go into temporary files, decoded on the way.

A body of 180 MiB costs a few hundred kilobytes of memory. Everything but the large fields goes through the same strict
reading as any other body, with its limit. What is read is also hashed: `idempotency` compares bodies by it.
"""

import binascii
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.errors import UnsupportedMediaType
from nightdesk.httpkit.parsing import (
    MAX_BODY_BYTES,
    NOT_JSON,
    is_json,
    read_json,
    refuse_unstorable,
    too_large,
)

V = TypeVar("V", bound=Callable[..., Any])

#: Enough for three pictures of 40 MB in base64, with room for the rest.
MAX_LARGE_BODY_BYTES: Final = 180 * 1024 * 1024

_PIECE_BYTES: Final = 64 * 1024
#: A string of a large field that is no longer than this may be a plain reference such as `asset:<id>`.
_HEAD_BYTES: Final = 256
_DATA_URI: Final = re.compile(rb"^data:image/[a-z0-9.+-]{1,40}(?:;[a-z0-9=.+-]{1,40})*;base64,", re.IGNORECASE)
_ADDRESS: Final = re.compile(rb"https?:", re.IGNORECASE)
_NOT_BASE64: Final = "This is not base64. Send a picture as base64, or name one as asset:<id>."
_NOT_FETCHED: Final = "Addresses are not fetched. Send the picture itself as base64, or name one as asset:<id>."
_TOKEN: Final = re.compile(rb'["{}\[\]:,]')
#: Possessive: never going back takes no memory. A text of escapes alone would need 60 bytes for each to go back to.
_STRING_END: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
#: As much of a string as surely stands: whole characters and whole escapes.
_STRING_PART: Final = re.compile(rb'[^"\\]*+(?:\\(?:u[0-9a-fA-F]{4}|[^u])[^"\\]*+)*+', re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\(?:u00([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_LONGEST_ESCAPE: Final = len(r"\u0000")
_BLANKS: Final = b" \t\r\n"


def accepts_bytes(most: int) -> Callable[[V], V]:
    """Let an operation's body be larger than others: up to `most` bytes, which it must not hold in memory."""

    def mark(view: V) -> V:
        view.max_body_bytes = most  # type: ignore[attr-defined]
        return view

    return mark


class Stream(Protocol):
    """Where a body comes from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        ...


@dataclass(slots=True)
class LargeBody:
    """A body that was read: `data` without its large fields, which lie decoded in `files`. Close it."""

    data: Any
    files: dict[str, BinaryIO] = field(default_factory=dict)
    sha256: str = ""

    def close(self) -> None:
        """Remove the temporary files; safe to repeat."""
        for file in self.files.values():
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_large_body(request: HttpRequest, *, fields: frozenset[str], max_file_bytes: int, plain: str) -> LargeBody:
    """Read a request's JSON body; base64 in these fields of its object goes into files, their place in `data` is null.

    A field that begins with `plain` (as `asset:`) stays text. `request.body` cannot be read any more afterwards.

    Raises:
        UnsupportedMediaType: not declared as JSON. PayloadTooLarge: over `MAX_LARGE_BODY_BYTES`, or over
            `MAX_BODY_BYTES` without the large fields.
        InvalidInput: not JSON, or a field that is not base64 or decodes to more than `max_file_bytes`.
    """
    if not is_json(request.content_type or ""):
        raise UnsupportedMediaType
    body = read_large_json(request, fields=fields, max_file_bytes=max_file_bytes, plain=plain)
    request.body_sha256 = body.sha256  # type: ignore[attr-defined]
    return body


def read_large_json(stream: Stream, *, fields: frozenset[str], max_file_bytes: int, plain: str) -> LargeBody:
    """Read JSON from a stream; see `read_large_body`."""
    reader = _Reader(stream, fields=fields, max_file_bytes=max_file_bytes, plain=plain.encode())
    try:
        reader.read()
        data = read_json(bytes(reader.rest))
        refuse_unstorable(data)
        _refuse(reader.wrong)
    except BaseException:
        for file in reader.files.values():
            file.close()
        raise
    return LargeBody(data=data, files=reader.files, sha256=reader.digest.hexdigest())


def _refuse(wrong: dict[str, list[str]]) -> None:
    if wrong:
        raise InvalidInput(details=wrong)


class _Reader:
    """Copies a body to `rest`, but for the strings of the large fields. Checks no grammar: whoever parses `rest` does."""

    def __init__(self, stream: Stream, *, fields: frozenset[str], max_file_bytes: int, plain: bytes) -> None:
        self.rest = bytearray()
        self.files: dict[str, BinaryIO] = {}
        self.wrong: dict[str, list[str]] = {}
        self.digest = hashlib.sha256()
        self._stream = stream
        self._fields = fields
        self._max_file_bytes = max_file_bytes
        self._plain = plain
        self._buffer = b""
        self._at = 0  # what stands before it in the buffer is done with
        self._read_bytes = 0
        self._seen: set[str] = set()

    def read(self) -> None:
        depth, key, name = 0, "", ""
        while (token := self._next_token()) is not None:
            if token == b'"':
                if depth == 1 and name:
                    self._read_value(name)
                    name = ""
                else:
                    key = self._read_string()
            elif token in b"{[":
                depth, name = depth + 1, ""
            elif token in b"}]":
                depth, name = depth - 1, ""
            elif token == b":":
                name = key if depth == 1 and key in self._fields else ""
            else:
                name = ""

    def _fill(self) -> bool:
        """Read on, behind what of the buffer is still to be looked at; False: the body has ended."""
        piece = self._stream.read(_PIECE_BYTES)
        self._read_bytes += len(piece)
        if self._read_bytes > MAX_LARGE_BODY_BYTES:
            raise too_large(MAX_LARGE_BODY_BYTES)
        self.digest.update(piece)
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return bool(piece)

    def _keep(self, end: int) -> None:
        """Copy what stands before `end` to the rest, and go on there."""
        self.rest += self._buffer[self._at : end]
        self._at = end
        if len(self.rest) > MAX_BODY_BYTES:
            raise too_large()

    def _next_token(self) -> bytes | None:
        """Return the next character that means something, kept in the rest; a quote is left for whoever reads a string."""
        while True:
            found = _TOKEN.search(self._buffer, self._at)
            if found:
                token = found[0]
                self._keep(found.start() if token == b'"' else found.end())
                return token
            self._keep(len(self._buffer))
            if not self._fill():
                return None

    def _read_string(self) -> str:
        """Keep the string that begins here, and return what it says; "" where it is no JSON, which the parser will say."""
        while not (found := _STRING_END.match(self._buffer, self._at + 1)):
            if len(self.rest) + len(self._buffer) > MAX_BODY_BYTES:
                raise too_large()
            if not self._fill():
                self._keep(len(self._buffer))
                return ""
        text = self._buffer[self._at : found.end()]
        self._keep(found.end())
        try:
            return str(json.loads(text))
        except ValueError:
            return ""

    def _read_value(self, name: str) -> None:
        """Read the string of a large field: a short reference stays, everything else is decoded into a file."""
        if name in self._seen:
            raise InvalidInput(details={name: ["This field was given twice. Send it once."]})
        self._seen.add(name)
        while len(self._buffer) - self._at <= _HEAD_BYTES and self._fill():
            pass
        if self._buffer.startswith(self._plain, self._at + 1):
            self._read_string()
            return
        self.rest += b"null"
        self._at += 1
        file = cast("BinaryIO", tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR))  # noqa: SIM115 (its owner closes it)
        self.files[name] = file
        decoder = _Base64(file, self._max_file_bytes)
        for part in self._string_parts():
            decoder.feed(part)
        if complaint := decoder.finish():
            self.wrong[name] = [complaint]
        file.seek(0)

    def _string_parts(self) -> Iterator[bytes]:
        """Yield the string that goes on here, unescaped and in pieces, up to its closing quote."""
        while True:
            found = _STRING_PART.match(self._buffer, self._at)
            end = found.end() if found else self._at
            part, self._at = self._buffer[self._at : end], end
            yield _ESCAPE.sub(_unescape, part) if b"\\" in part else part
            if self._buffer.startswith(b'"', self._at):
                self._at += 1
                return
            if len(self._buffer) - self._at > _LONGEST_ESCAPE:
                raise InvalidInput(details={"body": [f"{NOT_JSON}: a text holds a broken escape."]})
            if not self._fill():
                raise InvalidInput(details={"body": [f"{NOT_JSON}: it ends within a text. Check how it is made."]})


def _unescape(found: "re.Match[bytes]") -> bytes:
    if found[1]:
        return bytes([int(found[1], 16)])
    return _ESCAPED.get(found[2], found[2])


class _Base64:
    """Decodes base64 that comes in pieces into a file. Goes on quietly after the first complaint, to find the end."""

    def __init__(self, file: BinaryIO, max_bytes: int) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._written = 0
        self._left = b""
        self._in_head = True
        self._is_padded = False
        self._complaint = ""

    def feed(self, part: bytes) -> None:
        if self._complaint:
            return
        self._left += part.translate(None, _BLANKS)
        if self._in_head and len(self._left) < _HEAD_BYTES:
            return
        self._take_head()
        self._decode(len(self._left) // 4 * 4)

    def finish(self) -> str:
        """Return what is wrong with it, in a sentence for people; nothing where it is right."""
        if not self._complaint:
            self._take_head()
            self._decode(len(self._left))
        if not self._complaint and not self._written:
            self._complaint = "This is empty. Send a picture as base64, or name one as asset:<id>."
        return self._complaint

    def _take_head(self) -> None:
        if self._in_head:
            self._in_head = False
            self._left = _DATA_URI.sub(b"", self._left, count=1)

    def _decode(self, end: int) -> None:
        part, self._left = self._left[:end], self._left[end:]
        if not part:
            return
        try:
            decoded = binascii.a2b_base64(b"=" + part if self._is_padded else part, strict_mode=True)
        except binascii.Error:  # also what comes behind the padding
            self._complaint = _NOT_FETCHED if _ADDRESS.match(part) else _NOT_BASE64
            return
        self._is_padded = part.endswith(b"=")
        self._written += len(decoded)
        if self._written > self._max_bytes:
            self._complaint = f"This picture is over {self._max_bytes // 1024 // 1024} MB. Send a smaller one."
            self._file.truncate(0)
            return
        self._file.write(decoded)
