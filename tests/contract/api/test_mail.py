"""Mail over HTTP: asking for it, the outbox, templates, suppressed addresses, preferences."""

import uuid
from typing import Any

import pytest
from pytest_django import Settings

from nightdesk.accounts.models import Role
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.mail import services
from nightdesk.mail.models import BulkMail, Category, MailState, OutboxMail
from tests.contract.api.mails import BULK, MAIL, MANY, ONE, SEND, make_mail
from tests.support.callers import JSON, Caller, make_caller, problem_of


@pytest.fixture
def adele(db: None) -> Caller:
    """An administrator."""
    return make_caller("adele", Role.ADMINISTRATOR)


def test_mail_is_asked_for_sent_and_its_result_shown_to_its_owner(ada: Caller, bob: Caller, olga: Caller) -> None:
    asked = ada.post(SEND, ONE)

    task = asked.json()["task_id"]
    assert (asked.status_code, asked["Location"]) == (202, f"/api/v1/jobs/{task}/")
    assert asked.json() == {
        "task_id": task,
        "status": "PENDING",
        "message": "mail.send_notification_email task submitted successfully",
    }
    drain()

    result = ada.get(f"/api/v1/tasks/{task}/result/").json()
    assert (result["status"], result["result"]) == (
        "SUCCESS",
        {
            "status": "success",
            "success": True,
            "message": "No mail server is set, so the mail to ada@example.org is kept in the outbox. Nothing has left.",
            "mail_id": OutboxMail.objects.get().pk,
            "state": "kept",
        },
    )
    # What it carries is its owner's; that there is a job, an operator's, too.
    assert olga.get(f"/api/v1/tasks/{task}/result/").status_code == 403
    assert bob.get(f"/api/v1/tasks/{task}/result/").status_code == 404

    (mail,) = ada.get(MAIL).json()["items"]
    assert (mail["recipient"], mail["state"], mail["task_id"]) == ("ada@example.org", "kept", task)
    shown = ada.get(f"{MAIL}{mail['id']}/").json()
    assert shown["body"]["subject"] == "Ready"
    assert "The pictures are ready." in shown["body"]["text"]
    assert "The pictures are ready." in shown["body"]["html"]
    assert bob.get(f"{MAIL}{mail['id']}/").status_code == 404


def test_mailing_is_asked_for_and_counted(ada: Caller, bob: Caller) -> None:
    asked = ada.post(BULK, MANY)
    assert asked.status_code == 202
    drain()

    task = asked.json()["task_id"]
    result = ada.get(f"/api/v1/tasks/{task}/result/").json()["result"]
    (mailing,) = ada.get(f"{MAIL}mailings/").json()["items"]
    figures = {"sent": 0, "kept": 2, "skipped": 0, "failed": 0, "unknown": 0, "cancelled": 0}
    assert (result["success"], result["bulk_id"], result["total"], result["duplicates"]) == (True, mailing["id"], 2, 1)
    assert {name: result[name] for name in figures} == figures
    assert (mailing["task_id"], mailing["total"]) == (task, 2)
    assert {state: count for state, count in mailing["counts"].items() if count} == {"kept": 2}
    assert set(mailing["counts"]) == set(MailState.values)
    assert ada.get(f"{MAIL}mailings/{mailing['id']}/").json() == mailing
    assert ada.get(f"{MAIL}?bulk_id={mailing['id']}&state=kept").json()["count"] == 2
    assert bob.get(f"{MAIL}mailings/{mailing['id']}/").status_code == 404
    assert bob.get(f"{MAIL}mailings/").json()["count"] == 0


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"recipient_email": "nobody"}, "recipient_email", "“nobody” is not an e-mail address"),
        ({"recipient_email": "a@b.org, c@d.org"}, "recipient_email", "“a@b.org, c@d.org” is not"),
        ({"recipient_email": "a@b.org\r\nBcc: x@y.org"}, "recipient_email", "“a@b.org??Bcc: x@y.org” is not"),
        ({"recipient_email": '"\x01"@b.org'}, "recipient_email", "is not an e-mail address"),
        ({"recipient_email": f"{'a' * 400}@b.org"}, "recipient_email", f"“{'a' * 80}...” is not"),
        ({"recipient_email": 5}, "recipient_email", "This must be text."),
        ({"subject": "Hi\r\nBcc: x@y.org"}, "subject", "A subject is one line"),
        ({"subject": "Hi\u2028there"}, "subject", "A subject is one line"),
        ({"subject": ""}, "subject", "This must not be empty."),
        ({"subject": "x" * 256}, "subject", "This must have at most 255 characters."),
        ({"template_name": "nothing"}, "template_name", "There is no template “nothing”. There are: "),
        ({"template_name": "../../etc/passwd"}, "template_name", "There is no template"),
        ({"context": {}}, "context.message", "The template needs this."),
        ({"context": []}, "context", "This must be an object."),
        ({"context": "message"}, "context", "This must be an object."),
        (
            {"context": {"message": {"$model": "accounts.user", "$id": 1}}},
            "context.message",
            "References ($model) to rows",
        ),
        ({"from": "x@y.org"}, "from", "There is no such field here."),
    ],
)
def test_mail_that_cannot_be_sent_is_refused(ada: Caller, change: dict[str, Any], field: str, said: str) -> None:
    problem = problem_of(ada.post(SEND, {**ONE, **change}))

    assert (problem["status"], list(problem["details"])) == (400, [field])
    assert said in problem["details"][field][0]
    assert not Job.objects.exists()


