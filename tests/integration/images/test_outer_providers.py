"""What image tasks owe to providers that cost money, fail, or run elsewhere."""

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest
from django.core.files.storage import default_storage

from nightdesk.core.errors import InvalidInput, Misconfigured, NightdeskError, OutcomeUnknown, Permanent, Transient
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of
from nightdesk.engine.testing import drain, run_job
from nightdesk.images import services
from nightdesk.images.models import Asset, StoredFile
from nightdesk.images.tasks import process_image_generation
from nightdesk.providers.images import registry
from nightdesk.providers.images.protocol import Operation
from nightdesk.providers.text import registry as text_writers
from nightdesk.providers.text.options import TextOptions
from tests.integration.images.outer import Hosted, Vendor
from tests.support.text_server import TextServer, make_events

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = {"width": 64, "height": 64}


@pytest.fixture(autouse=True)
def hosted_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hosted provider that comes before the embedded one, and the vendor behind it."""
    monkeypatch.setitem(
        registry.PROVIDERS,
        Operation.GENERATION,
        ("tests.integration.images.outer:Hosted", "nightdesk.providers.images.embedded.layout.provider:Layout"),
    )
    monkeypatch.setattr(Hosted, "vendor", Vendor())


def submit(**parameters: object) -> UUID:
    return services.submit_task(
        task_type="image_generation", prompt="Tulips", parameters={**SIZE, **parameters}, owner_id=None
    )


def fail(error: NightdeskError) -> None:
    raise error


def try_again(job_id: UUID) -> Job:
    """Run a job whose retry would come later."""
    Job.objects.filter(pk=job_id).update(run_at="2026-01-01T00:00:00Z")
    return run_job(job_id)


def test_what_was_paid_is_not_paid_again_by_a_retry() -> None:
    Hosted.vendor.afterwards.append(lambda: fail(Transient()))
    job_id = submit()

    first = run_job(job_id)
    kept = StoredFile.objects.get()
    assert (first.state, kept.name.startswith("drafts/"), kept.job_id) == ("waiting", True, job_id)
    second = try_again(job_id)

    assert (second.state, Hosted.vendor.paid) == ("succeeded", ["Tulips"])
    result = services.find_result(job_id=job_id)
    assert result is not None
    assert (result["metadata"]["method"], result["metadata"]["cost_micros"]) == ("picture 1", 40_000)
    assert result["metadata"]["digital_source_type"] == "trainedAlgorithmicMedia"
    assert not default_storage.exists(kept.name)
    assert not StoredFile.objects.filter(asset=None).exists()


def test_drafts_of_a_task_that_failed_for_good_are_gone() -> None:
    Hosted.vendor.afterwards.append(lambda: fail(Permanent("The vendor refuses this. Change the prompt.")))

    job = run_job(submit())

    error = error_of(job)
    assert (job.state, error and error.message) == ("failed", "The vendor refuses this. Change the prompt.")
    drain()
    assert (StoredFile.objects.count(), Asset.objects.count()) == (0, 0)


def test_task_that_is_run_again_without_its_drafts_says_so_at_once() -> None:
    Hosted.vendor.afterwards.append(lambda: fail(Permanent("The vendor refuses this. Change the prompt.")))
    job_id = submit()
    run_job(job_id)
    drain()

    actions.retry(job_id=job_id)
    again = run_job(job_id)

    error = error_of(again)
    assert (again.state, error and error.code, Hosted.vendor.paid) == ("failed", "draft_gone", ["Tulips"])


def test_fault_hands_over_to_the_next_provider_where_the_order_allows_it_and_the_result_says_so() -> None:
    Hosted.vendor.afterwards.append(lambda: fail(Permanent("The vendor refuses this.")))
    job_id = submit(fallback=True)

    assert run_job(job_id).state == "succeeded"

    result = services.find_result(job_id=job_id)
    assert result is not None
    assert (result["metadata"]["provider"], result["metadata"]["generative_ai"]) == ("layout", False)
    (said,) = [one for one in result["metadata"]["warnings"] if "made this instead" in one]
    assert said.startswith("Outer pictures failed: The vendor refuses this. ")


def test_unknown_outcome_is_a_question_to_a_person_even_where_a_fallback_is_allowed() -> None:
    Hosted.vendor.afterwards.append(lambda: fail(OutcomeUnknown()))

    assert run_job(submit(fallback=True)).state == "unknown"
    assert not Asset.objects.exists()


def test_provider_that_is_not_ready_is_never_swapped_when_it_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hosted, "missing", ("NIGHTDESK_OUTER_KEY",))

    with pytest.raises(Misconfigured, match="NIGHTDESK_OUTER_KEY"):
        submit(provider="outer", fallback=True)

    assert Job.objects.get(pk=submit()).queue == "cpu"  # nobody was named: the first that is ready


def test_provider_that_is_no_longer_ready_when_the_job_runs_fails_it(monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = submit()
    monkeypatch.setattr(Hosted, "missing", ("NIGHTDESK_OUTER_KEY",))

    job = run_job(job_id)

    error = error_of(job)
    assert (job.state, error and error.code) == ("failed", "misconfigured")


@pytest.mark.parametrize(("provider", "queue"), [("Hosted", "ai_generation"), ("Warm", "gpu")])
def test_jobs_wait_where_their_provider_belongs(monkeypatch: pytest.MonkeyPatch, provider: str, queue: str) -> None:
    monkeypatch.setitem(registry.PROVIDERS, Operation.GENERATION, (f"tests.integration.images.outer:{provider}",))

    delayed = process_image_generation.delay("Tulips")

    assert Job.objects.get(pk=submit()).queue == queue
    assert Job.objects.get(pk=delayed.id).queue == queue
    assert services.has_work_for("gpu") == (queue == "gpu")


def test_task_that_is_run_again_by_another_provider_waits_where_that_one_belongs() -> None:
    job_id = submit(provider="layout")
    run_job(job_id)

    again = actions.rerun(job_id=job_id, arguments={"parameters": {**SIZE, "provider": "outer"}}, owner_id=None)

    assert list(Job.objects.order_by("created_at").values_list("pk", "queue")) == [
        (job_id, "cpu"),
        (again, "ai_generation"),
    ]
    assert (run_job(again).state, Hosted.vendor.paid) == ("succeeded", ["Tulips"])


def test_picture_over_the_limit_of_its_provider_is_refused_before_it_is_paid() -> None:
    with pytest.raises(InvalidInput) as refused:
        submit(width=2048, height=2048)

    assert refused.value.details == {
        "width": ["Outer pictures works on up to 4 megapixels. Choose a smaller size, or another provider."]
    }


@pytest.fixture
def text_model() -> Iterator[TextServer]:
    """A server of a text model, connected; what it answers is the test's to say."""
    before = text_writers.current_options()
    with closing(TextServer(lambda wire, _: wire.stream(make_events(BETTER)))) as server:
        text_writers.configure(TextOptions(url=server.url, model="stand-in-1"))
        yield server
        text_writers.configure(before)


