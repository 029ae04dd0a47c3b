"""How long a caller prefers to wait."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from nightdesk.httpkit.waiting import confirm, seconds_asked


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("wait=10", 10),
        ("respond-async, wait=10", 10),
        ('wait="7"; foo', 7),
        ("WAIT = 3", 3),
        ("wait=600", 30),
        ("wait=-1", 0),
        ("wait=soon", 0),
        ("await=9", 0),
        ("wait=1.5", 0),
    ],
)
def test_wish_is_read_from_the_header(header: str, seconds: float) -> None:
    assert seconds_asked(RequestFactory().get("/", headers={"Prefer": header})) == seconds


@pytest.mark.parametrize(("seconds", "said"), [(0.0, None), (30.0, "wait=30")])
def test_wish_that_was_heeded_is_confirmed(seconds: float, said: str | None) -> None:
    assert confirm(HttpResponse(), seconds).get("Preference-Applied") == said