def test_mailing_names_each_bad_address_and_whatever_else_is_wrong(ada: Caller) -> None:
    body = {**MANY, "recipient_emails": ["ok@example.org", "bad", "also bad@", "fine@example.org"], "context": {}}

    problem = problem_of(ada.post(BULK, body))

    assert problem["status"] == 400
    assert problem["details"] == {
        "recipient_emails.1": ["“bad” is not an e-mail address like name@example.org."],
        "recipient_emails.2": ["“also bad@” is not an e-mail address like name@example.org."],
        "context.content": ["The template needs this. Add it to the context."],
    }


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ([], "This must have at least one item."),
        ([f"{number}@example.org" for number in range(5_001)], "This must have at most 5000 items."),
        ("ada@example.org", "This must be a list."),
    ],
    ids=["none", "5001", "text"],
)
def test_mailing_of_none_or_too_many_is_refused(ada: Caller, addresses: object, said: str) -> None:
    problem = problem_of(ada.post(BULK, {**MANY, "recipient_emails": addresses}))

    assert problem["details"] == {"recipient_emails": [said]}


def test_mailing_of_5000_long_addresses_is_accepted(ada: Caller) -> None:
    addresses = [f"{number:05}{'a' * 50}@{'b' * 60}.{'c' * 60}.example.org" for number in range(5_000)]

    assert ada.post(BULK, {**MANY, "recipient_emails": addresses}).status_code == 202


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b'{"context": NaN}', 400, "body"),
        (b"[" * 50_000, 400, "body"),
        (b'{"subject": "half \\ud800"}', 400, "subject"),
        (b'{"context": {"a": "\\u0000"}}', 400, "context.a"),
        (b'{"context": "' + b"x" * 2_200_000 + b'"}', 413, None),
    ],
    ids=["nan", "deep", "half", "nul", "large"],
)
def test_body_that_cannot_be_read_is_refused(ada: Caller, content: bytes, status: int, field: str | None) -> None:
    problem = problem_of(ada.send("POST", SEND, content, JSON))

    assert (problem["status"], list(problem.get("details", {}))) == (status, [field] if field else [])


def test_context_over_what_a_job_carries_is_refused(ada: Caller) -> None:
    deep: dict[str, Any] = {}
    for _ in range(30):
        deep = {"deeper": deep}

    large = problem_of(ada.post(SEND, {**ONE, "context": {"message": "x" * 70_000}}))
    nested = problem_of(ada.post(SEND, {**ONE, "context": {"message": deep}}))

    said = "This is 70 KB as JSON; at most 60 KB can be sent. Send less, or a link to it."
    assert (large["status"], large["details"]) == (400, {"context": [said]})
    assert nested["details"] == {"context": ["This is nested more than 20 deep. Send plainer values."]}
    assert not Job.objects.exists()


def test_mail_about_security_is_sent_by_operators_only(ada: Caller, olga: Caller) -> None:
    (template,) = [one for one in ada.get(f"{MAIL}templates/").json()["templates"] if one["name"] == "password_reset"]
    body = {**ONE, "template_name": template["name"], "context": template["sample"]}

    to_many = {**MANY, "template_name": template["name"], "context": template["sample"]}
    assert template["category"] == "security"
    assert [problem_of(ada.post(path, sent))["status"] for path, sent in ((SEND, body), (BULK, to_many))] == [403, 403]
    assert olga.post(SEND, body).status_code == 202


def test_request_for_mail_has_a_share_of_its_own(ada: Caller, bob: Caller, settings: Settings) -> None:
    settings.MAIL_RATE = type(settings.API_RATE)(count=2, window_s=60.0)

    statuses = [ada.post(SEND, ONE, Idempotency_Key=key).status_code for key in ("a", "a", "b", "a", "c")]

    # What was answered already costs nothing.
    assert statuses == [202, 202, 202, 202, 429]
    refused = ada.post(BULK, MANY)
    assert (problem_of(refused)["code"], int(refused["Retry-After"]) > 0) == ("too_many_requests", True)
    assert (bob.post(SEND, ONE).status_code, ada.get(MAIL).status_code) == (202, 200)
    assert Job.objects.filter(owner_id=ada.user.pk).count() == 2


