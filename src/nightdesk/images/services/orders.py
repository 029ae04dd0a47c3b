"""Asking for image work: what was sent is checked, the provider is chosen, and the job is accepted."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID


def submit_task(
    *,
    task_type: str,
    prompt: str = "",
    image: str | None = None,
    target_image: str | None = None,
    mask: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    owner_id: int | None,
    job_id: UUID | None = None,
) -> UUID:
    """Accept one image task and return its job's id. Pictures are named `asset:<id>`; they may still be on their way.

    `parameters`: `width`, `height`, `style`, `strength`, `seed`, `box`, `format`, `quality`, `provider`, `fallback`,
    `consent` (face swaps: that `CONSENT_STATEMENT` was confirmed). `job_id` is for inputs that were staged for it.

    Raises:
        InvalidInput: with details by field, as `{"prompt": ["Prompt is required for image_generation"]}`; fields of
            `parameters` go by their own names (`box`, `provider`).
        Forbidden: face swaps are off.
        Misconfigured: the provider that was named is not ready, or none is.
    """
    raise NotImplementedError
