"""Which writer is used, what it lacks, and that no secret is in the settings' own text."""

from collections.abc import Iterator

import pytest

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.text import registry
from nightdesk.providers.text.options import TextOptions
from nightdesk.providers.text.registry import configure, describe_writers, find_writer

SECRET = "nd-test-91c4a7e2"
LOCAL = TextOptions(url=f"http://ann:{SECRET}@llm.example:8080", model="m-1", at_once=3)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Put back what this process was configured with."""
    before = registry._configured.options
    yield
    configure(before)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (TextOptions(), "template"),
        (LOCAL, "openai"),
        (TextOptions(key=SECRET, model="gpt-5-mini"), "openai"),
        (TextOptions(url="http://localhost:8080"), "openai"),
    ],
)
def test_writer_is_the_one_that_is_configured(options: TextOptions, name: str) -> None:
    configure(options)

    assert find_writer().name == name
    assert find_writer("template").name == "template"
    assert [status.name for status in describe_writers() if status.is_used] == [name]


@pytest.mark.parametrize(
    ("options", "setting", "says"),
    [
        (TextOptions(key=SECRET), "NIGHTDESK_TEXT_MODEL", "is missing: OpenAI needs it"),
        (TextOptions(url="https://api.openai.com/v1", model="m"), "NIGHTDESK_TEXT_KEY", "is missing"),
        (TextOptions(model="m"), "NIGHTDESK_TEXT_URL", "names a model, but no server is set"),
    ],
)
def test_model_that_is_half_configured_is_an_error_and_never_a_silent_swap(
    options: TextOptions, setting: str, says: str
) -> None:
    configure(options)

    with pytest.raises(Misconfigured, match=says) as caught:
        find_writer()
    assert caught.value.setting == setting
    [model] = [status for status in describe_writers() if status.name == "openai"]
    assert (model.is_used, model.is_ready, model.missing[0]) == (True, False, setting)


def test_model_may_write_as_many_pieces_at_once_as_is_set() -> None:
    configure(LOCAL)

    assert find_writer().at_once == 3


def test_status_names_server_and_model_and_no_secret() -> None:
    configure(LOCAL)

    assert [status.detail for status in describe_writers()] == [
        "Arranges the sentences of the brief. Needs no key and no model.",
        "m-1 on llm.example:8080.",
    ]
    assert SECRET not in repr(describe_writers())


def test_options_hide_key_and_address() -> None:
    assert SECRET not in repr(LOCAL)
    assert SECRET not in repr(TextOptions(key=SECRET))
    assert LOCAL.login == ("ann", SECRET)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("", "https://api.openai.com/v1"),
        ("http://localhost:8080", "http://localhost:8080/v1"),
        ("http://localhost:8080/", "http://localhost:8080/v1"),
        ("https://host/openai/v1/", "https://host/openai/v1"),
        ("https://ann:pw@[::1]:9/v1", "https://[::1]:9/v1"),
    ],
)
def test_address_of_the_server_is_completed(url: str, base: str) -> None:
    assert TextOptions(url=url).base_url == base
