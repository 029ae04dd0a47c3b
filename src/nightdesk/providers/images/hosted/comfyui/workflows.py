"""A workflow of the operator's, in the format that ComfyUI calls API, whose slots are filled and nothing else.

A slot is an input whose whole value is the text `{{name}}`. What fills it is a value of its own and is never read
again: words of a person cannot become part of the workflow.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from nightdesk.providers.images.protocol import Operation

_SLOT: Final = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
#: For each operation the slots that a workflow must have, then those that it may have.
_REQUIRED: Final = {
    Operation.GENERATION: ("prompt",),
    Operation.OBJECT: ("image", "mask"),
    Operation.STYLE: ("image",),
}
_OPTIONAL: Final = {
    Operation.GENERATION: ("width", "height", "seed"),
    Operation.OBJECT: ("prompt", "seed"),
    Operation.STYLE: ("prompt", "strength", "seed", "example"),
}

Workflow = Mapping[str, Any]


def read_workflow(text: str, operation: Operation) -> Workflow:
    """Read a workflow for an operation.

    Raises:
        ValueError: it is none, lacks a slot or has one that is never filled; the message ends a sentence.
    """
    try:
        workflow = json.loads(text)
    except ValueError:
        raise ValueError("is not JSON. Export it from ComfyUI with File, Export (API)") from None
    if not isinstance(workflow, dict) or not workflow or not all(map(_is_node, workflow.values())):
        raise ValueError("is not a workflow in the API format. Export it from ComfyUI with File, Export (API)")
    found = find_slots(workflow)
    missing = [f"{{{{{name}}}}}" for name in _REQUIRED[operation] if name not in found]
    if missing:
        raise ValueError(f"lacks {' and '.join(missing)}: write it as the whole value of an input")
    strange = sorted(found - {*_REQUIRED[operation], *_OPTIONAL[operation]})
    if strange:
        raise ValueError(f"asks for {{{{{strange[0]}}}}}, which this operation does not have")
    return workflow


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def find_slots(workflow: Workflow) -> set[str]:
    """Name the slots that a workflow has."""
    values = [value for node in workflow.values() for value in node["inputs"].values()]
    return {found[1] for value in values if isinstance(value, str) and (found := _SLOT.fullmatch(value))}


def fill_workflow(workflow: Workflow, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the workflow with its slots filled; the nodes and all else stay as they are.

    Raises:
        KeyError: a slot has no value.
    """

    def fill(value: Any) -> Any:
        found = _SLOT.fullmatch(value) if isinstance(value, str) else None
        return values[found[1]] if found else value

    return {
        key: {**node, "inputs": {name: fill(value) for name, value in node["inputs"].items()}}
        for key, node in workflow.items()
    }


def find_result_nodes(workflow: Workflow) -> list[str]:
    """Name the nodes whose picture is the result: those titled `nightdesk`, else none in particular."""
    return [key for key, node in workflow.items() if _title(node) == "nightdesk"]


def _title(node: Mapping[str, Any]) -> str:
    meta = node.get("_meta")
    return str(meta.get("title", "")).strip().casefold() if isinstance(meta, dict) else ""
