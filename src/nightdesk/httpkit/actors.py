"""Who asks."""

from dataclasses import dataclass

from django.http import HttpRequest

from nightdesk.core.errors import Forbidden, Unauthenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in user, or a token acting for one. `operator` includes administrators; `name`: the address they sign in with."""

    user_id: int
    token_id: int | None = None
    operator: bool = False
    name: str = ""

    @property
    def key(self) -> str:
        """A name for shares and keys: each token has its own, all sessions of a user have one."""
        return f"user:{self.user_id}" if self.token_id is None else f"token:{self.token_id}"


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks, as the API's authentication has found out.

    Raises:
        Unauthenticated: the operation is public and nobody signed in.
    """
    actor = getattr(request, "auth", None)
    if not isinstance(actor, Actor):
        raise Unauthenticated
    return actor


def operator_of(request: HttpRequest) -> Actor:
    """Return who asks, if they are an operator.

    Raises:
        Forbidden: they are not.
    """
    actor = actor_of(request)
    if not actor.operator:
        raise Forbidden("Only operators may do this. Ask one, or ask for the role.")
    return actor
