"""What a mail says: templates, what fills them, and the bytes that leave."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import LazySettings

from nightdesk.accounts.services import create_user
from nightdesk.campaigns.models import Campaign
from nightdesk.core.errors import InvalidInput
from nightdesk.mail import services
from nightdesk.mail.models import OutboxMail
from nightdesk.mail.services import MissingVariables, list_templates
from nightdesk.mail.services.contexts import RowGone, open_context
from nightdesk.mail.services.rendering import FOLDER, TemplateBroken

pytestmark = pytest.mark.django_db

LONG_NAME = "a" * 60 + "@" + "b" * 60 + ".example.org"


def write(**fields: object) -> OutboxMail:
    given = {
        "dedupe_key": "one",
        "category": "notice",
        "template": "notification",
        "recipient": "ada@example.org",
        "subject": "Ready",
        "context": {"message": "It is there."},
        **fields,
    }
    return services.write_mail(**given)  # type: ignore[arg-type]


def read(mail: OutboxMail) -> EmailMessage:
    message = email.message_from_bytes(services.render_mail(mail=mail), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("template", list_templates(), ids=lambda template: template.name)
def test_sample_fills_its_template_and_nothing_is_loaded_from_elsewhere(template: services.TemplateInfo) -> None:
    preview = services.preview_template(name=template.name)

    assert preview.missing == ()
    assert set(template.needs) <= template.sample.keys()
    assert 'style="' in preview.html
    assert "prefers-color-scheme: dark" in preview.html
    assert not any(load in preview.html for load in ("<img", "<link", "url(", "<script"))
    assert "{" not in preview.text
    assert "<" not in preview.text


def test_mail_has_both_parts_and_the_headers_that_machines_read() -> None:
    mail = write(subject="Grüße — 50 % Größe", recipient=LONG_NAME, context={"message": "Käse & <b>Brot</b>\n.\nEnde"})

    message = read(mail)

    leave = services.unsubscribe_address(address=LONG_NAME, category="notice")
    assert {name: message[name] for name in message if name != "Date" and not name.startswith("Content")} == {
        "From": "Nightdesk <nightdesk@localhost.localdomain>",
        "To": LONG_NAME,
        "Subject": "Grüße — 50 % Größe",
        "Message-ID": f"<{mail.uid}@localhost>",
        "Auto-Submitted": "auto-generated",
        "Feedback-ID": "0:notification:notice:nightdesk",
        "MIME-Version": "1.0",
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert "Käse & <b>Brot</b>\n.\nEnde" in body(message, "plain")
    assert "<p>Käse &amp; &lt;b&gt;Brot&lt;/b&gt;<br>.<br>Ende</p>" in body(message, "html").replace(
        ' style="margin: 0 0 16px;"', ""
    )
    assert max(map(len, services.render_mail(mail=mail).split(b"\r\n"))) < 998


def test_mail_is_written_once_and_stays_as_it_was() -> None:
    user = create_user(email="ada@example.org", first_name="Ada")
    mail = write()
    before = services.render_mail(mail=mail)
    type(user).objects.update(first_name="Grace")

    assert services.render_mail(mail=mail) == before
    assert "Hello Ada," in before.decode()
    assert mail.user_id == user.pk


def test_mail_about_security_cannot_be_left_and_is_sealed() -> None:
    mail = write(category="security", template="password_reset", context={"reset_url": "https://studio.example/r/1"})

    message = read(mail)

    assert "List-Unsubscribe" not in message
    assert "unsubscribe" not in body(message, "plain")
    assert "https://studio.example/r/1" in body(message, "plain")
    assert "studio.example" not in mail.sealed_context


def test_rows_travel_as_references_and_show_only_what_they_may() -> None:
    user = create_user(email="mia@example.org", first_name="Mia", password="correct horse battery")
    campaign = Campaign.objects.create(name="Summer", brief="Sun", channels=["email"], language="en")
    context = {"user": user, "message": "Done.", "about": [campaign], "link_url": "https://studio.example"}
    mail = write(context=context)
    type(user).objects.filter(pk=user.pk).update(first_name="Maria")

    assert "Hello Maria," in body(read(mail), "plain")
    opened = open_context(mail.sealed_context)
    assert opened["about"][0]["name"] == "Summer"
    assert sorted(opened["user"]) == ["date_joined", "email", "first_name", "id", "last_name", "name", "status"]


def test_row_that_is_gone_and_row_that_is_no_business_of_mails_are_said() -> None:
    user = create_user(email="mia@example.org")
    mail = write(context={"user": user, "message": "Done."})
    user.delete()

    with pytest.raises(RowGone, match=r"about accounts\.user \d+, which is not there any more"):
        services.render_mail(mail=mail)
    with pytest.raises(InvalidInput) as refused:
        write(dedupe_key="two", context={"mail": mail, "message": "Done."})
    assert refused.value.details["context"][0].startswith("A mail cannot show rows of mail.outboxmail.")
    with pytest.raises(InvalidInput) as refused:
        write(dedupe_key="three", context={"user": type(user)(email="new@example.org"), "message": "Done."})
    assert "was never saved" in refused.value.details["context"][0]


def test_template_names_all_that_its_context_has_not(settings: LazySettings, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "notification.txt").write_text("{{ order.number }} {{ site_name }} {% if extra %}x{% endif %}")
    settings.DATA_DIR = tmp_path

    with pytest.raises(MissingVariables) as missing:
        services.render_mail(mail=write(context={}))

    assert missing.value.names == ("message", "order.number")


def test_templates_of_the_operator_stand_before_ours_and_are_read_again(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / FOLDER).mkdir()
    own = tmp_path / FOLDER / "notification.txt"

    texts = []
    for content in ("First & {{ message }}", "Second: {{ message }}"):
        own.write_text(content)
        texts.append(services.preview_template(name="notification", context={"message": "it's"}).text)
    own.write_text("{% nothing %}")

    assert texts == ["First & it's\n", "Second: it's\n"]
    with pytest.raises(TemplateBroken, match=r"notification\.txt cannot be read"):
        services.preview_template(name="notification")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("recipient", "nobody"),
        ("recipient", "a@example.org\r\nBcc: b@example.org"),
        ("subject", "Hello\nBcc: b@example.org"),
        ("subject", ""),
        ("category", "spam"),
        ("context", {"message": object()}),
    ],
)
def test_what_cannot_be_sent_is_not_written_down(field: str, wrong: object) -> None:
    with pytest.raises(InvalidInput):
        write(**{field: wrong})

    assert not OutboxMail.objects.exists()
