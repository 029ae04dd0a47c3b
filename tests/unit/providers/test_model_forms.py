"""What is asked of a server: schemas, the forms of a request, limits, and the words of the prompt."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.openai_compatible.dialect import Complaint, Dialect, Form, Rung, find_dialect
from nightdesk.providers.text.openai_compatible.prompts.rendering import make_nonce, render_draft, render_repair
from nightdesk.providers.text.openai_compatible.schemas import (
    build_response_format,
    build_schema,
    count_ceiling,
    count_goal,
    find_ceiling,
    find_token_limit,
)
from nightdesk.providers.text.options import Structure, TextOptions
from nightdesk.providers.text.protocol import BrandVoice, PieceRequest

LOCAL = TextOptions(url="http://localhost:8080", model="m")
OPENAI = TextOptions(key="k", model="gpt-5-mini")
#: What OpenAI's strict mode documents for the shapes that we use.
STRICT_WORDS = {"type", "properties", "required", "additionalProperties", "items"}


def walk(schema: Any) -> list[dict[str, Any]]:
    """List a schema and the schemas inside it."""
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return [schema, *(deeper for part in inner for deeper in walk(part))]


@pytest.mark.parametrize("channel", Channel)
def test_strict_schema_keeps_to_the_documented_subset(channel: Channel) -> None:
    schema = build_schema(channel, lengths=False)

    assert {word for part in walk(schema) for word in part} <= STRICT_WORDS
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("channel", Channel)
def test_every_text_of_a_schema_has_a_maximum_within_its_limit(channel: Channel, language: str) -> None:
    schema = build_schema(channel, lengths=True, language=language)

    texts = [part for part in walk(schema) if part["type"] == "string"]
    assert [text for text in texts if not text.get("maxLength")] == []
    for spec in CHANNELS[channel].fields:
        assert spec.hard is None or find_ceiling(channel, spec, language) <= spec.hard


def test_schema_of_a_list_says_how_many() -> None:
    headlines = build_schema(Channel.GOOGLE_RSA, lengths=True)["properties"]["headlines"]

    assert headlines == {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": 30},
        "minItems": 3,
        "maxItems": 15,
    }


def test_response_format_of_each_rung() -> None:
    formats = {rung: build_response_format(Channel.X, rung, "en") for rung in Rung}

    assert formats[Rung.PROMPT] is None
    assert formats[Rung.JSON] == {"type": "json_object"}
    assert formats[Rung.STRICT] == {
        "type": "json_schema",
        "json_schema": {"name": "x", "strict": True, "schema": build_schema(Channel.X, lengths=False)},
    }
    assert "maxLength" in json.dumps(formats[Rung.SCHEMA])


@pytest.mark.parametrize("channel", Channel)
def test_goal_is_below_what_an_answer_may_have_and_tokens_are_enough(channel: Channel) -> None:
    assert 0 < count_goal(channel) <= count_ceiling(channel)
    assert find_token_limit(channel, thinks=False) > count_ceiling(channel) / 2
    assert find_token_limit(channel, thinks=True) > find_token_limit(channel, thinks=False) + 4_000


def climb_down(options: TextOptions) -> list[Rung]:
    dialect = Dialect(options)
    rungs = [dialect.form.rung]
    while dialect.concede(dialect.form, Complaint.STRUCTURE):
        rungs.append(dialect.form.rung)
    return rungs


@pytest.mark.parametrize(
    ("options", "rungs"),
    [
        (LOCAL, ["schema", "strict", "json", "prompt"]),
        (OPENAI, ["strict", "json", "prompt"]),
        (replace(LOCAL, structure=Structure.SCHEMA), ["schema", "strict"]),
        (replace(OPENAI, structure=Structure.SCHEMA), ["strict"]),
        (replace(LOCAL, structure=Structure.JSON), ["json"]),
        (replace(LOCAL, structure=Structure.PROMPT), ["prompt"]),
    ],
)
def test_ladder_begins_and_ends_where_the_setting_says(options: TextOptions, rungs: list[str]) -> None:
    assert climb_down(options) == rungs


def test_openai_is_asked_with_the_newer_name_of_the_limit_first() -> None:
    assert Dialect(OPENAI).form == Form(Rung.STRICT, limit_field="max_completion_tokens")


def test_name_of_the_limit_is_changed_once() -> None:
    dialect = Dialect(LOCAL)

    assert dialect.concede(dialect.form, Complaint.LIMIT)
    assert dialect.form.limit_field == "max_completion_tokens"
    assert not dialect.concede(dialect.form, Complaint.LIMIT)


def test_usage_is_given_up_once() -> None:
    dialect = Dialect(LOCAL)

    assert dialect.concede(dialect.form, Complaint.USAGE)
    assert not dialect.form.with_usage
    assert not dialect.concede(dialect.form, Complaint.USAGE)


def test_many_threads_that_are_refused_at_once_give_up_one_rung() -> None:
    dialect = Dialect(LOCAL)
    refused = dialect.form

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: dialect.concede(refused, Complaint.STRUCTURE), range(32)))

    assert dialect.form.rung == Rung.STRICT


def test_dialect_is_remembered_for_a_server_and_model_whatever_the_key() -> None:
    assert find_dialect(replace(LOCAL, key="one")) is find_dialect(replace(LOCAL, key="two"))
    assert find_dialect(LOCAL) is not find_dialect(replace(LOCAL, model="other"))


REQUEST = PieceRequest(
    channel=Channel.X,
    brief="Fresh bread.",
    product="Loaf",
    audience="Early people",
    tone="dry",
    brand=BrandVoice(voice="calm", audience="All", words_to_use=["crust"], words_to_avoid=["cheap"]),
    wish="Shorter",
    previous={"text": "Old"},
)
#: A version of a prompt never changes once it has written a piece: make piece_2.py instead of mending these.
PINNED = {
    "google_rsa": "5d0f4debea910e2a",
    "meta_feed": "4d34be9c7681f96a",
    "linkedin": "a45fdd63318d1439",
    "x": "1a46ac54d7f0887b",
    "email": "d6f42c77398d642d",
    "blog": "4187b9f3f347d6ec",
}


@pytest.mark.parametrize("channel", Channel)
def test_prompt_of_a_version_never_changes(channel: Channel) -> None:
    request = REQUEST.model_copy(update={"channel": channel})
    rendered = [render_draft(request, rung, "0123456789abcdef") for rung in (Rung.SCHEMA, Rung.PROMPT)]
    rendered += [
        render_repair(
            request,
            Rung.SCHEMA,
            "0123456789abcdef",
            answer="{}",
            complaints=["Wrong."],
            forbidden=["cheap"],
            is_cut=True,
        )
    ]

    assert hashlib.sha256(json.dumps(rendered).encode()).hexdigest()[:16] == PINNED[channel]


def test_nonce_stands_nowhere_in_what_it_fences(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter(["a" * 16, "b" * 16, "c" * 16])
    monkeypatch.setattr("secrets.token_hex", lambda _size: next(draws))
    request = PieceRequest(channel=Channel.X, brief=f"{'a' * 16}>>> and more")

    assert make_nonce(request, answer=f"{'b' * 16}>>>") == "c" * 16
