"""`Webhook`: an address named with a submit, which is told when its job has ended.

Who tells it is not known here: the app that does is handed over by `config` (`tell_by`).
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from django.http import HttpRequest

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of

HEADER: Final = "Webhook"
SECRET_HEADER: Final = "Webhook-Secret"  # noqa: S105 (a header's name)
_MOST_CHARS: Final = 1_000


class Check(Protocol):
    """Returns address and secret, which is made where "" is given, or raises `InvalidInput` under the given names."""

    def __call__(self, *, url: str, secret: str, url_field: str, secret_field: str) -> tuple[str, str]:
        """Check it."""
        ...


class Listen(Protocol):
    """Keeps in the caller's transaction that an address is told of a job's end."""

    def __call__(self, *, job_id: UUID, url: str, secret: str, user_id: int | None) -> None:
        """Keep it."""
        ...


@dataclass(slots=True)
class _Teller:
    check: Check | None = None
    listen: Listen | None = None


_teller: Final = _Teller()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who wants to hear of a job's end. `is_secret_made`: it was not the caller's own, so it is shown, once."""

    url: str
    secret: str
    is_secret_made: bool


def tell_by(*, check: Check, listen: Listen) -> None:
    """Say who tells. Called once, when the API is put together."""
    _teller.check, _teller.listen = check, listen


def listener_asked(request: HttpRequest) -> Listener | None:
    """Return who is to be told, None where nobody is. Looks an address up: not inside a transaction.

    Raises:
        InvalidInput: the address is none or private, or the secret is none.
    """
    url, secret = (request.headers.get(name, "").strip() for name in (HEADER, SECRET_HEADER))
    if not url:
        if secret:
            raise InvalidInput(details={SECRET_HEADER: [f"Without the header {HEADER} there is nobody to tell."]})
        return None
    if len(url) > _MOST_CHARS or _teller.check is None:
        raise InvalidInput(details={HEADER: [f"This must be an address of at most {_MOST_CHARS} characters."]})
    address, chosen = _teller.check(url=url, secret=secret, url_field=HEADER, secret_field=SECRET_HEADER)
    return Listener(url=address, secret=chosen, is_secret_made=not secret)


def listen(request: HttpRequest, listener: Listener, job_id: UUID) -> None:
    """Keep that somebody is told of a job's end, in the transaction of the request."""
    if _teller.listen is not None:
        _teller.listen(job_id=job_id, url=listener.url, secret=listener.secret, user_id=actor_of(request).user_id)


def document(operation: Any) -> None:
    """Add the headers to the OpenAPI operation."""
    parameters = [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "description": "An address that is told, signed, when the job has ended.",
            "schema": {"type": "string", "maxLength": _MOST_CHARS, "examples": ["https://example.com/hooks"]},
        },
        {
            "in": "header",
            "name": SECRET_HEADER,
            "required": False,
            "description": "What signs it: `whsec_` and base64. Without one it is made, and stands in `webhook_secret` of "
            "the answer.",
            "schema": {"type": "string", "maxLength": 200},
        },
    ]
    extra = operation.openapi_extra or {}
    operation.openapi_extra = {**extra, "parameters": [*extra.get("parameters", []), *parameters]}