def test_member_sees_what_they_asked_for_and_what_is_to_them(ada: Caller, bob: Caller, olga: Caller) -> None:
    asked = make_mail(asked_by=ada.user, subject="asked")
    to_her = make_mail(user=ada.user, subject="to her", category=Category.BULK)
    others = make_mail(asked_by=bob.user, subject="others", recipient="Else@example.org", state=MailState.FAILED)

    def seen(caller: Caller, query: str = "") -> list[int]:
        return [item["id"] for item in caller.get(f"{MAIL}{query}").json()["items"]]

    assert seen(ada) == [to_her.pk, asked.pk]
    assert seen(olga) == [others.pk, to_her.pk, asked.pk]
    assert seen(olga, "?state=failed") == seen(olga, "?q=else@") == seen(olga, "?q=OTHERS") == [others.pk]
    assert seen(olga, "?category=bulk") == [to_her.pk]
    assert [ada.get(f"{MAIL}{mail.pk}/").status_code for mail in (asked, to_her, others)] == [200, 200, 404]
    assert "sealed_context" not in ada.get(f"{MAIL}{asked.pk}/").json()
    for action, body in (("retry", None), ("cancel", None), ("decide", {"arrived": True})):
        statuses = [ada.post(f"{MAIL}{mail.pk}/{action}/", body).status_code for mail in (to_her, others)]
        assert statuses == [403, 404], action


def test_mail_in_doubt_is_decided_and_a_failed_one_sent_again(ada: Caller, olga: Caller) -> None:
    mail = services.write_mail(
        dedupe_key="tests:doubt",
        category=Category.NOTICE,
        template="notification",
        recipient="mia@example.org",
        subject="Ready",
        context={"message": "Look."},
        asked_by=ada.user.pk,
        task_id=uuid.uuid4(),  # a job that is no more
    )
    at, mails = f"{MAIL}{mail.pk}/", OutboxMail.objects.all()

    assert problem_of(ada.post(f"{at}decide/", {"arrived": True}))["code"] == "mail_not_in_doubt"
    assert problem_of(ada.post(f"{at}retry/"))["code"] == "mail_nothing_to_retry"
    mails.update(state=MailState.UNKNOWN)
    assert problem_of(ada.post(f"{at}decide/", {}))["details"] == {"arrived": ["This field is required."]}
    assert olga.post(f"{at}decide/", {"arrived": True}).json()["state"] == "sent"
    mails.update(state=MailState.UNKNOWN)
    assert ada.post(f"{at}decide/", {"arrived": False}).json()["state"] == "queued"
    assert ada.post(f"{at}cancel/").json()["state"] == "cancelled"
    assert ada.post(f"{at}retry/").json()["state"] == "queued"
    drain()
    assert ada.get(at).json()["state"] == "kept"
    assert ada.post(f"{at}cancel/").json()["state"] == "kept"


def test_mail_about_security_is_read_by_administrators_and_only_where_it_was_kept(
    ada: Caller, olga: Caller, adele: Caller
) -> None:
    (template,) = [one for one in ada.get(f"{MAIL}templates/").json()["templates"] if one["name"] == "password_reset"]
    olga.post(SEND, {**ONE, "template_name": template["name"], "context": template["sample"]})
    drain()
    mail = OutboxMail.objects.get()

    def bodies() -> list[bool]:
        return [caller.get(f"{MAIL}{mail.pk}/").json()["body"] is not None for caller in (ada, olga, adele)]

    OutboxMail.objects.update(user=ada.user)
    assert (mail.state, bodies()) == ("kept", [False, False, True])
    OutboxMail.objects.update(state=MailState.SENT)
    assert bodies() == [False, False, False]


def test_list_takes_as_many_statements_for_one_as_for_three(ada: Caller, django_assert_max_num_queries: Any) -> None:
    for number in range(3):
        bulk = BulkMail.objects.create(
            subject=f"News {number}",
            template="newsletter",
            sealed_context="{}",
            task_id=uuid.uuid4(),
            asked_by=ada.user,
        )
        make_mail(asked_by=ada.user, bulk=bulk)
    ada.get(MAIL)

    for path in (f"{MAIL}?limit=1", MAIL, f"{MAIL}mailings/?limit=1", f"{MAIL}mailings/"):
        with django_assert_max_num_queries(4):  # the token; count, rows, and of mailings the states
            assert ada.get(path).status_code == 200


def test_long_addresses_that_begin_alike_are_two_recipients(ada: Caller) -> None:
    twins = [f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 50}.{end}" for end in ("org", "net")]
    ada.post(BULK, {**MANY, "recipient_emails": twins})
    drain()

    mails = ada.get(f"{MAIL}?state=kept").json()["items"]
    assert sorted(mail["recipient"] for mail in mails) == sorted(twins)
