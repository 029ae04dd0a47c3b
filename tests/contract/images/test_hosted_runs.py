"""Runs that end in the middle: killed ones are gone on with and buy nothing twice, cancelled ones are called off."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.engine.interrupts import Cancelled, FencedOff
from nightdesk.providers.images.errors import NotKept
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Operation
from tests.contract.images.asking import HEIGHT, WIDTH, Asked, ask, make_request
from tests.contract.images.setups import comfyui_options, openai_options, replicate_options
from tests.contract.images.test_hosted_faults import GENERATORS
from tests.support.image_vendors import ComfyUIServer, OpenAIServer, Queued, ReplicateServer
from tests.support.image_work import JobBook, Killed, StandInWork, cancel_when, kill_when
from tests.support.text_server import Wire
from tests.support.vendor_server import VendorServer, hang, send_raw

REQUEST = make_request(Operation.GENERATION)
_HOSTED = "nightdesk.providers.images.hosted"


def generate(vendor: str, options: ImageOptions, work: StandInWork, request: Any = REQUEST) -> Asked:
    return ask(GENERATORS[vendor], options, request, work)


def run_until_killed(vendor: str, options: ImageOptions, book: JobBook, happened: Callable[[], bool]) -> None:
    with pytest.raises(Killed):
        generate(vendor, options, StandInWork(book, kill_when(happened)))


def run_until_stopped(vendor: str, options: ImageOptions, work: StandInWork) -> None:
    with pytest.raises((Cancelled, FencedOff)):
        generate(vendor, options, work)
    assert work.stopped_at is not None
    assert time.monotonic() - work.stopped_at < 1


# ---------------------------------------------------------------- killed


def test_picture_that_openai_was_making_when_the_worker_died_is_not_bought_again(openai: OpenAIServer) -> None:
    openai.plan("generate", hang)
    book = JobBook()
    run_until_killed("openai", openai_options(openai), book, lambda: openai.count("generate") == 1)

    asked = generate("openai", openai_options(openai), StandInWork(book))

    assert type(asked.error) is OutcomeUnknown
    assert "Look at the account there" in str(asked.error)
    assert openai.count("generate") == 1


def test_picture_that_came_before_the_worker_died_is_used(openai: OpenAIServer) -> None:
    book = JobBook()
    run_until_killed("openai", openai_options(openai), book, lambda: book.effects.get("picture-1") is not None)

    asked = generate("openai", openai_options(openai), StandInWork(book))

    assert asked.pixels.shape == (HEIGHT, WIDTH, 3)
    assert openai.count("generate") == 1


def test_address_that_came_before_the_worker_died_is_fetched(openai: OpenAIServer) -> None:
    openai.hands_out = "url"
    openai.plan("file", hang)
    book = JobBook()
    run_until_killed("openai", openai_options(openai), book, lambda: openai.count("file") == 1)

    assert generate("openai", openai_options(openai), StandInWork(book)).error is None
    assert (openai.count("generate"), openai.count("file")) == (1, 2)


def test_prediction_of_a_killed_run_is_gone_on_with(replicate: ReplicateServer) -> None:
    replicate.runs_for = 2
    book = JobBook()
    run_until_killed("replicate", replicate_options(replicate), book, lambda: replicate.count("look") >= 1)

    asked = generate("replicate", replicate_options(replicate), StandInWork(book))

    assert asked.error is None
    assert replicate.count("create") == 1
    assert not replicate.predictions[0].called_off


def test_prediction_whose_answer_the_killed_run_did_not_see_is_found(replicate: ReplicateServer) -> None:
    def take_and_hang(server: VendorServer, wire: Wire, request: Any) -> None:
        replicate.answer_create(_Nowhere(), request)
        wire.wait_gone()

    replicate.plan("create", take_and_hang)
    book = JobBook()
    run_until_killed("replicate", replicate_options(replicate), book, lambda: len(replicate.predictions) == 1)

    assert generate("replicate", replicate_options(replicate), StandInWork(book)).error is None
    assert replicate.count("create") == 1


class _Nowhere(Wire):
    """Where an answer goes that nobody gets."""

    def __init__(self) -> None:
        pass

    def send_json(self, status: int, body: Any, headers: Any = None) -> None:
        pass


def test_prompt_of_a_killed_run_is_gone_on_with(comfyui: ComfyUIServer) -> None:
    comfyui.waits_for, comfyui.runs_for = 1, 1
    book = JobBook()
    run_until_killed("comfyui", comfyui_options(comfyui), book, lambda: comfyui.count("queue") >= 1)

    assert generate("comfyui", comfyui_options(comfyui), StandInWork(book)).error is None
    assert comfyui.count("create") == 1


def test_prompt_that_comfyui_forgot_is_said_to_be_lost(comfyui: ComfyUIServer) -> None:
    comfyui.waits_for = 9
    book = JobBook()
    run_until_killed("comfyui", comfyui_options(comfyui), book, lambda: comfyui.count("queue") >= 1)
    comfyui.prompts.clear()

    asked = generate("comfyui", comfyui_options(comfyui), StandInWork(book))

    assert type(asked.error) is Permanent
    assert "ComfyUI has lost this" in str(asked.error)


# ---------------------------------------------------------------- run again by a person


def test_failure_that_was_told_is_over_when_a_person_runs_the_job_again(
    openai: OpenAIServer, replicate: ReplicateServer, comfyui: ComfyUIServer
) -> None:
    no_picture = send_raw(b"this is no picture")
    openai.hands_out = "url"
    for vendor, options, server, result, paid in (
        ("openai", openai_options(openai), openai, "file", "generate"),
        ("replicate", replicate_options(replicate), replicate, "output", "create"),
        ("comfyui", comfyui_options(comfyui), comfyui, "view", "create"),
    ):
        server.plan(result, no_picture, no_picture)
        book = JobBook()

        ended = [type(generate(vendor, options, StandInWork(book)).error) for _ in range(3)]

        assert (ended, server.count(paid)) == ([Permanent, Permanent, type(None)], 3)


def test_picture_that_went_with_its_job_is_said_before_it_is_bought_anew(openai: OpenAIServer) -> None:
    book = JobBook()
    generate("openai", openai_options(openai), StandInWork(book))
    book.files.clear()  # the job has ended

    ended = [type(generate("openai", openai_options(openai), StandInWork(book)).error) for _ in range(3)]

    assert (ended, openai.count("generate")) == ([NotKept, type(None), type(None)], 2)


# ---------------------------------------------------------------- cancelled


def test_cancel_drops_the_request_to_openai_and_leaves_no_question(openai: OpenAIServer) -> None:
    gone = threading.Event()

    def note_when_gone(server: VendorServer, wire: Wire, request: Any) -> None:
        if wire.wait_gone():
            gone.set()

    openai.plan("generate", note_when_gone)
    work = StandInWork(stop_when=cancel_when(lambda: openai.count("generate") == 1))

    run_until_stopped("openai", openai_options(openai), work)

    assert gone.wait(5)
    assert work.open_effects == []


def test_cancel_calls_the_prediction_off(replicate: ReplicateServer) -> None:
    replicate.runs_for = 1000
    work = StandInWork(stop_when=cancel_when(lambda: replicate.count("look") >= 1))

    run_until_stopped("replicate", replicate_options(replicate), work)

    assert [one.called_off for one in replicate.predictions] == [True]
    assert work.open_effects == []


def test_cancel_while_the_prediction_is_created_finds_it_and_calls_it_off(replicate: ReplicateServer) -> None:
    replicate.runs_for = 1000

    def take_and_hang(server: VendorServer, wire: Wire, request: Any) -> None:
        replicate.answer_create(_Nowhere(), request)
        wire.wait_gone()

    replicate.plan("create", take_and_hang)
    work = StandInWork(stop_when=cancel_when(lambda: len(replicate.predictions) == 1))

    run_until_stopped("replicate", replicate_options(replicate), work)

    assert [one.called_off for one in replicate.predictions] == [True]
    assert work.open_effects == []


def test_cancel_is_final_within_a_second_although_the_vendor_hangs(replicate: ReplicateServer) -> None:
    replicate.runs_for = 1000
    replicate.plan("cancel", hang)
    work = StandInWork(stop_when=cancel_when(lambda: replicate.count("look") >= 1))

    run_until_stopped("replicate", replicate_options(replicate), work)


def test_run_that_lost_its_job_leaves_the_prediction_to_the_next(replicate: ReplicateServer) -> None:
    replicate.runs_for = 1000
    work = StandInWork(stop_when=lambda _work: FencedOff() if replicate.count("look") >= 1 else None)

    run_until_stopped("replicate", replicate_options(replicate), work)

    assert [one.called_off for one in replicate.predictions] == [False]


def test_cancel_takes_the_prompt_out_of_the_queue(comfyui: ComfyUIServer) -> None:
    comfyui.waits_for = 1000
    work = StandInWork(stop_when=cancel_when(lambda: comfyui.count("queue") >= 1))

    run_until_stopped("comfyui", comfyui_options(comfyui), work)

    assert comfyui.prompts == []
    assert comfyui.count("interrupt") == 0


def test_cancel_interrupts_the_prompt_that_runs(comfyui: ComfyUIServer) -> None:
    comfyui.runs_for = 1000
    work = StandInWork(stop_when=cancel_when(lambda: comfyui.count("queue") >= 1))

    run_until_stopped("comfyui", comfyui_options(comfyui), work)

    assert [one.state for one in comfyui.prompts] == ["interrupted"]


def test_cancel_never_interrupts_what_somebody_else_runs() -> None:
    with ComfyUIServer(is_old=True) as comfyui:
        comfyui.waits_for = 1000
        comfyui.prompts.append(Queued("theirs", "theirs", {}, state="running"))
        work = StandInWork(stop_when=cancel_when(lambda: comfyui.count("queue") >= 1))
        run_until_stopped("comfyui", comfyui_options(comfyui), work)

        assert comfyui.count("interrupt") == 0
        assert [(one.id, one.state) for one in comfyui.prompts] == [("theirs", "running")]


# ---------------------------------------------------------------- slow


def test_cold_start_is_shown_apart_from_work(replicate: ReplicateServer) -> None:
    replicate.starts_for, replicate.runs_for = 1, 1

    asked = generate("replicate", replicate_options(replicate), StandInWork())

    words = [said for _, said in asked.work.said]
    assert [one for one in words if "cold start" in one or "works on it" in one] == [
        "Waiting for a machine at Replicate: a cold start takes up to two minutes",
        "Replicate works on it",
    ]
    assert replicate.predictions[0].deadline == "600s"


def test_prediction_that_takes_too_long_is_called_off(replicate: ReplicateServer) -> None:
    replicate.starts_for = 1000

    asked = generate("replicate", replicate_options(replicate), StandInWork(limit_s=11))

    assert type(asked.error) is Permanent
    assert "did not finish within 1 s and was called off" in str(asked.error)
    assert replicate.predictions[0].called_off


def test_place_in_the_line_of_comfyui_is_shown(comfyui: ComfyUIServer) -> None:
    comfyui.waits_for, comfyui.runs_for = 1, 1

    asked = generate("comfyui", comfyui_options(comfyui), StandInWork())

    assert [said for _, said in asked.work.said][1:3] == [
        "Waiting at ComfyUI, place 1 in its line",
        "ComfyUI works on it",
    ]
