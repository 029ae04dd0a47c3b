"""Refusals that only HTTP knows; the rest of the tree is in `core.errors`."""

from collections.abc import Iterable

from nightdesk.core.errors import BusinessError, OperationalFault


class MethodNotAllowed(BusinessError):
    """The path exists, this method on it does not."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, allowed: Iterable[str]) -> None:
        """Name the methods that work here."""
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(f"This method does not work here. Use {self.allowed}.")


class UnsupportedMediaType(BusinessError):
    """The body is not declared as JSON."""

    code = "unsupported_media_type"
    status = 415
    public_message = "Send the body as JSON, with the header Content-Type: application/json."


class DatabaseAway(OperationalFault):
    """The database did not answer in time."""

    code = "database_away"
    status = 503
    retryable = True
    public_message = "The database does not answer. Nothing was changed; try again in a moment."
