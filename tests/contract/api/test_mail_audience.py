"""Templates of mail, suppressed addresses and preferences over HTTP."""

from nightdesk.engine.testing import drain
from nightdesk.mail.models import Suppression
from tests.contract.api.mails import BULK, MAIL, MANY
from tests.support.callers import Caller, problem_of


def test_templates_are_listed_and_previewed(ada: Caller) -> None:
    templates = {one["name"]: one for one in ada.get(f"{MAIL}templates/").json()["templates"]}
    assert {"newsletter", "notification", "password_reset", "test_template", "welcome_admin", "welcome_user"} <= set(
        templates
    )

    for name, template in templates.items():
        preview = ada.get(f"{MAIL}templates/{name}/preview/").json()
        assert (preview["missing"], bool(preview["html"]), bool(preview["text"])) == ([], True, True), name
        assert set(template["needs"]) <= set(template["sample"]), name
    mine = ada.post(f"{MAIL}templates/notification/preview/", {"context": {"message": "<b>Mine</b>"}, "subject": "S"})
    assert mine.json()["subject"] == "S"
    assert "&lt;b&gt;Mine" in mine.json()["html"]
    assert "<b>Mine</b>" in mine.json()["text"]
    lacking = ada.post(f"{MAIL}templates/notification/preview/", {"context": {}})
    assert lacking.json()["missing"] == ["message"]
    assert problem_of(ada.get(f"{MAIL}templates/nothing/preview/"))["code"] == "template_not_found"
    reference = {"context": {"message": [{"$model": "accounts.user", "$id": 1}]}}
    refused = problem_of(ada.post(f"{MAIL}templates/notification/preview/", reference))
    assert list(refused["details"]) == ["context.message.0"]


def test_suppressed_addresses_are_for_operators(ada: Caller, olga: Caller) -> None:
    made = olga.post(f"{MAIL}suppressions/", {"address": " Mia@Example.org", "detail": "asked by phone"})

    assert made.status_code == 201
    row = made.json()
    assert made["Location"] == f"{MAIL}suppressions/{row['id']}/"
    assert (row["address"], row["category"], row["reason"]) == ("mia@example.org", "", "manual")
    assert olga.get(made["Location"]).json() == row
    assert olga.get(f"{MAIL}suppressions/?q=MIA@&reason=manual").json()["items"] == [row]
    assert olga.get(f"{MAIL}suppressions/?q=ida@").json()["items"] == []
    assert olga.post(f"{MAIL}suppressions/", {"address": "mia@example.org"}).json() == row
    refused = problem_of(olga.post(f"{MAIL}suppressions/", {"address": "mia"}))
    assert refused["details"] == {"address": ["“mia” is not an e-mail address like name@example.org."]}
    requests = [
        ("GET", f"{MAIL}suppressions/", None),
        ("POST", f"{MAIL}suppressions/", {"address": "x@example.org"}),
        ("GET", made["Location"], None),
        ("DELETE", made["Location"], None),
    ]
    assert {ada.call(*request).status_code for request in requests} == {403}
    assert (olga.delete(made["Location"]).status_code, olga.delete(made["Location"]).status_code) == (204, 404)
    assert not Suppression.objects.exists()


def test_everybody_has_preferences_of_their_own(ada: Caller, bob: Caller) -> None:
    notice = {"category": "notice", "title": "Welcome mails and notifications", "is_wanted": True}
    bulk = {"category": "bulk", "title": "Newsletters and digests", "is_wanted": True}
    path = f"{MAIL}preferences/"

    assert ada.get(path).json() == {"preferences": [notice, bulk]}
    changed = ada.call("PATCH", path, {"bulk": False})
    assert changed.json() == {"preferences": [notice, {**bulk, "is_wanted": False}]}
    assert bob.get(path).json() == {"preferences": [notice, bulk]}
    assert list(problem_of(ada.call("PATCH", path, {}))["details"]) == ["body"]
    assert list(problem_of(ada.call("PATCH", path, {"security": False}))["details"]) == ["security"]


def test_skipped_mail_says_why(ada: Caller, olga: Caller) -> None:
    olga.post(f"{MAIL}suppressions/", {"address": "leo@example.org"})
    ada.post(BULK, MANY)
    drain()

    (skipped,) = ada.get(f"{MAIL}?state=skipped").json()["items"]
    assert skipped["recipient"] == "leo@example.org"
    assert skipped["last_error"] == "An operator has stopped mail to this address."
