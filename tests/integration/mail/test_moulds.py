"""Mails of a mailing that are filled into a mould: byte for byte what is written one by one, or no mould."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from nightdesk.mail.models import Category, OutboxMail
from nightdesk.mail.services import list_templates, messages, moulds
from nightdesk.mail.services.messages import write_body
from nightdesk.mail.services.rendering import FOLDER, leave_address

pytestmark = pytest.mark.django_db

PLAIN = '{% extends "base.txt" %}{% block content %}News{% endblock %}'


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mails that are to be compared have one date."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 5, 1, tzinfo=UTC))


def make(recipient: str, template: str = "newsletter") -> OutboxMail:
    return OutboxMail(
        category=Category.BULK, template=template, subject="Boats — “dawn”", recipient=recipient, bulk_id=7
    )


def cast(mould: moulds.Mould, mail: OutboxMail) -> messages.Body | None:
    return mould.write(mail=mail, leave=leave_address(recipient=mail.recipient, category=mail.category))


@pytest.mark.parametrize("template", [one.name for one in list_templates() if one.category != Category.SECURITY])
def test_every_template_comes_out_of_its_mould_as_if_it_were_written_alone(template: str) -> None:
    (info,) = (one for one in list_templates() if one.name == template)
    context: dict[str, Any] = {**info.sample, "content": "Früh — hinaus.  \n.\n" + "lang " * 60 + "\n\n=20 <b>&amp;"}
    mould = moulds.make_mould(mail=make("first@example.org", template), context=context)
    assert mould is not None

    for recipient in ("ada@example.org", "A.B+c_d-e@EXAMPLE.org", "x" * 64 + "@" + "y" * 60 + ".example.org", "a@b.c"):
        mail = make(recipient, template)
        assert cast(mould, mail) == write_body(mail=mail, context=context)


@pytest.mark.parametrize(
    "recipient", ["o'hara@example.org", "a&b@example.org", "a=b@example.org", "müller@example.org"]
)
def test_address_that_is_not_the_same_everywhere_is_written_alone(recipient: str) -> None:
    mould = moulds.make_mould(mail=make("first@example.org"), context={"content": "News."})
    assert mould is not None
    assert mould.fill(recipient=recipient, leave="https://studio.example/") is None


@pytest.mark.parametrize(
    "page",
    [
        "{{ recipient_email|upper }}",
        '{% if recipient_email == "ada@example.org" %}Ada{% endif %}',
        "{% with name=recipient_email %}{{ name }}{% endwith %}",
        "{% filter upper %}{{ recipient_email }}{% endfilter %}",
        "{% blocktranslate asvar hello %}{{ recipient_email }}{% endblocktranslate %}{{ hello|upper }}",
        "{% include content %}",
        '<style>a[href*="ada"] { color: red }</style><a href="{{ unsubscribe_url }}">x</a>',
        "<p {{ recipient_email }}>Attribute names are written small</p>",
        "{% load l10n %}{% localize off %}{{ recipient_email }}{% endlocalize %}",
    ],
)
def test_template_that_does_more_than_show_what_differs_has_no_mould(
    settings: LazySettings, tmp_path: Path, page: str
) -> None:
    settings.DATA_DIR = str(tmp_path)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "newsletter.html").write_text(page)
    (tmp_path / FOLDER / "newsletter.txt").write_text(PLAIN)

    assert moulds.make_mould(mail=make("ADA@example.org"), context={"content": "base.html"}) is None
