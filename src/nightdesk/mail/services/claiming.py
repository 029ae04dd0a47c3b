"""Whose a mail is: taken by a run before it is sent, moved on by what came of it. Every move is a guarded update.

Confirming one mail and taking the next share a transaction, so that a mailing costs one commit a mail.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

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
# All three in one statement that is its own transaction: one round trip a mail instead of five. Parts of a statement do
# not see each other's rows, and need not: they are about two mails.
_TURN: Final = sql.Statement(
    "WITH before AS ("
    "UPDATE mail_outboxmail SET state = %s, last_code = %s, last_error = %s, provider_id = %s, "
    "doubts = doubts + %s, sent_at = CASE WHEN %s = 1 THEN {now} ELSE sent_at END "
    "WHERE id = %s AND token = %s AND state IN ('sending', 'unknown')), "
    "following AS ("
    "UPDATE mail_outboxmail SET state = 'sending', token = %s, claimed_at = {now}, attempts = attempts + 1, "
    "last_error = '', last_code = NULL, sealed_context = '' "
    "WHERE id = %s AND (state = %s OR (state = 'sending' AND token = %s)) RETURNING id), "
    "body AS ("
    "INSERT INTO mail_mailbody (mail_id, raw, sha256, is_sealed, rendered_at) "
    "SELECT id, new.raw, new.sha256, new.is_sealed, {now} FROM following, "
    "(SELECT %s::bytea AS raw, %s::text AS sha256, %s::boolean AS is_sealed) new WHERE new.raw IS NOT NULL "
    "ON CONFLICT DO NOTHING) "
    "SELECT id FROM following"
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
    moved = sql.fetch(_SETTLE, [*_told(result), mail.pk, token])
    if moved and result.state == MailState.SENT and mail.category == Category.SECURITY:
        sql.fetch(_FORGET, [mail.pk])
    return bool(moved)


def turn(
    *, token: uuid.UUID, before: tuple[OutboxMail, Result] | None, following: tuple[OutboxMail, Body | None] | None
) -> bool:
    """Settle one mail and take the next in one transaction; return whether the next is this run's. Safe to repeat."""

    def both() -> bool:
        if before and following and before[0].category != Category.SECURITY and not sql.is_sqlite():
            return _turn_at_once(token, before, following)
        with sql.writing():
            if before is not None:
                settle(mail=before[0], token=token, result=before[1])
            return following is not None and take(mail=following[0], token=token, body=following[1])

    return sql.patiently(both)


def _turn_at_once(
    token: uuid.UUID, before: tuple[OutboxMail, Result], following: tuple[OutboxMail, Body | None]
) -> bool:
    done, (mail, body) = [*_told(before[1]), before[0].pk, token], following
    kept = [body.kept, body.sha256, body.is_sealed] if body else [None] * 3
    return bool(sql.fetch(_TURN, [*done, token, mail.pk, mail.state, token, *kept]))


def _told(result: Result) -> list[Any]:
    """Return the values of what came of a mail, as the statements take them."""
    said = redact_text(clean_text(result.said))[:MAX_REASON_CHARS] if result.said else ""
    provider_id = clean_text(result.provider_id)[:200]
    return [result.state.value, result.code, said, provider_id, result.doubts, int(result.state in _DONE)]


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