BETTER = "A field of red tulips at dawn, seen from the ground."


def test_prompt_is_refined_once_where_a_model_reads_it_and_the_result_says_so(text_model: TextServer) -> None:
    Hosted.vendor.afterwards.append(lambda: fail(Transient()))
    job_id = submit()

    run_job(job_id)
    assert try_again(job_id).state == "succeeded"

    result = services.find_result(job_id=job_id)
    assert result is not None
    assert (Hosted.vendor.paid, len(text_model.received)) == ([BETTER], 1)
    assert (result["prompt_used"], result["metadata"]["original_prompt"]) == (BETTER, "Tulips")
    assert result["metadata"]["refined_prompt"] == BETTER
    assert Asset.objects.get().refined_prompt == BETTER


def test_prompt_is_used_as_it_is_when_refining_fails_and_the_result_says_so(text_model: TextServer) -> None:
    text_model.react = lambda wire, _: wire.send_json(401, {"error": {"message": "no such key"}})
    job_id = submit()

    assert run_job(job_id).state == "succeeded"

    result = services.find_result(job_id=job_id)
    assert result is not None
    assert (Hosted.vendor.paid, result["metadata"]["refined_prompt"]) == (["Tulips"], None)
    (said,) = result["metadata"]["warnings"]
    assert said.startswith("The prompt was used as it is. ")


def test_prompt_is_not_refined_for_what_is_no_model(text_model: TextServer) -> None:
    job_id = submit(provider="layout")

    assert run_job(job_id).state == "succeeded"

    assert text_model.received == []
