"""Whatever the OpenAPI document allows or forbids is sent: no answer is a 5xx, none is undocumented."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any, Final

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from pytest_django import Settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from nightdesk.campaigns.models import Campaign
from nightdesk.campaigns.services import create_brand_kit, create_campaign
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.testing import run_job
from nightdesk.providers.text.channels import Channel
from tests.contract.api.kinds import Echo
from tests.support.callers import Caller

CHECKS: Final = (
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
)

#: A text that is too long for its field may make the whole body too large: 413 refuses it, too.
CONFIG: Final = schemathesis.Config.from_dict(
    {
        "checks": {
            "negative_data_rejection": {
                "expected-statuses": [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
            }
        }
    }
)


def few(examples: int) -> settings:
    """Try so many examples an operation, the same in every run."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


# The stream of a job ends only with the job: it has tests of its own.
schema = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application(), config=CONFIG).exclude(
    operation_id="follow_job"
)


@pytest.fixture(autouse=True)
def transaction_of_the_test() -> Iterator[None]:
    """Keep the connection between requests: it holds the test's transaction. Django's own test client does the same."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def jobs(ada: Caller, settings: Settings) -> Iterator[str]:
    """Make one job of each ending, lift the limits, and give the ids in turn, without end."""
    settings.API_RATE = settings.API_ANONYMOUS_RATE = settings.MAIL_RATE = None
    made = [enqueue(Echo(fail=fail), owner_id=ada.user.id) for fail in ("", "permanent", "unknown")]
    for job_id in made:
        run_job(job_id)
    waiting = enqueue(Echo(), owner_id=ada.user.id)
    return cycle(str(job_id) for job_id in (*made, waiting))


@pytest.fixture
def campaign(ada: Caller) -> Campaign:
    """A campaign with a brand kit and every piece written."""
    kit = create_brand_kit(name="Tulips", words_to_avoid=["cheap"], created_by_id=ada.user.id)
    campaign = create_campaign(
        name="Spring",
        brief="Sell tulips.",
        channels=list(Channel),
        brand_kit_id=kit.pk,
        created_by_id=ada.user.id,
    )
    assert campaign.task_id is not None
    assert run_job(campaign.task_id).state == "succeeded"
    return campaign


@schema.parametrize()
@few(15)
def test_every_answer_is_documented(case: schemathesis.Case[Any], ada: Caller, jobs: Iterator[str]) -> None:
    headers = {"Authorization": f"Bearer {ada.secret}"}
    case.headers.pop("Prefer", None)  # nobody works here, so a wish to wait would be granted in full

    case.call_and_validate(headers=headers, checks=list(CHECKS))


@schema.include(path_regex="job_id|task_id|campaign_id|kit_id").parametrize()
@few(10)
def test_every_answer_about_a_real_thing_is_documented(
    case: schemathesis.Case[Any], ada: Caller, jobs: Iterator[str], campaign: Campaign
) -> None:
    # One made up is always 404. What the document forbids about ids is no matter of this test.
    for name in case.path_parameters.keys() & {"job_id", "task_id"}:
        case.path_parameters[name] = next(jobs)
    if "campaign_id" in case.path_parameters:
        case.path_parameters["campaign_id"] = campaign.pk
    if "kit_id" in case.path_parameters:
        case.path_parameters["kit_id"] = campaign.brand_kit_id
    # Nobody works here, so a wish to wait would be granted in full.
    case.headers.pop("Prefer", None)
    checks = [check for check in CHECKS if check is not negative_data_rejection]

    case.call_and_validate(headers={"Authorization": f"Bearer {ada.secret}"}, checks=checks)


@schema.parametrize()
@few(3)
def test_every_answer_to_a_stranger_is_documented(case: schemathesis.Case[Any], jobs: Iterator[str]) -> None:
    case.call_and_validate(headers={"Authorization": "Bearer nd_unknown"}, checks=list(CHECKS))
