"""Who gets which mail: suppressed addresses, preferences, and leaving by the link of a mail."""

import email
import email.policy
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_user
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.testing import drain
from nightdesk.mail import services
from nightdesk.mail.errors import SuppressionNotFound, UnsubscribeLinkNotValid
from nightdesk.mail.models import Category, OutboxMail, Suppression, SuppressionReason
from nightdesk.mail.services import suppress

pytestmark = pytest.mark.django_db

UNWANTED = "The recipient does not want such mail."
LEFT = "The recipient has unsubscribed from such mail."


@pytest.fixture
def mia() -> User:
    return create_user(email="mia@example.org")


def skipped(address: str = "mia@example.org", user_id: int | None = None) -> dict[str, str | None]:
    return {
        category: services.skip_reason(address=address, user_id=user_id, category=category)
        for category in Category.values
    }


def path_of(address: str, category: str = Category.BULK) -> str:
    link = services.unsubscribe_address(address=address, category=category)
    assert link.startswith("http://localhost:8000/mail/unsubscribe/")
    return link.removeprefix("http://localhost:8000")


@pytest.mark.parametrize("reason", SuppressionReason.values)
def test_suppressed_address_gets_nothing_but_security(reason: str) -> None:
    suppress(address=" Mia@Example.ORG ", reason=reason)

    found = skipped("MIA@example.org")
    assert found["security"] is None
    assert found["notice"] == found["bulk"]
    assert found["bulk"]


def test_suppression_of_one_category_leaves_the_others() -> None:
    suppress(address="mia@example.org", reason=SuppressionReason.UNSUBSCRIBED, category=Category.BULK)

    assert skipped() == {"security": None, "notice": None, "bulk": LEFT}
    assert skipped("ida@example.org") == {"security": None, "notice": None, "bulk": None}


def test_suppression_keeps_its_first_reason_and_no_secret() -> None:
    first = suppress(
        address="mia@example.org", reason=SuppressionReason.REFUSED, detail="550 \0 Bearer nd_aaaaaaaaaaaaaaaaaaaaaaaa"
    )
    again = suppress(address="MIA@example.org", reason=SuppressionReason.COMPLAINED)

    assert (again.pk, again.reason) == (first.pk, SuppressionReason.REFUSED)
    assert "nd_aaaa" not in first.detail
    services.unsuppress(suppression_id=first.pk, by=None)
    assert skipped() == {"security": None, "notice": None, "bulk": None}
    with pytest.raises(SuppressionNotFound):
        services.unsuppress(suppression_id=first.pk, by=None)


def test_preference_counts_for_the_user_and_for_their_address(mia: User) -> None:
    services.set_preference(user_id=mia.pk, category=Category.NOTICE, is_wanted=False)

    expected = {"security": None, "notice": UNWANTED, "bulk": None}
    assert skipped("other@example.org", mia.pk) == expected
    assert skipped("MIA@example.org") == expected
    services.set_preference(user_id=mia.pk, category=Category.NOTICE, is_wanted=True)
    assert skipped("mia@example.org", mia.pk) == {"security": None, "notice": None, "bulk": None}


