"""What the environment says about image providers, and what it may not say."""

import json
from pathlib import Path

import pytest

from nightdesk.config.environment import Environment
from nightdesk.config.topics.images import read_images
from nightdesk.core.errors import Misconfigured
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Operation

WORKFLOW = {"6": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{prompt}}", "clip": ["4", 1]}}}


def read(**values: str) -> ImageOptions:
    return read_images(Environment(values))


def write_workflow(tmp_path: Path, workflow: object) -> str:
    path = tmp_path / "workflow.json"
    path.write_text(workflow if isinstance(workflow, str) else json.dumps(workflow))
    return str(path)


def test_nothing_is_connected_when_nothing_is_set() -> None:
    assert read() == ImageOptions()


def test_everything_can_be_set(tmp_path: Path) -> None:
    options = read(
        NIGHTDESK_IMAGE_PROVIDERS="replicate, layout",
        NIGHTDESK_IMAGE_KEY="sk-1",
        NIGHTDESK_IMAGE_MODEL="gpt-image-1",
        NIGHTDESK_IMAGE_PRICE="0.04",
        NIGHTDESK_IMAGE_TIMEOUT="2m",
        NIGHTDESK_REPLICATE_KEY="r8_1",
        NIGHTDESK_REPLICATE_GENERATION_MODEL="black-forest-labs/flux-schnell",
        NIGHTDESK_REPLICATE_FACE_SWAP_MODEL=f"some-one/face.swap:{'a1' * 32}",
        NIGHTDESK_REPLICATE_PRICES="image_generation=0.003, face_swap = 0.01",
        NIGHTDESK_COMFYUI_URL="http://localhost:8188",
        NIGHTDESK_COMFYUI_GENERATION_WORKFLOW=write_workflow(tmp_path, WORKFLOW),
    )

    assert options.order == ("replicate", "layout")
    assert (options.openai.model, options.openai.price_micros, options.openai.timeout_s) == ("gpt-image-1", 40_000, 120)
    assert options.openai.missing == ()
    assert options.replicate.models == {
        Operation.GENERATION: "black-forest-labs/flux-schnell",
        Operation.FACE_SWAP: f"some-one/face.swap:{'a1' * 32}",
    }
    assert options.replicate.prices_micros == {Operation.GENERATION: 3_000, Operation.FACE_SWAP: 10_000}
    assert options.comfyui.workflows == {Operation.GENERATION: WORKFLOW}


def test_no_secret_is_in_the_text_of_the_options() -> None:
    options = read(
        NIGHTDESK_IMAGE_URL="http://ann:pass-word@localhost/v1",
        NIGHTDESK_REPLICATE_KEY="r8_secret",
        NIGHTDESK_COMFYUI_URL="http://bob:pass-word@localhost",
    )

    assert "pass-word" not in repr(options)
    assert "r8_secret" not in repr(options)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({}, ("NIGHTDESK_IMAGE_URL",)),
        ({"NIGHTDESK_IMAGE_KEY": "k"}, ("NIGHTDESK_IMAGE_MODEL",)),
        ({"NIGHTDESK_IMAGE_URL": "https://api.openai.com"}, ("NIGHTDESK_IMAGE_KEY", "NIGHTDESK_IMAGE_MODEL")),
        ({"NIGHTDESK_IMAGE_URL": "http://localhost:8080"}, ()),
    ],
)
def test_missing_settings_of_a_server_are_named(values: dict[str, str], missing: tuple[str, ...]) -> None:
    assert read(**values).openai.missing == missing


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PROVIDERS", "layout,dalle", "holds 'dalle', which is not a provider. Choose from layout, landmarks, eyes"),
        ("URL", "localhost:8080", "must be an address like http://localhost:8080/v1."),
        ("URL", "http://host:port/v1", "has a host or port that cannot be read."),
        ("URL", "http://host/v1?key=1", "must end with its path: nothing after ? or #."),
        ("URL", "http://host/v1/images/edits", "must be the address that comes before /images/generations."),
        ("KEY", "k\u00e9y", "holds characters that no key has. Copy it again."),
        ("MODEL", "m" * 101, "must be one line of at most 100 characters."),
        ("PRICE", "a lot", "must hold prices like 0.04, from 0 to 1000, not 'a lot'."),
        ("PRICE", "-1", "must hold prices like 0.04, from 0 to 1000, not '-1'."),
        ("TIMEOUT", "1", "must be a time like 90, 15m or 1h, at least 5 seconds, not '1'."),
    ],
)
def test_value_that_cannot_be_used_is_refused(name: str, value: str, sentence: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read(**{f"NIGHTDESK_IMAGE_{name}": value})

    assert str(caught.value).startswith(f"NIGHTDESK_IMAGE_{name} {sentence}")


@pytest.mark.parametrize(
    "model", ["flux", "a/b/c", "../b", "a/b?x=1", "a/b:latest", "https://replicate.com/a/b", "a b/c", "a/b#c"]
)
def test_model_of_replicate_is_refused_unless_it_is_owner_and_name(model: str) -> None:
    with pytest.raises(Misconfigured, match="must be a model like owner/name"):
        read(NIGHTDESK_REPLICATE_STYLE_MODEL=model)


@pytest.mark.parametrize("prices", ["0.03", "painting=0.03", "image_generation=", "image_generation=nan"])
def test_prices_of_replicate_are_refused_unless_they_are_pairs(prices: str) -> None:
    with pytest.raises(Misconfigured, match=r"NIGHTDESK_REPLICATE_PRICES (holds|must hold)"):
        read(NIGHTDESK_REPLICATE_PRICES=prices)


@pytest.mark.parametrize(
    ("workflow", "sentence"),
    [
        ("{", "is not JSON. Export it from ComfyUI"),
        ([], "is not a workflow in the API format"),
        ({"nodes": [], "links": []}, "is not a workflow in the API format"),
        ({"1": {"class_type": "X", "inputs": {}}}, r"lacks {{prompt}}: write it as the whole value of an input"),
        (
            {"1": {"class_type": "X", "inputs": {"a": "{{prompt}}", "b": "{{mask}}"}}},
            "asks for {{mask}}, which this operation does not have",
        ),
        (
            {"1": {"class_type": "X", "inputs": {"text": "a photo of {{prompt}}"}}},
            "lacks {{prompt}}: write it as the whole value of an input",
        ),
    ],
)
def test_workflow_that_cannot_be_used_is_refused(tmp_path: Path, workflow: object, sentence: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read(NIGHTDESK_COMFYUI_GENERATION_WORKFLOW=write_workflow(tmp_path, workflow))

    assert str(caught.value).startswith(f"NIGHTDESK_COMFYUI_GENERATION_WORKFLOW names a file that {sentence}")


def test_workflow_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="names a file that cannot be read"):
        read(NIGHTDESK_COMFYUI_STYLE_WORKFLOW=str(tmp_path / "none.json"))
