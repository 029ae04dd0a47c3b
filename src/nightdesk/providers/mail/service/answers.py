"""What django-anymail raises, in our errors.

The library's exceptions hold the request, and with it the key. So they are read here and dropped.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import Misconfigured, OperationalFault, OutcomeUnknown, Permanent, Transient
from nightdesk.providers.mail.options import SERVICE_OPTIONS_SETTING, MailOptions
from nightdesk.providers.mail.protocol import RecipientRefused, SenderBusy
from nightdesk.providers.mail.words import clean_words
from nightdesk.providers.wire.retrying import read_retry_after

_PAUSE_S: Final = 60.0
#: Where in its JSON a service says what it dislikes.
_SAID: Final = ("message", "Message", "error", "detail")


class Explainer:
    """Turns what the library raises into errors. None of them holds anything of the service's options."""

    def __init__(self, options: MailOptions) -> None:
        """Know what must not be shown."""
        self._service = options.service
        self._secrets = [one for one in options.service_options.values() if isinstance(one, str)]

    def explain(self, error: Exception) -> OperationalFault | None:
        """Return what to raise; None: it is nothing that the library raises on purpose."""
        from anymail import exceptions
        from requests import exceptions as lost

        if isinstance(error, exceptions.AnymailRecipientsRefused):
            return RecipientRefused(
                f"{self._service} sends nothing to this address: it came back before, or its owner complained. Check the "
                "address.",
                is_dead=True,
            )
        if isinstance(error, exceptions.AnymailInvalidAddress):
            return RecipientRefused("This is no address that mail can be sent to. Correct it.", is_dead=False)
        if isinstance(error, exceptions.AnymailUnsupportedFeature | exceptions.AnymailSerializationError):
            return Permanent(
                f"{self._service} cannot send such a mail: {self._clean(str(error.args[0]))}. Put "
                f"IGNORE_UNSUPPORTED_FEATURES into {SERVICE_OPTIONS_SETTING} to send it without that."
            )
        if isinstance(error, exceptions.AnymailAPIError) and error.status_code is not None:
            return self._explain_status(error.status_code, error.response)
        if isinstance(error, lost.RequestException):
            return self._explain_loss(error)
        return None

    def lose(self) -> OutcomeUnknown:
        """Return what to raise where the request was made and no answer can be read."""
        return OutcomeUnknown(f"{self._service} did not answer properly, so it is not known whether the mail was sent.")

    def _explain_status(self, status: int, response: Any) -> OperationalFault:
        if status in {401, 403}:
            return Misconfigured(
                f"{self._service} does not accept the key in {SERVICE_OPTIONS_SETTING} (HTTP {status}). Correct it, then "
                "start Nightdesk again.",
                setting=SERVICE_OPTIONS_SETTING,
            )
        if status == 429:
            pause_s = read_retry_after({name.lower(): value for name, value in response.headers.items()})
            pause_s = _PAUSE_S if pause_s is None else pause_s
            return SenderBusy(
                f"{self._service} asked us to pause. Mail is sent again in {math.ceil(pause_s)} s.",
                retry_after_s=pause_s,
            )
        if status in {408, 425, 503}:
            return Transient(
                f"{self._service} could not take the mail just now (HTTP {status}). It is sent again later."
            )
        if status < 400 or status == 409 or status >= 500:
            return self.lose()  # 409: another try with the same key is on its way
        return Permanent(f"{self._service} refused the mail (HTTP {status}): {self._read_said(response)}")

    def _explain_loss(self, error: Exception) -> OperationalFault:
        from requests import exceptions as lost

        if isinstance(error, lost.SSLError):
            return Transient(
                f"The certificate of {self._service} is not one to trust. Nothing was sent; it is tried again."
            )
        if isinstance(error, lost.InvalidURL | lost.MissingSchema | lost.InvalidSchema | lost.InvalidHeader):
            return Misconfigured(
                f"{self._service} cannot be asked with what stands in {SERVICE_OPTIONS_SETTING}. Correct it.",
                setting=SERVICE_OPTIONS_SETTING,
            )
        if isinstance(error, lost.ConnectTimeout) or _never_connected(error):
            return Transient(f"{self._service} cannot be reached. It will be tried again.")
        return self.lose()

    def _read_said(self, response: Any) -> str:
        try:
            found = response.json()
        except ValueError:
            found = None
        said = next((found[name] for name in _SAID if found.get(name)), "") if isinstance(found, Mapping) else ""
        return self._clean(said) if isinstance(said, str) and said else "it does not say why."

    def _clean(self, said: str) -> str:
        return clean_words(said, secrets=self._secrets)


def _never_connected(error: BaseException) -> bool:
    """Tell whether no connection came about, so that nothing can have been sent."""
    # anymail keeps the error of requests as its cause, that one urllib3's in its arguments, and that one a reason.
    cause = error.__cause__ or error
    inner = cause.args[0] if cause.args else None
    reason = getattr(inner, "reason", inner)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}
