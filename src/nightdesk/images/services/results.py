"""What came out of image work: stored with the end of its job, shown with or without its bytes."""

from typing import Any, Final, TypedDict
from uuid import UUID

#: Larger pictures are fetched by their address: base64 in JSON takes a third more, several times over, in memory.
MOST_INLINE_BYTES: Final = 20_000_000


class ImageResult(TypedDict):
    """The result of an image job. `metadata` holds `original_prompt`, `refined_prompt` (null: not refined),
    `parameters`, `provider`, `seed`, `warnings`, `method`, `generative_ai`, `digital_source_type`, `expires_at`."""

    status: str
    asset_id: str
    image_url: str
    prompt_used: str
    metadata: dict[str, Any]


def find_result(*, job_id: UUID) -> ImageResult | None:
    """Return the result of an image job that succeeded; None while there is none.

    Raises:
        AssetExpired, AssetNotFound: the picture is gone.
    """
    raise NotImplementedError


def present_result(*, result: ImageResult) -> dict[str, Any]:
    """Return a result with `image_data`: the file as base64, or None above `MOST_INLINE_BYTES`.

    Raises:
        AssetExpired: it was not kept. AssetNotFound: it was deleted.
    """
    raise NotImplementedError
