"""One prompt at a ComfyUI, from its inputs to its picture, over as many runs of the job as it takes."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from nightdesk.core.errors import NightdeskError, Permanent
from nightdesk.providers.images.hosted import faults
from nightdesk.providers.images.hosted.comfyui.api import ComfyUIApi, read_ending
from nightdesk.providers.images.hosted.comfyui.workflows import fill_workflow, find_result_nodes
from nightdesk.providers.images.hosted.faults import Vendor
from nightdesk.providers.images.hosted.lasting import (
    CALLING_OFF_S,
    calling_off,
    do_once,
    find_limit_s,
    look_again_and_again,
)
from nightdesk.providers.images.hosted.line import Line
from nightdesk.providers.images.hosted.options import (
    COMFYUI_TIMEOUT_SETTING,
    COMFYUI_URL_SETTING,
    ComfyUIOptions,
    name_workflow_setting,
)
from nightdesk.providers.images.hosted.pictures import read_result
from nightdesk.providers.images.protocol import NotDone, Operation, Pixels, Work

#: Looks at which a prompt may be neither in the queue nor in the history before it counts as lost.
_MOST_MISSED: Final = 3


class Prompt:
    """One prompt, for one run."""

    def __init__(self, options: ComfyUIOptions, operation: Operation, work: Work, number: str) -> None:
        """Ask nothing yet; `number` is that of the try."""
        self.vendor = describe_vendor(options, operation)
        self._workflow = options.workflows[operation]
        self._work = work
        self._number = number
        self._limit_s = find_limit_s(work, options.timeout_s)
        self._line = Line(self.vendor, check=work.check, limit_s=self._limit_s)
        self._api = ComfyUIApi(self._line)
        #: Ours for the life of this try: under it the prompt is found again, whatever happened to the answer.
        self._name = str(work.once(f"prompt-id-{number}", lambda: str(uuid.uuid4()), _draw_again))

    def upload(self, name: str, data: bytes) -> str:
        """Upload a picture; a second run writes over the first one's."""
        return self._api.upload(f"{self._name}-{name}.png", data)

    def run(self, values: Mapping[str, Any]) -> Pixels:
        """Queue the workflow with its slots filled, or go on with the one of an earlier run, and return its picture.

        Raises:
            Permanent: it failed, or our time for it is over.
            Transient: the server cannot be asked how it stands; the next run goes on with it.
        """
        workflow = fill_workflow(self._workflow, values)
        name = str(
            do_once(
                self._work,
                self.vendor,
                f"prompt-{self._number}",
                lambda: self._api.queue(workflow, self._name),
                find=self._search,
                call_off=lambda: self._call_off(self._name),
            )
        )
        with calling_off(lambda: self._call_off(name)):
            entry = self._wait(name)
            self._work.progress(95, "Copying the result")
            return read_result(self._api.view(self._find_picture(entry)), self.vendor)

    def _search(self) -> str:
        place = self._api.find(self._name)
        if place.before is None and place.entry is None:
            raise NotDone  # the queue is the server's own memory: what is not in it does not run
        return self._name

    def _wait(self, name: str) -> Mapping[str, Any]:
        """Wait until the prompt is in the history and return its entry there."""
        entries: list[Mapping[str, Any]] = []
        missed = 0

        def look() -> bool:
            nonlocal missed
            place = self._api.find(name)
            if place.entry is not None:
                entries.append(place.entry)
            elif place.before is None:
                missed += 1
            else:
                missed = 0
                self._report(place.before)
            return bool(entries) or missed >= _MOST_MISSED

        if not look_again_and_again(look, self._line, self._work):
            with suppress(NightdeskError):
                self._call_off(name)
            raise Permanent(
                f"ComfyUI did not finish within {self._limit_s:.0f} s and was told to stop. Run this again, or raise "
                f"{COMFYUI_TIMEOUT_SETTING}."
            )
        if not entries:
            raise Permanent("ComfyUI has lost this: it was started anew, or somebody took it out. Run this again.")
        if failure := read_ending(entries[0]):
            raise failure
        return entries[0]

    def _report(self, before: int) -> None:
        if before:
            self._work.progress(5, f"Waiting at ComfyUI, place {before} in its line")
        else:
            self._work.progress(30, "ComfyUI works on it")

    def _find_picture(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Find the result: of the node titled `nightdesk`, else the first that was saved, else a preview."""
        outputs = entry.get("outputs")
        nodes = outputs if isinstance(outputs, dict) else {}
        wanted = [nodes[key] for key in find_result_nodes(self._workflow) if key in nodes] or list(nodes.values())
        pictures = [
            picture
            for node in wanted
            if isinstance(node, dict) and isinstance(node.get("images"), list)
            for picture in node["images"]
            if isinstance(picture, dict) and picture.get("filename")
        ]
        saved = [picture for picture in pictures if picture.get("type") == "output"]
        if not pictures:
            raise faults.explain_no_picture(self.vendor, "holds no picture: the workflow saves none")
        return (saved or pictures)[0]

    def _call_off(self, name: str) -> None:
        ComfyUIApi(Line(self.vendor, check=None, limit_s=CALLING_OFF_S)).call_off(name)


def _draw_again() -> str:
    raise NotDone  # an id that was drawn and not kept was never used


def describe_vendor(options: ComfyUIOptions, operation: Operation) -> Vendor:
    """Say who is asked."""
    return Vendor(
        name="ComfyUI",
        server=options.server,
        base_url=options.server.base_url(),
        url_setting=COMFYUI_URL_SETTING,
        key_setting=COMFYUI_URL_SETTING,
        model_setting=name_workflow_setting(operation),
        timeout_setting=COMFYUI_TIMEOUT_SETTING,
    )
