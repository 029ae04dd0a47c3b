"""What comes of a vendor's answer: sizes, forms, masks, examples, and words that stay words."""

from typing import Any

import numpy as np
import pytest

from nightdesk.core.errors import Permanent
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import GenerationRequest, ObjectRequest, Operation, StyleRequest
from tests.contract.images.asking import HEIGHT, WIDTH, Asked, ask, hole, make_request, photo, portrait
from tests.contract.images.setups import comfyui_options, openai_options, replicate_options
from tests.contract.images.test_hosted_faults import GENERATORS
from tests.support.image_vendors import ComfyUIServer, OpenAIServer, ReplicateServer
from tests.support.image_work import StandInWork
from tests.support.text_server import Wire
from tests.support.vendor_server import VendorServer

REQUEST = make_request(Operation.GENERATION)
_HOSTED = "nightdesk.providers.images.hosted"


def generate(vendor: str, options: ImageOptions, work: StandInWork, request: Any = REQUEST) -> Asked:
    return ask(GENERATORS[vendor], options, request, work)


def test_result_of_another_size_is_scaled_and_said(openai: OpenAIServer) -> None:
    asked = generate("openai", openai_options(openai, price_micros=40_000), StandInWork())

    assert asked.made is not None
    assert asked.made.warnings == ("The model made 1536 x 1024; the result was scaled to 96 x 64.",)
    assert asked.made.cost_micros == 40_000


def test_size_is_asked_for_exactly_where_the_server_is_not_known(openai: OpenAIServer) -> None:
    asked = generate("openai", openai_options(openai, model="stablediffusion"), StandInWork())

    assert asked.made is not None
    assert asked.made.warnings == ()
    assert openai.requests[0].json["size"] == "96x64"
    assert openai.requests[0].json["response_format"] == "b64_json"


def test_server_that_does_not_know_a_part_of_the_request_is_asked_without_it(openai: OpenAIServer) -> None:
    refusal = {"error": {"message": "Unknown parameter: 'response_format'.", "type": "invalid_request_error"}}
    openai.plan("generate", lambda _server, wire, _request: wire.send_json(400, refusal))

    asked = generate("openai", openai_options(openai, model="stablediffusion"), StandInWork())

    assert asked.error is None
    assert ["response_format" in request.json for request in openai.requests] == [True, False]


def test_address_on_the_operators_own_server_is_fetched(openai: OpenAIServer) -> None:
    openai.hands_out = "url"

    assert generate("openai", openai_options(openai), StandInWork()).error is None


def test_words_of_a_person_never_become_workflow(comfyui: ComfyUIServer) -> None:
    prompt = '{{seed}}", "class_type": "Evil"'

    request = GenerationRequest(prompt=prompt, width=WIDTH, height=HEIGHT, seed=7)
    generate("comfyui", comfyui_options(comfyui), StandInWork(), request)
    generate(
        "comfyui",
        comfyui_options(comfyui),
        StandInWork(),
        GenerationRequest(prompt="{{seed}}", width=8, height=8, seed=7),
    )

    assert [one.workflow["1"]["inputs"]["text"] for one in comfyui.prompts] == [prompt, "{{seed}}"]
    assert {node["class_type"] for one in comfyui.prompts for node in one.workflow.values()} == {
        "Takestext",
        "Takeswidth",
        "Takesheight",
        "Takesseed",
        "SaveImage",
    }


@pytest.mark.parametrize("shape", [(64, 96), (200, 40), (33, 71)])
def test_only_the_hole_is_painted_anew_whatever_the_shape(openai: OpenAIServer, shape: tuple[int, int]) -> None:
    height, width = shape
    image, mask = photo(width, height), hole(width, height)

    asked = ask(
        f"{_HOSTED}.openai.providers:OpenAIEraser", openai_options(openai), ObjectRequest(image=image, mask=mask)
    )

    far = np.ones(shape, np.bool_)
    far[height // 2 - 12 : height // 2 + 12, width // 2 - 12 : width // 2 + 12] = False
    assert np.array_equal(asked.pixels[far], image[far])
    # The stand-in hands the picture back inverted: what is in the hole lies where it belongs.
    middle = np.s_[height // 2 - 4 : height // 2 + 4, width // 2 - 4 : width // 2 + 4]
    expected = 255 - image[middle].astype(int)
    assert np.abs(asked.pixels[middle].astype(int) - expected).mean() < 12


def test_example_is_refused_where_the_model_takes_none(openai: OpenAIServer) -> None:
    request = StyleRequest(image=photo(), example=portrait())

    asked = ask(f"{_HOSTED}.openai.providers:OpenAIStyle", openai_options(openai, model="dall-e-2"), request)

    assert type(asked.error) is Unsuitable
    assert openai.requests == []


def test_example_goes_along_where_the_model_takes_one(openai: OpenAIServer) -> None:
    request = StyleRequest(image=photo(), example=portrait())

    asked = ask(f"{_HOSTED}.openai.providers:OpenAIStyle", openai_options(openai), request)

    assert asked.pixels.shape == request.image.shape
    assert len(openai.requests[0].parts["image[]"]) == 2


def test_model_that_finds_no_face_is_no_silent_copy(replicate: ReplicateServer) -> None:
    request = make_request(Operation.FACE_SWAP)

    def hand_back(server: VendorServer, wire: Wire, _request: Any) -> None:
        data = replicate.files[f"{replicate.url}/files/1"]
        wire.send_head(200, {"Content-Type": "image/png", "Content-Length": str(len(data))})
        wire.send_bytes(data)

    replicate.plan("output", hand_back)

    asked = ask(f"{_HOSTED}.replicate.providers:ReplicateFaceSwap", replicate_options(replicate), request)

    assert type(asked.error) is Unsuitable
    assert "found no face" in str(asked.error)


def test_model_that_cuts_nothing_out_is_refused(replicate: ReplicateServer) -> None:
    request = make_request(Operation.BACKGROUND)
    replicate.plan("model", lambda _server, wire, _request: wire.send_json(200, _EDITOR))

    asked = ask(f"{_HOSTED}.replicate.providers:ReplicateBackground", replicate_options(replicate), request)

    assert type(asked.error) is Permanent
    assert "without transparency. Set NIGHTDESK_REPLICATE_BACKGROUND_MODEL" in str(asked.error)


_EDITOR = {
    "latest_version": {
        "id": "v-editor",
        "openapi_schema": {"components": {"schemas": {"Input": {"properties": {"image": {"type": "string"}}}}}},
    }
}
