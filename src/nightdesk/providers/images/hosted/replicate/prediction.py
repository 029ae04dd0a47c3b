"""One prediction, from its creation to its outputs, over as many runs of the job as it takes."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from nightdesk.core.errors import Misconfigured, NightdeskError, Permanent
from nightdesk.providers.images.hosted import faults
from nightdesk.providers.images.hosted.lasting import (
    CALLING_OFF_S,
    calling_off,
    do_once,
    find_limit_s,
    look_again_and_again,
)
from nightdesk.providers.images.hosted.line import Line
from nightdesk.providers.images.hosted.options import ReplicateOptions
from nightdesk.providers.images.hosted.pictures import read_result
from nightdesk.providers.images.hosted.replicate.api import (
    Prediction,
    ReplicateApi,
    describe_vendor,
    explain_ending,
    is_our_id,
)
from nightdesk.providers.images.hosted.replicate.schema import ModelSchema, NoPlace
from nightdesk.providers.images.hosted.results import take_result
from nightdesk.providers.images.protocol import NotDone, Operation, Pixels, Work

_ENDED: Final = frozenset(["succeeded", "failed", "canceled", "aborted"])
#: Percent and words while it stands so. A cold start is shown apart: nothing is computed, and little charged, meanwhile.
_STANDS: Final = {
    "starting": (10, "Waiting for a machine at Replicate: a cold start takes up to two minutes"),
    "processing": (40, "Replicate works on it"),
}


@dataclass(frozen=True, slots=True)
class Predicted:
    """The picture of a prediction, and the inputs that made it."""

    pixels: Pixels
    inputs: Mapping[str, Any]


class Account:
    """The account at Replicate, for one run of one operation."""

    def __init__(self, options: ReplicateOptions, operation: Operation, work: Work, number: str) -> None:
        """Ask nothing yet; `number` is that of the try."""
        self.model = options.models[operation]
        self.vendor = describe_vendor(options, operation)
        self._work = work
        self._number = number
        self._limit_s = find_limit_s(work, options.timeout_s)
        self._line = Line(self.vendor, check=work.check, limit_s=self._limit_s)
        self._api = ReplicateApi(self._line)

    def find_schema(self) -> tuple[str, ModelSchema]:
        """Ask for the version to name and the inputs of the model; see `ReplicateApi.find_model`."""
        return self._api.find_model(self.model)

    def upload(self, name: str, data: bytes) -> str:
        """Upload a picture once in the life of the job and return its address."""
        return str(
            do_once(
                self._work,
                self.vendor,
                f"upload-{name}-{self._number}",
                lambda: self._api.upload(data),
                find=_upload_again,
            )
        )

    def predict(
        self, version: str, schema: ModelSchema, values: Mapping[str, Any], *, must: tuple[str, ...]
    ) -> Predicted:
        """Create a prediction, or go on with the one of an earlier run, and return its picture.

        Raises:
            OutcomeUnknown: whether it was created is not known.
            Permanent: it ended without a picture, or our time for it is over.
            Transient: Replicate cannot be asked how it stands; the next run goes on with it.
        """
        inputs = self._fill(schema, values, must)
        name = str(
            do_once(
                self._work,
                self.vendor,
                f"prediction-{self._number}",
                lambda: self._api.create(version, inputs, deadline_s=self._limit_s),
                find=lambda: self._search(self._api, inputs),
                call_off=lambda: self._call_off(self._search(self._hurried_api(), inputs)),
            )
        )
        with calling_off(lambda: self._call_off(name)):
            output = self._wait(name)
            self._work.progress(90, "Copying the result")
            return Predicted(read_result(take_result(output, self._line), self.vendor), inputs)

    def _fill(self, schema: ModelSchema, values: Mapping[str, Any], must: tuple[str, ...]) -> dict[str, Any]:
        try:
            return schema.fill(values, must=must)
        except NoPlace as missing:
            why = str(missing)
        setting = self.vendor.model_setting
        raise Misconfigured(f"Replicate's model {self.model} {why}. Set {setting} to another one.", setting=setting)

    def _search(self, api: ReplicateApi, inputs: Mapping[str, Any]) -> str:
        """Look for a prediction whose creation was asked for and not answered, and return its id.

        Raises:
            OutcomeUnknown: it is not there. Nothing says how soon the list has what was created, so that proves nothing.
        """
        found = _match(api.list_latest(), inputs).get("id")
        if not is_our_id(found):
            raise faults.explain_loss(self.vendor, is_paid=True)
        return str(found)

    def _wait(self, name: str) -> str:
        """Wait for a prediction and return the address of its picture."""
        seen: dict[str, Any] = {}

        def look() -> bool:
            seen.update(self._api.look(name))
            status = str(seen.get("status"))
            if status in _STANDS:
                self._work.progress(*_STANDS[status])
            return status in _ENDED

        if not look_again_and_again(look, self._line, self._work):
            with suppress(NightdeskError):
                self._call_off(name)
            raise Permanent(
                f"The model did not finish within {self._limit_s:.0f} s and was called off. Run this again, raise "
                f"{self.vendor.timeout_setting}, or use a faster model."
            )
        if seen["status"] != "succeeded":
            raise explain_ending(seen, self.vendor, self._limit_s)
        return self._read_output(seen)

    def _read_output(self, prediction: Prediction) -> str:
        output = prediction.get("output")
        found = output if isinstance(output, list) else list(output.values()) if isinstance(output, dict) else [output]
        addresses = [one for one in found if isinstance(one, str) and one]
        if not addresses:
            gone = prediction.get("data_removed") is True
            raise faults.explain_no_picture(
                self.vendor, "is no longer kept there: outputs go after an hour" if gone else "holds no picture"
            )
        return addresses[0]

    def _call_off(self, name: str) -> None:
        self._hurried_api().cancel(name)

    def _hurried_api(self) -> ReplicateApi:
        return ReplicateApi(Line(self.vendor, check=None, limit_s=CALLING_OFF_S))


def _upload_again() -> NoReturn:
    raise NotDone  # a second copy costs nothing and goes by itself


def _match(predictions: list[Prediction], inputs: Mapping[str, Any]) -> Prediction:
    """Find the prediction with these inputs. Only inputs that nobody else has prove it: a seed, an uploaded picture."""
    if not any(name in inputs and inputs[name] for name in inputs if "seed" in name or _is_upload(inputs[name])):
        return {}
    for one in predictions:
        given = one.get("input")
        if isinstance(given, dict) and all(given.get(name) == value for name, value in inputs.items()):
            return one
    return {}


def _is_upload(value: Any) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, str) and first.startswith(("https://", "http://"))
