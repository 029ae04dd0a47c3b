"""The error tree: what a caller may rely on."""

import inspect
import re

import pytest

from nightdesk.core import errors
from nightdesk.core.errors import BusinessError, NightdeskError, OperationalFault

CLASSES = [thing for thing in vars(errors).values() if inspect.isclass(thing) and issubclass(thing, NightdeskError)]
BRANCHES = {NightdeskError, BusinessError, OperationalFault}


def test_codes_of_all_errors_are_unique() -> None:
    codes = [error.code for error in CLASSES]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_tree_in_the_docstring_shows_every_error_with_its_status(error: type[NightdeskError]) -> None:
    drawn = dict(re.findall(r"[├└]── (\w+) +(\d{3})", errors.__doc__ or ""))
    expected = None if error in BRANCHES else str(error.status)
    assert drawn.get(error.__name__) == expected


def test_business_errors_are_answered_with_4xx_and_faults_with_5xx() -> None:
    families = {error.__name__: error.status // 100 for error in CLASSES if error is not NightdeskError}
    assert families == {
        e.__name__: 4 if issubclass(e, BusinessError) else 5 for e in CLASSES if e is not NightdeskError
    }


def test_only_a_pause_or_a_passing_fault_is_retryable() -> None:
    assert {error.__name__ for error in CLASSES if error.retryable} == {"TooManyRequests", "Transient", "Throttled"}


def test_error_without_words_speaks_for_its_class() -> None:
    error = errors.NotFound()
    assert str(error) == errors.NotFound.public_message
    assert error.details == {}


def test_error_with_details_keeps_a_copy_of_them() -> None:
    complaints = {"name": ["too long"]}
    error = errors.InvalidInput(details=complaints)
    complaints["name"].append("later")
    assert error.details == {"name": ["too long"]}


def test_misconfigured_names_its_setting_and_the_next_step() -> None:
    error = errors.Misconfigured(setting="DATABASE_URL")
    assert error.setting == "DATABASE_URL"
    assert str(error) == "DATABASE_URL is missing or wrong. Set it, then start Nightdesk again."


def test_pauses_are_carried_in_seconds() -> None:
    assert errors.TooManyRequests(retry_after_s=3.5).retry_after_s == 3.5
    assert errors.Throttled(retry_after_s=60).retry_after_s == 60
    assert errors.Throttled().retry_after_s is None
