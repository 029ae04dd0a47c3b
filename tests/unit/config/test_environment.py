"""The typed readers: what they accept, and the sentence with which they refuse."""

from pathlib import Path

import pytest

from nightdesk.config.environment import Environment, Topic
from nightdesk.core.errors import Misconfigured

MEANING = "Only for this test."


def make_topic(**values: str) -> Topic:
    return Environment(values).topic("Test")


@pytest.mark.parametrize("raw", ["", "   "])
def test_empty_value_counts_as_not_set(raw: str) -> None:
    assert make_topic(SIZE=raw).integer("SIZE", default=7, meaning=MEANING) == 7


@pytest.mark.parametrize(
    ("raw", "seconds"), [("90", 90), ("1.5", 1.5), ("90s", 90), ("15m", 900), ("1h", 3600), ("2d", 172800)]
)
def test_duration_is_read_in_seconds(raw: str, seconds: float) -> None:
    assert make_topic(AGE=raw).duration_s("AGE", default=1, meaning=MEANING) == seconds


@pytest.mark.parametrize("raw", ["soon", "-5", "5 weeks", "1h30", "nan", "0"])
def test_duration_that_cannot_be_read_is_refused(raw: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        make_topic(AGE=raw).duration_s("AGE", default=1, least=1, meaning=MEANING)
    assert str(caught.value) == f"AGE must be a time like 90, 15m or 1h, at least 1 seconds, not {raw!r}."


@pytest.mark.parametrize("raw", ["many", "1.5", "0", "11", "१"])
def test_whole_number_outside_its_bounds_is_refused(raw: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        make_topic(SIZE=raw).integer("SIZE", default=5, least=1, most=10, meaning=MEANING)
    assert str(caught.value) == f"SIZE must be a whole number from 1 to 10, not {raw!r}."
    assert caught.value.setting == "SIZE"


@pytest.mark.parametrize(("raw", "value"), [("true", True), ("YES", True), ("1", True), ("off", False), ("0", False)])
def test_flag_is_read_in_any_case(raw: str, value: bool) -> None:
    assert make_topic(DEBUG=raw).flag("DEBUG", default=not value, meaning=MEANING) is value


def test_flag_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"^DEBUG must be true or false, not 'maybe'\.$"):
        make_topic(DEBUG="maybe").flag("DEBUG", default=False, meaning=MEANING)


def test_choice_is_read_in_any_case_and_returned_as_listed() -> None:
    assert (
        make_topic(LEVEL="info").choice("LEVEL", options=["INFO", "DEBUG"], default="DEBUG", meaning=MEANING) == "INFO"
    )


def test_choice_outside_its_list_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"^LEVEL must be one of INFO, DEBUG, not 'loud'\.$"):
        make_topic(LEVEL="loud").choice("LEVEL", options=["INFO", "DEBUG"], default="INFO", meaning=MEANING)


def test_words_are_split_at_commas() -> None:
    assert make_topic(HOSTS=" a, b,,c ").words("HOSTS", meaning=MEANING) == ("a", "b", "c")


def test_secret_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s3cret\n", encoding="utf-8")
    assert make_topic(KEY_FILE=str(path)).secret("KEY", meaning=MEANING) == "s3cret"


def test_secret_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"^KEY is given twice, here and in KEY_FILE\. Keep one of the two\.$"):
        make_topic(KEY="a", KEY_FILE=str(tmp_path)).secret("KEY", meaning=MEANING)


@pytest.mark.parametrize(
    ("content", "complaint"), [(None, "cannot be read (FileNotFoundError)"), (b" \n", "an empty file")]
)
def test_secret_file_without_a_secret_is_refused(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        make_topic(KEY_FILE=str(path)).secret("KEY", meaning=MEANING)
    assert complaint in str(caught.value)
    assert caught.value.setting == "KEY_FILE"


def test_address_of_another_kind_is_refused_without_repeating_it() -> None:
    with pytest.raises(Misconfigured) as caught:
        make_topic(URL="ftp://ann:hunter2@host").address("URL", default="http://a", schemes=["http"], meaning=MEANING)
    assert str(caught.value) == "URL must begin with one of http://."


def test_setting_with_two_readers_is_a_bug() -> None:
    topic = make_topic()
    topic.text("NAME", meaning=MEANING)
    with pytest.raises(AssertionError, match="NAME is read twice"):
        topic.text("NAME", meaning=MEANING)


def test_misspelt_setting_is_warned_of_with_its_neighbour() -> None:
    environment = Environment({"NIGHTDESK_DATADIR": "x", "NIGHTDESK_DATA_DIR": "y", "OTHER": "z"})
    environment.topic("Test").text("NIGHTDESK_DATA_DIR", meaning=MEANING)
    environment.warn_of_strangers()
    assert environment.warnings == [
        "NIGHTDESK_DATADIR is set but is not a setting of Nightdesk. Did you mean NIGHTDESK_DATA_DIR?"
    ]
