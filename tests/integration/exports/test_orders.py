"""What may be asked for, what is refused and how, and whose rows come."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from nightdesk.accounts.models import User
from nightdesk.campaigns.models import Campaign
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.exports import services
from nightdesk.exports.errors import TooManyExports
from nightdesk.exports.jobs import ExportDataToCsv
from nightdesk.exports.models import Export
from nightdesk.exports.services import MAX_UNFINISHED


def order(model_name: str = "campaign", **asked: Any) -> services.Order:
    given = {"filters": {}, "fields": [], "user_id": None, "is_operator": True, **asked}
    return services.check_order(model_name=model_name, **given)


def complaints(**asked: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        order(**asked)
    return caught.value.details


def test_what_is_not_offered_is_refused_and_says_what_is() -> None:
    assert complaints(model_name="token") == {
        "model_name": ["Choose one of: user, campaign, piece, post, publishing, job, mail."]
    }
    assert complaints(model_name="user", fields=["email", "password"]) == {
        "fields": [
            "There is no field password of user. Choose of: id, email, first_name, last_name, status, date_joined."
        ]
    }
    assert complaints(fields=["id", "id"]) == {"fields": ["Name each field once."]}
    assert complaints(format="pdf") == {"format": ["Choose one of: csv, csv.gz, xlsx, parquet."]}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("password", "x", "There is no such field of user. Rows can be chosen by: id, email, first_name, last_name, status,"),
        ("password__startswith", "p", "There is no such field of user."),
        ("tokens__hash", "x", "There is no such field of user."),
        ("email__regex", "(a+)+$", "email cannot be looked up like this. Use one of: email, email__in, email__icontains."),
        ("status", "root", "This must be one of: active, disabled."),
        ("id", "one", "This must be a whole number."),
        ("id", True, "This must be a whole number."),
        ("id", 2**63, "This must be a whole number."),
        ("id", "9" * 5_000, "This must be a whole number."),
        ("id__in", 1, "This must be a list of 1 to 1,000 values."),
        ("id__in", [], "This must be a list of 1 to 1,000 values."),
        ("email", "a\0b", "This must be a text of up to 1,000 characters."),
        ("email", {"a": 1}, "This must be a text of up to 1,000 characters."),
        ("date_joined__gte", "2026-02-30", "This must be a day like 2026-11-25, or a moment like 2026-11-25T18:30:00Z."),
        ("date_joined__lte", "9999-12-31", "This must be a day like"),
        ("date_joined__gte", 5, "This must be a day like"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_refused(name: str, value: Any, said: str) -> None:
    found = complaints(model_name="user", filters={name: value})

    assert list(found) == [f"filters.{name}"]
    assert found[f"filters.{name}"][0].startswith(said)


def test_a_day_means_the_whole_day_of_the_workspace(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"

    asked = order(filters={"created_at__gte": "2026-11-25", "created_at__lte": "2026-11-25"}).asked

    assert {path: moment.isoformat() for path, moment in asked.items()} == {
        "created_at__gte": "2026-11-24T23:00:00+00:00",
        "created_at__lte": "2026-11-25T22:59:59.999999+00:00",
    }


@pytest.mark.django_db
def test_rows_are_chosen_by_filters_and_counted() -> None:
    for name in ("Tea in spring", "Coffee", "Iced tea"):
        Campaign.objects.create(name=name, brief="b", channels=[], language="en")

    assert services.count_rows(order=order(filters={"name__icontains": "TEA"})) == 2
    assert services.count_rows(order=order(filters={"name__in": ["Coffee", "x"], "ai_processed_at__isnull": True})) == 1
    assert services.count_rows(order=order(filters={"created_at__gt": timezone.now().isoformat()})) == 0


@pytest.mark.django_db
def test_members_export_themselves_and_their_own_private_jobs(ada: User, bob: User) -> None:
    mine = enqueue(ExportDataToCsv(model_name="user"), owner_id=ada.pk)
    enqueue(ExportDataToCsv(model_name="user"), owner_id=bob.pk)

    member: dict[str, Any] = {"user_id": ada.pk, "is_operator": False}
    assert [user.pk for user in order("user", **member).rows()] == [ada.pk]
    assert [job.pk for job in order("job", **member).rows()] == [mine]
    assert services.count_rows(order=order("user", user_id=bob.pk)) == 2
    assert services.count_rows(order=order("job", user_id=bob.pk)) == 2


@pytest.mark.django_db
def test_an_order_is_a_row_and_a_job_of_its_owner(ada: User) -> None:
    export = services.order_export(
        model_name="campaign", filters={"name__icontains": "tea"}, user_id=ada.pk, is_operator=False
    )

    job = Job.objects.get(pk=export.task_id)
    assert (job.kind, job.queue, job.owner_id, job.subject) == (
        "exports.export_data_to_csv", "cpu", ada.pk, f"export:{export.pk}",
    )  # fmt: skip
    assert (export.state, export.filters, export.fields[:2]) == ("waiting", {"name__icontains": "tea"}, ["id", "name"])


@pytest.mark.django_db
def test_only_so_many_exports_of_one_person_are_on_their_way(ada: User, bob: User) -> None:
    def ask(user: User) -> Export:
        return services.order_export(model_name="campaign", filters={}, user_id=user.pk, is_operator=False)

    exports = [ask(ada) for _ in range(MAX_UNFINISHED)]
    with pytest.raises(TooManyExports, match="5 of your exports are not finished"):
        ask(ada)
    ask(bob)

    services.delete_export(export_id=exports[0].pk, user_id=ada.pk)
    assert Job.objects.get(pk=exports[0].task_id).state == "cancelled"
    ask(ada)
