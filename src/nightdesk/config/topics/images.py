"""Who makes and changes pictures besides Nightdesk itself, where they are and what they cost."""

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from nightdesk.config.environment import Environment, Topic, refuse
from nightdesk.providers.images.hosted import options as names
from nightdesk.providers.images.hosted.comfyui.workflows import read_workflow
from nightdesk.providers.images.hosted.options import (
    COMFYUI_OPERATIONS,
    ComfyUIOptions,
    OpenAIOptions,
    ReplicateOptions,
    name_model_setting,
    name_workflow_setting,
)
from nightdesk.providers.images.options import PROVIDER_NAMES, PROVIDERS_SETTING, ImageOptions
from nightdesk.providers.images.protocol import Operation
from nightdesk.providers.wire.servers import complain_of_address

_PRICE: Final = "NIGHTDESK_IMAGE_PRICE"
_REPLICATE_PRICES: Final = "NIGHTDESK_REPLICATE_PRICES"
_MICROS: Final = 1_000_000
#: Above any price of a picture; more is a slip of the pen.
_MOST_PRICE: Final = 1_000
_MOST_MODEL_CHARS: Final = 100
#: What any workflow needs many times over.
_MOST_WORKFLOW_BYTES: Final = 4 * 1024 * 1024
#: `owner/name`, or `owner/name:version` with the hash of a version.
_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*(:[0-9a-f]{32,64})?")
_TITLES: Final = {
    Operation.GENERATION: "making pictures from a prompt",
    Operation.FACE_SWAP: "swapping faces",
    Operation.BACKGROUND: "removing backgrounds",
    Operation.OBJECT: "removing objects",
    Operation.STYLE: "transferring styles",
}


def read_images(environment: Environment) -> ImageOptions:
    """Read the choice of image providers. Nothing set: those that need no key and no files work."""
    topic = environment.topic("Images")
    return ImageOptions(
        order=_read_order(topic),
        openai=_read_openai(topic),
        replicate=_read_replicate(topic),
        comfyui=_read_comfyui(topic),
    )


def _read_order(topic: Topic) -> tuple[str, ...]:
    order = topic.words(
        PROVIDERS_SETTING,
        shown="models of your own, then hosted ones, then those built in",
        meaning="Providers in the order in which they are preferred where a request names none: the first that is ready "
        f"works. Names: {', '.join(f'`{name}`' for name in PROVIDER_NAMES)}.",
    )
    for name in order:
        if name not in PROVIDER_NAMES:
            raise refuse(
                PROVIDERS_SETTING, f"holds {name!r}, which is not a provider. Choose from {', '.join(PROVIDER_NAMES)}."
            )
    return order


def _read_openai(topic: Topic) -> OpenAIOptions:
    url = _read_url(
        topic,
        names.IMAGE_URL_SETTING,
        example="http://localhost:8080/v1",
        shown="OpenAI's, once there is a key",
        meaning="Address of a server that speaks OpenAI's image API, as `http://localhost:8080/v1`; without a path, `/v1` "
        "is added.",
    )
    if urlsplit(url).path.rstrip("/").endswith(("/generations", "/edits", "/images")):
        raise refuse(names.IMAGE_URL_SETTING, "must be the address that comes before /images/generations.")
    key = _read_key(
        topic,
        names.IMAGE_KEY_SETTING,
        "Key for that server. Without an address it is taken for OpenAI's, which needs a model too.",
    )
    if key and "@" in urlsplit(url).netloc:
        raise refuse(
            names.IMAGE_URL_SETTING,
            f"holds a user name, and {names.IMAGE_KEY_SETTING} is set as well. Keep one of the two.",
        )
    model = topic.text(names.IMAGE_MODEL_SETTING, meaning="Name of the image model, like `gpt-image-1`.")
    if len(model) > _MOST_MODEL_CHARS or not model.isprintable():
        raise refuse(names.IMAGE_MODEL_SETTING, f"must be one line of at most {_MOST_MODEL_CHARS} characters.")
    price = topic.text(_PRICE, kind="decimal number", meaning="Price of one picture in US dollars, like `0.04`.")
    return OpenAIOptions(
        url=url,
        key=key,
        model=model,
        price_micros=_read_price(_PRICE, price) if price else None,
        timeout_s=_read_timeout(
            topic, names.IMAGE_TIMEOUT_SETTING, 300, "Longest time for one picture of that server."
        ),
    )


