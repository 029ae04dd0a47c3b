"""Bodies with large base64 fields: read in pieces of any size, decoded on the way, refused in plain words."""

import base64
import hashlib
import io
import json
import tracemalloc
from typing import Any

import pytest

from nightdesk.core.errors import InvalidInput, PayloadTooLarge
from nightdesk.httpkit import large_bodies
from nightdesk.httpkit.large_bodies import LargeBody, read_large_json
from nightdesk.httpkit.parsing import MAX_BODY_BYTES

PICTURE = bytes(range(256)) * 5  # its base64 ends with padding
ENCODED = base64.b64encode(PICTURE).decode()
FIELDS = frozenset({"image", "mask"})


class Trickle(io.BytesIO):
    """A stream that gives a few bytes at a time, as a slow network does."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.most if size is None or size < 0 else min(size, self.most))


def read(body: str | bytes, *, most: int = 1 << 20, max_file_bytes: int = 10_000) -> LargeBody:
    data = body.encode() if isinstance(body, str) else body
    return read_large_json(Trickle(data, most), fields=FIELDS, max_file_bytes=max_file_bytes, plain="asset:")


def refusal_of(body: str | bytes, **options: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as refused:
        read(body, **options)
    return refused.value.details


@pytest.mark.parametrize("most", [1, 2, 3, 7, 1000, 1 << 20])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ENCODED, id="plain"),
        pytest.param(f"data:image/png;base64,{ENCODED}", id="data-uri"),
        pytest.param(f"data:image/svg+xml;charset=utf-8;base64,{ENCODED}", id="data-uri-with-parameter"),
        pytest.param(ENCODED.replace("/", "\\/"), id="escaped-slashes"),
        pytest.param(ENCODED.replace("A", "\\u0041"), id="unicode-escapes"),
        pytest.param("\\n".join(ENCODED[at : at + 76] for at in range(0, len(ENCODED), 76)), id="lines"),
    ],
)
def test_base64_lands_decoded_in_a_file(text: str, most: int) -> None:
    with read(f'{{"a": [{{"image": "x"}}], "image" : "{text}", "b": 1}}', most=most) as body:
        assert body.data == {"a": [{"image": "x"}], "image": None, "b": 1}
        assert body.files["image"].read() == PICTURE


@pytest.mark.parametrize("most", [1, 5, 1 << 20])
def test_body_without_large_fields_reads_as_any_json(most: int) -> None:
    given = {"prompt": 'a "cat": {[,]} \\ täxt', "nested": {"image": "asset:x"}, "list": [1, None, True], "image": None}

    with read(json.dumps(given), most=most) as body:
        assert (body.data, body.files) == (given, {})


def test_reference_stays_text_and_two_files_are_told_apart() -> None:
    mask = base64.b64encode(b"mask").decode()
    with read(f'{{"image": "asset:abc", "mask": "{mask}"}}') as body:
        assert body.data == {"image": "asset:abc", "mask": None}
        assert {name: file.read() for name, file in body.files.items()} == {"mask": b"mask"}


def test_name_of_a_field_may_be_escaped() -> None:
    with read(f'{{"im\\u0061ge": "{ENCODED}"}}') as body:
        assert body.files["image"].read() == PICTURE


def test_hash_is_of_the_body_as_it_was_sent() -> None:
    text = f'{{"image": "{ENCODED}"}}  '

    for most in (1, 3, 1 << 20):
        with read(text, most=most) as body:
            assert body.sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("data:image/png;base64,", id="nothing-behind-the-head"),
        pytest.param("not base64!", id="other-letters"),
        pytest.param(ENCODED[:-3], id="cut-off"),
        pytest.param(f"{ENCODED}AAAA", id="more-behind-the-padding"),
        pytest.param("data:text/html;base64,AAAA", id="another-type"),
        pytest.param("https://example.org/a.png", id="address"),
        pytest.param("ä" * 40, id="not-ascii"),
    ],
)
@pytest.mark.parametrize("most", [3, 1 << 20])
def test_what_is_not_base64_is_an_error_of_its_field(text: str, most: int) -> None:
    assert list(refusal_of(f'{{"image": "{text}", "mask": "{ENCODED}"}}', most=most)) == ["image"]


def test_picture_over_its_limit_is_an_error_of_its_field() -> None:
    details = refusal_of(f'{{"image": "{ENCODED}"}}', max_file_bytes=len(PICTURE) - 1)

    assert list(details) == ["image"]
    with read(f'{{"image": "{ENCODED}"}}', max_file_bytes=len(PICTURE)) as body:
        assert body.files["image"].read() == PICTURE


@pytest.mark.parametrize(
    "body",
    [
        '{"image": "AAAA',
        '{"image": "AA\\',
        '{"image": "AA\\u00',
        '{"image": "AA\\uzzzz"}',
        '{"image": "AAAA"',
        '{"image": "AAAA"}}',
        '{"image" "AAAA"}',
        '{"prompt": "',
        "",
        "{",
        '{"prompt": NaN}',
    ],
)
@pytest.mark.parametrize("most", [1, 1 << 20])
def test_what_is_not_json_is_an_error_of_the_body(body: str, most: int) -> None:
    assert list(refusal_of(body, most=most)) == ["body"]


def test_field_that_comes_twice_is_refused() -> None:
    assert list(refusal_of('{"image": "AAAA", "image": "AAAA"}')) == ["image"]


def test_text_that_cannot_be_kept_is_named() -> None:
    assert list(refusal_of('{"prompt": "a\\u0000", "image": "AAAA"}')) == ["prompt"]


def test_body_too_large_without_its_pictures_is_refused() -> None:
    with pytest.raises(PayloadTooLarge, match="2 MiB"):
        read('{"prompt": "%s"}' % ("x" * MAX_BODY_BYTES))


def test_body_over_the_whole_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_bodies, "MAX_LARGE_BODY_BYTES", 1000)

    with pytest.raises(PayloadTooLarge):
        read(f'{{"image": "{ENCODED}"}}', most=100)


def test_large_picture_takes_little_memory() -> None:
    encoded = base64.b64encode(bytes(12_000_000))
    stream = io.BytesIO(b'{"image": "' + encoded + b'"}')

    tracemalloc.start()
    try:
        with read_large_json(stream, fields=FIELDS, max_file_bytes=40_000_000, plain="asset:") as body:
            _, peak = tracemalloc.get_traced_memory()
            assert body.files["image"].seek(0, io.SEEK_END) == 12_000_000
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_text_of_escapes_alone_takes_little_memory() -> None:
    body = json.dumps({"prompt": "\n" * 900_000})  # as much as a body may have without its pictures
    tracemalloc.start()
    try:
        with read(body) as found:
            assert len(found.data["prompt"]) == 900_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20_000_000
