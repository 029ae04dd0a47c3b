"""What holds for every page: policy, language, labels, headings, nothing inline."""

from collections import Counter
from html.parser import HTMLParser
from itertools import takewhile

import pytest
from django.test import Client

from nightdesk.accounts.models import Role, User
from nightdesk.campaigns.services import create_campaign
from nightdesk.exports.services import order_export
from nightdesk.publishing.services import create_post
from nightdesk.web.middleware import CONTENT_POLICY
from tests.integration.web.pictures import make_picture

pytestmark = pytest.mark.django_db

PAGES = [
    "/sign-in/",
    "/sign-in/nds_x",
    "/",
    "/activity/",
    "/settings/",
    "/jobs/{job}/",
    "/campaigns/?q=nothing-like-this",
    "/campaigns/",
    "/campaigns/new/?sample=1",
    "/campaigns/{campaign}/",
    "/studio/",
    "/studio/new/",
    "/studio/screenshot/",
    "/studio/{picture}/",
    "/studio/{picture}/?tool=object_removal",
    "/studio/{picture}/?tool=style_transfer",
    "/posts/",
    "/posts/calendar/",
    "/posts/accounts/",
    "/posts/accounts/new/telegram/",
    "/posts/{post}/",
    "/posts/{post}/publish/",
    "/mail/",
    "/mail/new/",
    "/mail/templates/",
    "/mail/mailings/",
    "/exports/",
    "/exports/new/",
    "/exports/{export}/",
    "/activity/done/",
    "/nothing/here/",
]
#: These are for operators.
PAGES_OF_OPERATORS = [
    "/exports/reports/",
    "/exports/reports/new/",
    "/operations/health/",
    "/operations/activity/",
]


class Markup(HTMLParser):
    """The tags of a page with their attributes, and the text inside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_data(self, data: str) -> None:
        if self._in in ("script", "style"):
            self.inline += data.strip()

    def attributes(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


@pytest.fixture(params=PAGES + PAGES_OF_OPERATORS)
def markup(request: pytest.FixtureRequest, browser_of_member: Client, member: User) -> Markup:
    campaign = create_campaign(name="Kettle", brief="A kettle.", channels=["x"], created_by_id=member.id)
    picture = make_picture()
    post = create_post(author_id=member.pk, fields={"title": "Kettle", "body": "It boils."})
    export = order_export(model_name="post", filters={}, user_id=member.pk, is_operator=False)
    if request.param in PAGES_OF_OPERATORS:
        User.objects.filter(pk=member.pk).update(role=Role.OPERATOR)
    address = request.param.format(
        campaign=campaign.pk, job=campaign.task_id, picture=picture.pk, post=post.pk, export=export.pk
    )
    answer = browser_of_member.get(address)
    assert answer["Content-Security-Policy"] == CONTENT_POLICY
    return Markup(answer.content.decode())


def test_page_has_nothing_inline_that_its_policy_forbids(markup: Markup) -> None:
    assert markup.inline == ""
    for tag, attributes in markup.tags:
        assert tag != "style"
        assert [name for name in attributes if name == "style" or name.startswith(("on", "hx-on"))] == []
        for address in (attributes.get("src"), attributes.get("href"), attributes.get("action")):
            assert address is None or address.startswith(("/", "#", "?")), (tag, address)


def test_page_can_be_used_without_seeing_it(markup: Markup) -> None:
    assert markup.attributes("html")[0]["lang"] == "en"
    assert len(markup.attributes("h1")) == len(markup.attributes("main")) == 1
    head = [tag for tag, _ in takewhile(lambda one: one[0] != "body", markup.tags)]  # charts have titles, too
    assert head.count("title") == 1
    assert markup.attributes("a")[0] == {"class": "skip", "href": "#main"}
    ids = Counter(attributes["id"] for _, attributes in markup.tags if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    labelled = {attributes.get("for") for attributes in markup.attributes("label")}
    for control in markup.attributes("input", "textarea", "select", "progress"):
        assert control.get("type") in ("hidden", "checkbox", "radio") or control["id"] in labelled, control
    for _, attributes in markup.tags:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set((attributes.get(name) or "").split()) <= set(ids), attributes


def test_static_files_and_answers_of_the_feed_carry_the_policy_too(client: Client) -> None:
    for path in ("/static/nightdesk/live.js", "/live/", "/campaigns/"):
        assert client.get(path)["Content-Security-Policy"] == CONTENT_POLICY
