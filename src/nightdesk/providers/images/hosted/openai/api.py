"""One paid request for one picture: made once, its answer kept before anything else is done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nightdesk.providers.images.hosted import faults
from nightdesk.providers.images.hosted.faults import Answer, FormRefused, Vendor
from nightdesk.providers.images.hosted.lasting import do_once, find_limit_s, one_try
from nightdesk.providers.images.hosted.line import MOST_PICTURE_BYTES, Line
from nightdesk.providers.images.hosted.options import (
    IMAGE_KEY_SETTING,
    IMAGE_MODEL_SETTING,
    IMAGE_TIMEOUT_SETTING,
    IMAGE_URL_SETTING,
    OpenAIOptions,
)
from nightdesk.providers.images.hosted.pictures import read_result
from nightdesk.providers.images.hosted.results import read_base64, take_result
from nightdesk.providers.images.protocol import Pixels, Work


@dataclass(frozen=True, slots=True)
class Bought:
    """A picture that was paid for. `model` is the one that was asked."""

    pixels: Pixels
    revised_prompt: str


class ImageApi:
    """The API for one run."""

    def __init__(self, options: OpenAIOptions, work: Work) -> None:
        """Ask nothing yet."""
        self._work = work
        self.vendor = describe_vendor(options)
        self._line = Line(self.vendor, check=work.check, limit_s=find_limit_s(work, options.timeout_s))

    def buy(self, path: str, *, asks_for_base64: bool, fields: Mapping[str, Any], files: Any = None) -> Bought:
        """Ask for a picture, once in the life of the job: what came is kept, and a later run finds it.

        Raises:
            OutcomeUnknown: it was asked for, and nobody knows what became of it.
            NotKept: an ended job is run again, and its picture is gone; the run after this one buys another.
            OperationalFault: it was not made.
        """
        with one_try(self._work) as number:
            ask = partial(self._ask, path, asks_for_base64, fields, files)
            bought = do_once(self._work, self.vendor, f"picture-{number}", ask)
            data = take_result(bought["url"], self._line) if "url" in bought else self._work.kept(bought["file"])
            return Bought(read_result(data, self.vendor), str(bought["revised_prompt"]))

    def _ask(self, path: str, asks_for_base64: bool, fields: Mapping[str, Any], files: Any) -> dict[str, Any]:
        answer = self._send(path, asks_for_base64, fields, files)
        entry = self._read(answer)
        revised_prompt = entry.get("revised_prompt")
        bought = {"revised_prompt": revised_prompt if isinstance(revised_prompt, str) else ""}
        if isinstance(text := entry.get("b64_json"), str) and text:
            return {**bought, "file": self._work.keep(read_base64(text, self._line))}
        if isinstance(url := entry.get("url"), str) and url:
            return {**bought, "url": url}  # fetched outside: a failure of that must not buy another one
        raise faults.explain_emptiness(self.vendor)

    def _send(self, path: str, asks_for_base64: bool, fields: Mapping[str, Any], files: Any) -> Answer:
        def send(given: Mapping[str, Any]) -> Answer:
            body = {"json": given} if files is None else {"data": given, "files": files}
            return self._line.post(path, is_paid=True, most_bytes=MOST_PICTURE_BYTES, **body)

        if not asks_for_base64:
            return send(fields)
        try:
            return send({**fields, "response_format": "b64_json"})
        except FormRefused as refusal:
            if refusal.field != "response_format":
                raise
        return send(fields)  # refused for its form alone: it cost nothing

    def _read(self, answer: Answer) -> Mapping[str, Any]:
        body = answer.read_json()
        entries = body.get("data") if isinstance(body, dict) else None
        if not isinstance(entries, list):
            raise faults.explain_stranger(self.vendor, answer.status)
        if not entries or not isinstance(entries[0], dict):
            raise faults.explain_emptiness(self.vendor)
        return entries[0]


def describe_vendor(options: OpenAIOptions) -> Vendor:
    """Say who is asked."""
    server = options.server
    return Vendor(
        name="OpenAI" if options.is_openai else server.host,
        server=server,
        base_url=server.base_url(default_path="/v1"),
        headers={"Authorization": f"Bearer {options.key}"} if options.key else {},
        url_setting=IMAGE_URL_SETTING,
        key_setting=IMAGE_KEY_SETTING,
        model_setting=IMAGE_MODEL_SETTING,
        timeout_setting=IMAGE_TIMEOUT_SETTING,
    )
