"""The page about mail: its examples send mail, and its tables are what there is."""

import json
import re
from typing import Final

import pytest

from nightdesk.accounts.services import create_user
from nightdesk.engine.testing import drain
from nightdesk.mail.models import Category, MailState, OutboxMail
from nightdesk.mail.services import list_templates
from tests.docs.pages import page
from tests.support.callers import make_caller

pytestmark = pytest.mark.django_db

PAGE: Final = page("docs/mail.md")
_CURL: Final = re.compile(r"curl http://localhost:8000(\S+) .*?-d '(.*?)'", re.DOTALL)


def first_cells(heading: str) -> list[str]:
    """Read what stands in the first column of the table under a heading, names in code only."""
    rows = PAGE.text.partition(heading)[2].partition("\n\n")[0].splitlines()
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_curl_of_the_page_is_accepted() -> None:
    (script,) = PAGE.blocks("sh")
    calls = _CURL.findall(script)
    ada = make_caller("ada")

    assert [ada.post(path, json.loads(body)).status_code for path, body in calls] == [202, 202]


def test_python_of_the_page_sends() -> None:
    (source,) = PAGE.blocks("py")
    exec(compile(source, "docs/mail.md", "exec"), {"user": create_user(email="ada@example.org")})
    drain()

    assert sorted(OutboxMail.objects.values_list("template", "recipient", "state")) == [
        ("newsletter", "leo@example.org", "kept"),
        ("newsletter", "mia@example.org", "kept"),
        ("notification", "mia@example.org", "kept"),
        ("welcome_admin", "ada@example.org", "kept"),
        ("welcome_user", "ada@example.org", "kept"),
    ]


def test_tables_name_every_category_state_and_template() -> None:
    assert first_cells("| category | mails |") == [category.value for category in Category]
    assert first_cells("| state | means |") == [state.value for state in MailState]
    assert sorted(first_cells("| template | category |")) == sorted(one.name for one in list_templates())
    rows = dict(re.findall(r"^\| `([\w`, ]+)` \| `(\w+)` \|", PAGE.text, re.MULTILINE))
    named = {name: category for names, category in rows.items() for name in names.split("`, `")}
    assert named == {one.name: one.category for one in list_templates()}
