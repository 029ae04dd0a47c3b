"""Which provider works: the named one, else the first that is ready; and who may step in for one that failed."""

from collections.abc import Iterator

import pytest

from nightdesk.core.errors import InvalidInput, Misconfigured
from nightdesk.providers.images import registry
from nightdesk.providers.images.hosted.options import OpenAIOptions, ReplicateOptions
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Operation

OPENAI = OpenAIOptions(url="http://localhost:1/v1")
REPLICATE = ReplicateOptions(key="k", models={Operation.STYLE: "acme/stylist"})


@pytest.fixture(autouse=True)
def _restore_options() -> Iterator[None]:
    before = registry._configured.options
    yield
    registry.configure(before)


def name_of(operation: Operation, name: str | None = None) -> str:
    return str(registry.find_provider(operation, name).info.name)


def name_after(after: str) -> str | None:
    found = registry.next_ready(Operation.STYLE, after)
    return None if found is None else str(found.info.name)


def test_what_is_built_in_works_where_nothing_is_set() -> None:
    registry.configure(ImageOptions())

    assert name_of(Operation.GENERATION) == "layout"
    assert name_of(Operation.STYLE) == "patchwork"


def test_what_is_connected_comes_before_what_is_built_in() -> None:
    registry.configure(ImageOptions(openai=OPENAI, replicate=REPLICATE))

    assert name_of(Operation.STYLE) == "openai"
    assert [name_after("openai"), name_after("replicate"), name_after("patchwork")] == ["replicate", "patchwork", None]


def test_order_of_the_operator_comes_first() -> None:
    registry.configure(ImageOptions(order=("replicate", "patchwork"), openai=OPENAI, replicate=REPLICATE))

    assert name_of(Operation.STYLE) == "replicate"
    assert [name_after("replicate"), name_after("patchwork"), name_after("openai")] == ["patchwork", "openai", None]


def test_named_provider_that_is_not_ready_is_an_error_and_no_other_works() -> None:
    registry.configure(ImageOptions(openai=OPENAI))

    with pytest.raises(Misconfigured, match="NIGHTDESK_REPLICATE_KEY") as caught:
        registry.find_provider(Operation.STYLE, "replicate")
    assert caught.value.setting == "NIGHTDESK_REPLICATE_KEY, NIGHTDESK_REPLICATE_STYLE_MODEL"


def test_name_that_no_provider_has_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        registry.find_provider(Operation.FACE_SWAP, "patchwork")
    assert caught.value.details["provider"][0].startswith(
        "There is no provider 'patchwork' for face_swap. Choose one of:"
    )


def test_nobody_follows_a_name_that_is_unknown() -> None:
    assert registry.next_ready(Operation.STYLE, "nobody") is None


def test_every_provider_is_described_and_one_for_each_operation_is_used() -> None:
    registry.configure(ImageOptions(openai=OPENAI, replicate=REPLICATE))

    described = registry.describe_providers()

    assert len(described) == sum(map(len, registry.PROVIDERS.values()))
    used = [one.info.operation for one in described if one.is_used]
    assert used == [operation for operation in Operation if operation in used]
    assert {one.info.name for one in described if one.is_used} >= {"openai", "cutout"}