def _read_replicate(topic: Topic) -> ReplicateOptions:
    key = _read_key(topic, names.REPLICATE_KEY_SETTING, "Token of an account at Replicate.")
    url = _read_url(
        topic,
        names.REPLICATE_URL_SETTING,
        example=names.REPLICATE_URL,
        shown=names.REPLICATE_URL,
        meaning="Address of Replicate's API, where it is reached through a gateway of your own.",
    )
    models = {}
    for operation, title in _TITLES.items():
        setting = name_model_setting(operation)
        model = topic.text(setting, meaning=f"Replicate's model for {title}, as `owner/name` or `owner/name:version`.")
        if model and not _MODEL.fullmatch(model):
            raise refuse(setting, f"must be a model like owner/name or owner/name:version, not {model!r}.")
        if model:
            models[operation] = model
    return ReplicateOptions(
        url=url or names.REPLICATE_URL,
        key=key,
        models=models,
        prices_micros=_read_prices(topic),
        timeout_s=_read_timeout(
            topic,
            names.REPLICATE_TIMEOUT_SETTING,
            600,
            "Longest time for one picture of Replicate, cold start included.",
        ),
    )


def _read_prices(topic: Topic) -> dict[Operation, int]:
    prices = {}
    pairs = topic.words(
        _REPLICATE_PRICES,
        meaning="What one picture of Replicate's models costs in US dollars, like `image_generation=0.003, "
        "style_transfer=0.05`. With it, costs are shown.",
    )
    for pair in pairs:
        operation, equals, price = (part.strip() for part in pair.partition("="))
        if not equals or operation not in list(Operation):
            raise refuse(_REPLICATE_PRICES, f"holds {pair!r}, which is not like image_generation=0.003.")
        prices[Operation(operation)] = _read_price(_REPLICATE_PRICES, price)
    return prices


def _read_comfyui(topic: Topic) -> ComfyUIOptions:
    url = _read_url(
        topic,
        names.COMFYUI_URL_SETTING,
        example="http://localhost:8188",
        shown="",
        meaning="Address of a ComfyUI server, as `http://localhost:8188`.",
    )
    workflows = {}
    for operation in COMFYUI_OPERATIONS:
        setting = name_workflow_setting(operation)
        path = topic.text(
            setting,
            kind="path",
            meaning=f"File with ComfyUI's workflow for {_TITLES[operation]}, in the API format, with slots like "
            "`{{prompt}}`.",
        )
        if path:
            workflows[operation] = _read_workflow_file(setting, Path(path), operation)
    timeout_s = _read_timeout(topic, names.COMFYUI_TIMEOUT_SETTING, 900, "Longest time for one workflow.")
    return ComfyUIOptions(url=url, workflows=workflows, timeout_s=timeout_s)


def _read_workflow_file(setting: str, path: Path, operation: Operation) -> Any:
    try:
        if path.stat().st_size > _MOST_WORKFLOW_BYTES:
            raise refuse(setting, "names a file of more than 4 MiB, which is no workflow.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(setting, f"names a file that cannot be read ({type(error).__name__}). Check the path.") from None
    try:
        return read_workflow(text, operation)
    except ValueError as error:
        raise refuse(setting, f"names a file that {error}.") from None


def _read_url(topic: Topic, setting: str, *, example: str, shown: str, meaning: str) -> str:
    url = topic.secret(setting, kind="address", shown=shown, meaning=meaning)
    if url and (complaint := complain_of_address(url, example=example)):
        raise refuse(setting, complaint)
    return url


def _read_key(topic: Topic, setting: str, meaning: str) -> str:
    key = topic.secret(setting, meaning=meaning)
    if not (key.isascii() and key.isprintable()):
        raise refuse(setting, "holds characters that no key has. Copy it again.")
    return key


def _read_timeout(topic: Topic, setting: str, default: float, meaning: str) -> float:
    return topic.duration_s(setting, default=default, least=5, meaning=meaning)


def _read_price(setting: str, raw: str) -> int:
    try:
        price = Decimal(raw)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price <= _MOST_PRICE:
        raise refuse(setting, f"must hold prices like 0.04, from 0 to {_MOST_PRICE}, not {raw!r}.")
    return int((price * _MICROS).to_integral_value())