@pytest.mark.parametrize("category", ["security", "spam"])
def test_what_cannot_be_refused_is_no_preference(mia: User, category: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.set_preference(user_id=mia.pk, category=category, is_wanted=False)

    assert refusal.value.details == {category: ["This must be one of notice, bulk."]}


def test_one_statement_tells_of_one_mail_and_two_of_a_batch(
    mia: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    services.set_preference(user_id=mia.pk, category=Category.BULK, is_wanted=False)
    suppress(address="gone@example.org", reason=SuppressionReason.REFUSED)
    batch = [
        ("Gone@Example.org", None),
        ("MIA@example.org", None),
        ("mine@example.org", mia.pk),
        ("ok@example.org", None),
    ]
    batch += [(f"{number}@example.org", None) for number in range(200)]

    with django_assert_num_queries(1):
        assert services.skip_reason(address="mia@example.org", user_id=mia.pk, category=Category.BULK) == UNWANTED
    with django_assert_num_queries(2):
        found = services.skip_reasons_of(recipients=batch, category=Category.BULK)
    with django_assert_num_queries(0):
        assert services.skip_reasons_of(recipients=batch, category=Category.SECURITY) == {}

    assert found == {
        "Gone@Example.org": "The mail server said that there is no such mailbox.",
        "MIA@example.org": UNWANTED,
        "mine@example.org": UNWANTED,
    }


def test_mail_program_unsubscribes_with_one_click() -> None:
    """RFC 8058: a POST without a cookie, a login or a CSRF token; no redirect; the same again is no error."""
    program = Client(enforce_csrf_checks=True)
    body = {"List-Unsubscribe": "One-Click"}

    for _ in range(2):
        answer = program.post(path_of("mia@example.org"), body)
        assert (answer.status_code, answer.content, answer.cookies) == (200, b"", {})

    as_form = program.post(
        path_of("ida@example.org"), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert (as_form.status_code, as_form.content) == (200, b"")
    assert list(Suppression.objects.order_by("pk").values_list("address", "category", "reason")) == [
        ("mia@example.org", "bulk", "unsubscribed"),
        ("ida@example.org", "bulk", "unsubscribed"),
    ]


def test_header_of_a_mail_that_was_written_unsubscribes_from_the_next() -> None:
    def send(number: int) -> OutboxMail:
        mail = services.write_mail(
            dedupe_key=f"tests:{number}",
            category=Category.BULK,
            template="newsletter",
            recipient="Mia@Example.org",
            subject="News",
            context={"content": "Spring is here."},
        )
        drain()
        mail.refresh_from_db()
        return mail

    raw = email.message_from_bytes(services.render_mail(mail=send(1)), policy=email.policy.default)

    link = str(raw["List-Unsubscribe"]).strip("<>")
    assert raw["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = raw.get_body(("plain",))
    assert text is not None
    assert link in text.get_content()
    assert Client().post(link.removeprefix("http://localhost:8000"), {"List-Unsubscribe": "One-Click"}).content == b""
    second = send(2)
    assert (second.state, second.last_error) == ("skipped", LEFT)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(b"", "text/plain"), (b"--x\r\nbroken", "multipart/form-data; boundary=x"), (b"\xff\xfe=1", "application/json")],
)
def test_odd_body_unsubscribes_all_the_same(content: bytes, content_type: str) -> None:
    answer = Client().post(path_of("mia@example.org"), content, content_type=content_type)

    assert (answer.status_code, Suppression.objects.count()) == (200, 1)


def test_page_changes_nothing_until_its_button_is_pressed(mia: User) -> None:
    visitor = Client(enforce_csrf_checks=True)
    path = path_of("mia@example.org")

    page = visitor.get(path)
    assert (page.status_code, page["Cache-Control"], page["Referrer-Policy"]) == (200, "no-store", "no-referrer")
    assert (
        "No longer send these mails from Nightdesk to mia@example.org: Newsletters and digests."
        in page.content.decode()
    )
    assert visitor.get(path.rstrip("/")).status_code == 200
    assert not Suppression.objects.exists()

    left = visitor.post(path, {"button": "leave"})
    assert "You are unsubscribed" in left.content.decode()
    assert [one.is_wanted for one in services.preferences_of(user_id=mia.pk)] == [True, False]

    again = visitor.post(path, {"button": "again"})
    assert "You get these mails again" in again.content.decode()
    assert [one.is_wanted for one in services.preferences_of(user_id=mia.pk)] == [True, True]
    assert not Suppression.objects.exists()
    assert visitor.cookies == {}


def test_who_wants_mail_again_is_no_longer_unsubscribed_but_a_dead_mailbox_stays(mia: User) -> None:
    services.unsubscribe(token=path_of("mia@example.org").split("/")[-2])
    suppress(address="mia@example.org", reason=SuppressionReason.REFUSED)

    services.set_preference(user_id=mia.pk, category=Category.BULK, is_wanted=True)

    assert list(Suppression.objects.values_list("reason", flat=True)) == ["refused"]


def _other_category(path: str) -> str:
    head, _, signature = path.rstrip("/").rpartition(":")
    other = path_of("mia@example.org", Category.NOTICE).rstrip("/").rpartition(":")[0]
    assert head != other
    return f"{other}:{signature}/"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda path: path[:-3] + "/",
        lambda path: path.replace("unsubscribe/", "unsubscribe/x"),
        _other_category,
        lambda _path: "/mail/unsubscribe/nothing/",
        lambda _path: "/mail/unsubscribe/%00/",
        lambda _path: f"/mail/unsubscribe/{'a' * 5_000}/",
    ],
    ids=["cut", "changed", "other-category", "no-token", "nul", "long"],
)
def test_link_that_is_not_ours_is_a_plain_page(tamper: Callable[[str], str]) -> None:
    path = tamper(path_of("mia@example.org"))

    for answer in (Client().get(path), Client().post(path, {"List-Unsubscribe": "One-Click"})):
        assert answer.status_code == 404
        assert "This link to unsubscribe is not complete." in answer.content.decode()
    assert not Suppression.objects.exists()


def test_link_is_the_same_each_time_and_there_is_none_for_security() -> None:
    assert path_of("Mia@Example.org") == path_of("mia@example.org")
    with pytest.raises(ValueError, match="cannot be unsubscribed from"):
        services.unsubscribe_address(address="mia@example.org", category=Category.SECURITY)
    with pytest.raises(UnsubscribeLinkNotValid):
        services.unsubscribe(token="")
