"""Placing orders: the form's pictures are taken in, and a task is asked for once for each copy."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from nightdesk.core.errors import Conflict, InvalidInput
from nightdesk.engine.models import Job
from nightdesk.engine.queries import arguments_of
from nightdesk.images import services
from nightdesk.images.models import Asset
from nightdesk.web.studio.files import FormFile, stream_of, take_in
from nightdesk.web.studio.form import Order, new_seed, read_order
from nightdesk.web.studio.runs import OPERATIONS
from nightdesk.web.studio.tools import Tool

Files = Mapping[str, FormFile]


def place_orders(tool: Tool, post: QueryDict, files: Files, *, asset: Asset | None, owner_id: int) -> list[UUID]:
    """Ask for what a form says, on this picture (None: from words alone); return the jobs.

    Raises:
        InvalidInput: with details by field. Rejected: a file is no picture that we take.
        Forbidden. Misconfigured: see `submit_task`.
    """
    mask = files.get("mask") if tool.has_mask else None
    order = read_order(tool, post, has_mask=mask is not None)
    pictures = _name_pictures(tool, post, files, asset, owner_id)
    return [_submit(tool, order, parameters, pictures, mask, owner_id) for parameters in order.parameters]


def repeat(job: Job, *, owner_id: int) -> UUID:
    """Ask for what a job did once more, with another seed; return the new job.

    Raises:
        Conflict: it is no image task. What `submit_task` raises: its pictures may be gone by now.
    """
    if job.kind not in OPERATIONS:
        raise Conflict(_("Only tasks that make pictures can be repeated here."))
    asked = arguments_of(job)
    return services.submit_task(
        task_type=OPERATIONS[job.kind],
        prompt=asked.get("prompt") or "",
        image=asked.get("image"),
        target_image=asked.get("target_image"),
        mask=asked.get("mask"),
        parameters={**asked.get("parameters", {}), "seed": new_seed()},
        owner_id=owner_id,
    )


def _submit(
    tool: Tool,
    order: Order,
    parameters: dict[str, Any],
    pictures: dict[str, str],
    mask: FormFile | None,
    owner_id: int,
) -> UUID:
    files = {"mask": stream_of(mask)} if mask is not None else {}
    with services.receiving(files) as received:
        return services.submit_task(
            task_type=str(tool.operation),
            prompt=order.prompt,
            parameters=parameters,
            received=received,
            owner_id=owner_id,
            **pictures,
        )


def _name_pictures(tool: Tool, post: QueryDict, files: Files, asset: Asset | None, owner_id: int) -> dict[str, str]:
    """Name the pictures of a task by its fields: in a face swap, the picture on the page receives the other one's face."""
    if asset is None:
        return {}
    mine = f"asset:{asset.pk}"
    other = _name_other(tool, post, files, owner_id) if tool.other else ""
    if tool.operation == "face_swap":
        return {"image": other, "target_image": mine}
    return {"image": mine, "target_image": other} if other else {"image": mine}


def _name_other(tool: Tool, post: QueryDict, files: Files, owner_id: int) -> str:
    if "other_file" in files:
        return f"asset:{take_in(files['other_file'], owner_id=owner_id).pk}"
    chosen = post.get("other", "")
    if tool.other == "needed" and not chosen:
        raise InvalidInput(details={"other": [_("Choose the picture that the face comes from, or upload one.")]})
    return f"asset:{chosen}" if chosen else ""
