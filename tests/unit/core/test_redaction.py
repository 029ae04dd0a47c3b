"""What is masked, what stays, and what text the databases can store."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.redaction import MASK, clean_text, is_secret_key, redact, redact_text

SECRET_KEYS = ["password", "DB_PASSWORD", "token", "api_key", "apiKey", "X-API-Key", "Authorization", "Set-Cookie"]
SECRET_KEYS += [
    "client_secret",
    "clientSecret",
    "secret_key",
    "X-Auth-Token",
    "access_tokens",
    "sessionid",
    "key",
    "dsn",
]
PLAIN_KEYS = ["max_tokens", "unique_key", "idempotency_key", "monkey", "author", "keyboard", "passage", "tokenizer"]

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_key_of_a_secret_is_known(key: str) -> None:
    assert is_secret_key(key) is True


@pytest.mark.parametrize("key", PLAIN_KEYS)
def test_key_of_plain_data_is_left_alone(key: str) -> None:
    assert is_secret_key(key) is False


def test_secrets_are_masked_at_any_depth() -> None:
    given_value = {"user": "ann", "headers": [{"Authorization": "Bearer abc"}], "smtp": {"password": {"old": "x"}}}
    assert redact(given_value) == {"user": "ann", "headers": [{"Authorization": MASK}], "smtp": {"password": MASK}}


def test_empty_secret_still_shows_that_it_is_empty() -> None:
    assert redact({"password": "", "token": None}) == {"password": "", "token": None}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdefgh1234", f"Authorization: Bearer {MASK}"),
        ("postgres://desk:hunter2@db:5432/desk", f"postgres://desk:{MASK}@db:5432/desk"),
        ("GET /feed?token=s3cr3tvalue&page=2", f"GET /feed?token={MASK}&page=2"),
        ('{"api_key": "abcd1234"}', f'{{"api_key": "{MASK}"}}'),
        ("password=hunter2, user=ann", f"password={MASK}, user=ann"),
        ("used sk-abcdefghijklmnopqrst for it", f"used {MASK} for it"),
        ("the token was missing", "the token was missing"),
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
    ],
)
def test_secret_inside_text_is_masked_and_its_surroundings_stay(text: str, masked: str) -> None:
    assert redact_text(text) == masked


@given(JSON_VALUES)
def test_redacting_twice_is_redacting_once(value: object) -> None:
    once = redact(value)
    assert redact(once) == once


@given(JSON_VALUES)
def test_redacted_json_is_still_json(value: object) -> None:
    assert json.loads(json.dumps(redact(value))) == redact(value)


def test_text_with_nul_and_lone_surrogates_becomes_storable() -> None:
    assert clean_text("a\x00b\ud800c\udfffd") == "ab\ufffdc\ufffdd"


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_clean_text_encodes_and_holds_no_nul(text: str) -> None:
    assert b"\x00" not in clean_text(text).encode("utf-8")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_good_text_is_left_as_it_is(text: str) -> None:
    assert clean_text(text) == text
