"""Whose a mail is: taken by a run before it is sent, moved on by what came of it. Every move is a guarded update.

Confirming one mail and taking the next share a transaction, so that a mailing costs one commit a mail.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from nightdesk.core.redaction import clean_text, redact_text
from nightdesk.engine import sql
from nightdesk.mail.models import Category, MailState, OutboxMail
from nightdesk.mail.models.outbox import MAX_REASON_CHARS
from nightdesk.mail.services.messages import Body

#: What a person's retry may take up again, besides what waits.
AGAIN: Final = (MailState.FAILED, MailState.CANCELLED, MailState.SKIPPED)

# A mail that is ours already was taken by a commit whose answer was lost. The context is not needed once it is written.
_TAKE: Final = sql.Statement(
    "UPDATE mail_outboxmail SET state = 'sending', token = %s, claimed_at = {now}, attempts = attempts + 1, "
    "last_error = '', last_code = NULL, sealed_context = '' "
    "WHERE id = %s AND (state = %s OR (state = 'sending' AND token = %s)) RETURNING id"
)
_KEEP_BODY: Final = sql.Statement(
    "INSERT INTO mail_mailbody (mail_id, raw, sha256, is_sealed, rendered_at) VALUES (%s, %s, %s, %s, {now}) "
    "ON CONFLICT DO NOTHING"
)
# `unknown` too: a run that was taken for dead and lives knows better than whoever found its mail.
_SETTLE: Final = sql.Statement(
    "UPDATE mail_outboxmail SET state = %s, last_code = %s, last_error = %s, provider_id = %s, "
    "doubts = doubts + %s, sent_at = CASE WHEN %s = 1 THEN {now} ELSE sent_at END "
    "WHERE id = %s AND token = %s AND state IN ('sending', 'unknown') RETURNING id"
)
# What opened a door is not kept once it has left.
_FORGET: Final = sql.Statement("DELETE FROM mail_mailbody WHERE mail_id = %s")
_DONE: Final = (MailState.SENT, MailState.KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A mail that this run may send, and as which bytes."""

    mail: OutboxMail
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of sending a mail: the state it goes to, and what the other side said."""

    state: MailState
    code: int | None = None
    said: str = ""
    provider_id: str = ""
    doubts: int = 0


def take(*, mail: OutboxMail, token: uuid.UUID, body: Body | None) -> bool:
    """Take a mail as its row was read, with its bytes if they are new; False: it has moved since. In a transaction.

    Raises nothing. Safe to repeat by the same run.
    """
    if not sql.fetch(_TAKE, [token, mail.pk, mail.state, token]):
        return False
    if body is not None:
        sql.fetch(_KEEP_BODY, [mail.pk, body.kept, body.sha256, body.is_sealed])
    return True


def settle(*, mail: OutboxMail, token: uuid.UUID, result: Result) -> bool:
    """Move a mail that this run took as its sending ended; False: it is not this run's any more. In a transaction."""
    is_done = result.state in _DONE
    said = redact_text(clean_text(result.said))[:MAX_REASON_CHARS]
    provider_id = clean_text(result.provider_id)[:200]
    moved = sql.fetch(
        _SETTLE,
        [result.state.value, result.code, said, provider_id, result.doubts, int(is_done), mail.pk, token],
    )
    if moved and result.state == MailState.SENT and mail.category == Category.SECURITY:
        sql.fetch(_FORGET, [mail.pk])
    return bool(moved)


def turn(
    *, token: uuid.UUID, before: tuple[OutboxMail, Result] | None, following: tuple[OutboxMail, Body | None] | None
) -> bool:
    """Settle one mail and take the next in one transaction; return whether the next is this run's. Safe to repeat."""

    def both() -> bool:
        with sql.writing():
            if before is not None:
                settle(mail=before[0], token=token, result=before[1])
            return following is not None and take(mail=following[0], token=token, body=following[1])

    return sql.patiently(both)


def skip(*, mail: OutboxMail, reason: str) -> bool:
    """Pass a mail over that its recipient does not want; False: it has moved since it was read."""
    with sql.single():
        return bool(
            OutboxMail.objects.filter(pk=mail.pk, state=mail.state).update(
                state=MailState.SKIPPED, last_error=reason[:MAX_REASON_CHARS], token=None
            )
        )


def fail(*, mail: OutboxMail, reason: str) -> bool:
    """Give a mail up that cannot even be written; False: it has moved since it was read."""
    said = redact_text(clean_text(reason))[:MAX_REASON_CHARS]
    with sql.single():
        return bool(
            OutboxMail.objects.filter(pk=mail.pk, state=mail.state).update(
                state=MailState.FAILED, last_error=said, token=None
            )
        )
