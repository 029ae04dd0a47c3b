"""Every error that Nightdesk raises on purpose, in one tree.

    NightdeskError
    ├── BusinessError            the caller asked for something that cannot be; never retried
    │   ├── InvalidInput         400  details say which field and why
    │   ├── Unauthenticated      401
    │   ├── Forbidden            403
    │   ├── NotFound             404  also what one may not see
    │   ├── Conflict             409
    │   ├── Gone                 410
    │   ├── PayloadTooLarge      413
    │   ├── Unprocessable        422
    │   └── TooManyRequests      429  retry_after_s says when
    └── OperationalFault         the world outside did not play along; counted
        ├── Transient            503  try again
        │   └── Throttled        503  try again after retry_after_s
        ├── Permanent            502  trying again changes nothing
        ├── Misconfigured        503  a named setting is missing or wrong
        └── OutcomeUnknown       502  it may or may not have happened: a person decides

Anything else that is raised is a bug: it is reported with its traceback and never shown to a caller.

`code` is stable and read by programs, `status` is the HTTP status, `retryable` says whether the same call may succeed
later without a change, `public_message` may be shown to anyone who asked.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class NightdeskError(Exception):
    """The root. `str(error)` is its public message; `details` maps a field to its complaints."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    public_message: str = "Something went wrong. Try again; if it stays, tell whoever runs this installation."

    def __init__(
        self, public_message: str | None = None, *, details: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Say what happened and what to do next; without a message the class speaks for itself."""
        if public_message is not None:
            self.public_message = public_message
        self.details: dict[str, list[str]] = {field: list(said) for field, said in (details or {}).items()}
        super().__init__(self.public_message)


class BusinessError(NightdeskError):
    """What was asked for cannot be, by the rules of the house."""

    code = "refused"
    status = 400


class InvalidInput(BusinessError):
    """The request cannot be read or breaks a field's rule."""

    code = "invalid_input"
    status = 400
    public_message = "Invalid input"


class Unauthenticated(BusinessError):
    """Nobody, or nobody we know, is asking."""

    code = "unauthenticated"
    status = 401
    public_message = "Sign in, or send a valid token in the Authorization header."


class Forbidden(BusinessError):
    """We know who asks, and they may not."""

    code = "forbidden"
    status = 403
    public_message = "You may not do this. Ask an operator for the role it needs."


class NotFound(BusinessError):
    """It does not exist, or the asker may not see it."""

    code = "not_found"
    status = 404
    public_message = "There is no such thing here. Check the address."


class Conflict(BusinessError):
    """It is not in a state in which this can be done."""

    code = "conflict"
    status = 409
    public_message = "This cannot be done in its present state. Look at it again, then decide."


class Gone(BusinessError):
    """It was here and has been removed on purpose."""

    code = "gone"
    status = 410
    public_message = "This has been removed. Run it again to get a new one."


class PayloadTooLarge(BusinessError):
    """The request is larger than we read."""

    code = "payload_too_large"
    status = 413
    public_message = "This is too large. Send less at once."


class Unprocessable(BusinessError):
    """It reads well and still makes no sense here."""

    code = "unprocessable"
    status = 422
    public_message = "This can be read but not carried out. Change the request."


class TooManyRequests(BusinessError):
    """The caller has used up its share for now."""

    code = "too_many_requests"
    status = 429
    retryable = True
    public_message = "Too many requests. Wait a moment, then try again."

    def __init__(self, public_message: str | None = None, *, retry_after_s: float) -> None:
        """Say after how many seconds the next request will be served."""
        super().__init__(public_message)
        self.retry_after_s = retry_after_s


class OperationalFault(NightdeskError):
    """The world outside (a vendor, a network, a server, a setting) did not play along."""

    code = "fault"
    status = 503


class Transient(OperationalFault):
    """It failed now and may well work later."""

    code = "transient"
    retryable = True
    public_message = "A service we depend on did not answer properly. It will be tried again."


class Throttled(Transient):
    """The service asked us to slow down. `retry_after_s` is None where it did not say for how long.

    `spends_try`: whether waiting for it costs a job one of its tries. Where nobody was served it need not.
    """

    code = "throttled"
    spends_try: ClassVar[bool] = True
    public_message = "A service we depend on asked us to slow down. It will be tried again later."

    def __init__(self, public_message: str | None = None, *, retry_after_s: float | None = None) -> None:
        """Carry the service's own wish for a pause, in seconds."""
        super().__init__(public_message)
        self.retry_after_s = retry_after_s


class Permanent(OperationalFault):
    """It failed, and the same request will fail again."""

    code = "permanent"
    status = 502
    public_message = "A service we depend on refused this. Change the request; trying again will not help."


class Misconfigured(OperationalFault):
    """What was asked for by name is not ready: `setting` names what is missing or wrong."""

    code = "misconfigured"

    def __init__(self, public_message: str | None = None, *, setting: str) -> None:
        """Name the setting; the default sentence tells the operator to set it."""
        super().__init__(public_message or f"{setting} is missing or wrong. Set it, then start Nightdesk again.")
        self.setting = setting


class OutcomeUnknown(OperationalFault):
    """An effect outside was asked for and nobody can say whether it happened."""

    code = "outcome_unknown"
    status = 502
    public_message = "It is not known whether this was done. Look at the other side, then say whether it was."
