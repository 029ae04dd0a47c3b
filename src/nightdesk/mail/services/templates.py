"""What mails there are: each template with what it is for, what it needs, and a sample to look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nightdesk.mail.errors import TemplateNotFound
from nightdesk.mail.models import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateInfo:
    """A mail template: `<name>.html` and `<name>.txt`.

    `needs` are the variables that a context must have, beside those that are always there (`ALWAYS`). `sample` fills the
    preview.
    """

    name: str
    title: str
    category: str
    subject: str
    needs: tuple[str, ...] = ()
    sample: Mapping[str, Any] = field(default_factory=dict)


#: What every template can use. `user` is empty where nobody here has the recipient's address; mail about security has
#: no `unsubscribe_url`.
ALWAYS: Final = ("user", "frontend_url", "site_name", "unsubscribe_url", "recipient_email", "subject")

SAMPLE_USER: Final[Mapping[str, Any]] = {
    "id": 7,
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Okafor",
    "name": "Ada Okafor",
    "status": "active",
}

TEMPLATES: Final = (
    TemplateInfo(
        name="welcome_user",
        title="Welcome",
        category=Category.NOTICE,
        subject="Welcome to the studio",
        sample={"user": SAMPLE_USER},
    ),
    TemplateInfo(
        name="welcome_admin",
        title="Welcome, administrator",
        category=Category.NOTICE,
        subject="You look after the studio now",
        sample={"user": SAMPLE_USER},
    ),
    TemplateInfo(
        name="newsletter",
        title="Newsletter",
        category=Category.BULK,
        subject="What we made in May",
        needs=("content",),
        sample={
            "user": SAMPLE_USER,
            "heading": "What we made in May",
            "content": "Three campaigns went out, and the summer pictures are ready.\n\nThank you for reading along.",
            "link_url": "https://example.org/may",
            "link_text": "See the pictures",
        },
    ),
    TemplateInfo(
        name="notification",
        title="Notification",
        category=Category.NOTICE,
        subject="Your export is ready",
        needs=("message",),
        sample={
            "user": SAMPLE_USER,
            "message": "The export of 1,204 posts is ready. It can be downloaded for seven days.",
            "link_url": "https://example.org/exports",
            "link_text": "Download it",
        },
    ),
    TemplateInfo(
        name="password_reset",
        title="Password reset",
        category=Category.SECURITY,
        subject="Choose a new password",
        needs=("reset_url",),
        sample={
            "user": SAMPLE_USER,
            "reset_url": "https://example.org/reset/made-up-for-the-preview",
            "valid_for": "one hour",
        },
    ),
    TemplateInfo(
        name="report",
        title="Report",
        category=Category.BULK,
        subject="Activity, 1 May 2026 to 31 May 2026",
        needs=("title", "period", "time_zone", "totals", "report_url"),
        sample={
            "user": SAMPLE_USER,
            "title": "Activity",
            "period": "1 May 2026 to 31 May 2026",
            "time_zone": "Europe/Berlin",
            "totals": [{"name": "Things done", "value": "1,204"}, {"name": "Jobs that succeeded", "value": "318"}],
            "tables": [
                {
                    "name": "Who did it",
                    "columns": ["Who", "Things done"],
                    "rows": [["Ada Okafor", "702"], ["Noor Haddad", "401"]],
                    "more": 3,
                }
            ],
            "report_url": "https://example.org/exports/reports/1/",
        },
    ),
    TemplateInfo(
        name="test_template",
        title="Test mail",
        category=Category.NOTICE,
        subject="A test mail",
        sample={"message": "Sent to see whether mail arrives."},
    ),
)
_BY_NAME: Final = {one.name: one for one in TEMPLATES}


def list_templates() -> tuple[TemplateInfo, ...]:
    """Return all templates, in the order in which they are shown."""
    return TEMPLATES


def find_template(name: str) -> TemplateInfo:
    """Return a template.

    Raises:
        TemplateNotFound: there is none of this name.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        known = ", ".join(_BY_NAME)
        raise TemplateNotFound(f"There is no mail template {name!r}. There are: {known}.") from None
