"""The addresses of Replicate's API, one method each. Source: the vendor's pages on predictions, their lifecycle, files."""

import re
from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.providers.images.hosted import faults
from nightdesk.providers.images.hosted.faults import Answer, Vendor
from nightdesk.providers.images.hosted.line import Line
from nightdesk.providers.images.hosted.options import (
    REPLICATE_KEY_SETTING,
    REPLICATE_TIMEOUT_SETTING,
    REPLICATE_URL_SETTING,
    ReplicateOptions,
    name_model_setting,
)
from nightdesk.providers.images.hosted.replicate.schema import ModelSchema, read_schema
from nightdesk.providers.images.protocol import Operation

#: An id goes into addresses, so it has to look like one.
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: One look at a prediction, or one small question; the prediction itself has the whole time.
_QUESTION_S: Final = 15.0
_LEAST_DEADLINE_S: Final = 5

Prediction = Mapping[str, Any]


class ReplicateApi:
    """The API on one line."""

    def __init__(self, line: Line) -> None:
        """Ask nothing yet."""
        self._line = line

    def find_model(self, name: str) -> tuple[str, ModelSchema]:
        """Return what to name as the version of a prediction, and the model's inputs.

        Raises:
            Misconfigured: there is no such model, or it describes no inputs.
        """
        path, _, pinned = name.partition(":")
        found = self._get(f"/models/{path}/versions/{pinned}" if pinned else f"/models/{path}")
        latest = found if pinned else found.get("latest_version")
        schema = read_schema(latest) if isinstance(latest, dict) else None
        if schema is None or not isinstance(latest, dict):
            raise self._blame_model(name, "describes no inputs")
        # An official model is called by its name; any other only by a version.
        version = path if found.get("is_official") is True else str(pinned or latest.get("id", ""))
        return version, schema

    def _blame_model(self, name: str, why: str) -> Misconfigured:
        setting = self._line.vendor.model_setting
        return Misconfigured(f"Replicate's model {name} {why}. Set {setting} to another one.", setting=setting)

    def upload(self, data: bytes) -> str:
        """Upload a picture and return its address, which no other prediction has. Replicate deletes it after a day."""
        answer = self._line.post("/files", files={"content": ("image.png", data, "image/png")})
        urls = self._read(answer).get("urls")
        url = urls.get("get") if isinstance(urls, dict) else None
        if not isinstance(url, str) or not url:
            raise faults.explain_loss(self._line.vendor, is_paid=False)
        return url

    def create(self, version: str, inputs: Mapping[str, Any], *, deadline_s: float) -> str:
        """Create a prediction that Replicate itself ends after `deadline_s`, and return its id.

        Raises:
            OutcomeUnknown: it was asked for, and no whole answer came back.
        """
        headers = {"Cancel-After": f"{max(_LEAST_DEADLINE_S, round(deadline_s))}s"}
        body = {"version": version, "input": dict(inputs)}
        answer = self._line.post("/predictions", json=body, headers=headers, is_paid=True, most_s=60.0)
        found = answer.read_json()
        name = found.get("id") if isinstance(found, dict) else None
        if not isinstance(name, str) or not _ID.fullmatch(name):
            raise faults.explain_loss(self._line.vendor, is_paid=True)
        return name

    def look(self, name: str) -> Prediction:
        """Return how a prediction stands."""
        return self._get(f"/predictions/{name}")

    def list_latest(self) -> list[Prediction]:
        """List the latest predictions of the account, a hundred at most."""
        results = self._get("/predictions").get("results")
        return [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []

    def cancel(self, name: str) -> None:
        """Call a prediction off; one that has ended stays as it is."""
        self._line.post(f"/predictions/{name}/cancel")

    def _get(self, path: str) -> Mapping[str, Any]:
        return self._read(self._line.get(path, most_s=_QUESTION_S))

    def _read(self, answer: Answer) -> Mapping[str, Any]:
        body = answer.read_json()
        if not isinstance(body, dict):
            raise faults.explain_stranger(self._line.vendor, answer.status)
        return body


def is_our_id(name: Any) -> bool:
    """Tell whether a value is an id of a prediction."""
    return isinstance(name, str) and _ID.fullmatch(name) is not None


def describe_vendor(options: ReplicateOptions, operation: Operation) -> Vendor:
    """Say who is asked."""
    return Vendor(
        name="Replicate",
        server=options.server,
        base_url=options.server.base_url(),
        headers={"Authorization": f"Bearer {options.key}"},
        url_setting=REPLICATE_URL_SETTING,
        key_setting=REPLICATE_KEY_SETTING,
        model_setting=name_model_setting(operation),
        timeout_setting=REPLICATE_TIMEOUT_SETTING,
    )


def explain_ending(prediction: Prediction, vendor: Vendor, limit_s: float) -> Permanent:
    """Say why a prediction ended without a result. What its model wrote is only looked at."""
    status = prediction.get("status")
    said = str(prediction.get("error") or "").casefold()[:20_000]
    if re.search(r"nsfw|sensitive|safety|content policy|moderat", said):
        return faults.explain_policy(vendor)
    if status == "aborted":
        return Permanent(
            f"Replicate had no machine free within {limit_s:.0f} s, so the model never began; this is not charged. Run it "
            "again later, or choose a model that is kept warm."
        )
    if status == "canceled":
        return Permanent("The prediction was cancelled at Replicate, by its deadline or by a person. Run this again.")
    if re.search(r"out of memory|oom", said):
        return Permanent("The model ran out of memory at Replicate. Use a smaller picture, or another model.")
    return Permanent(
        "The model failed at Replicate. Look at the prediction there; run this again, or use another model."
    )
