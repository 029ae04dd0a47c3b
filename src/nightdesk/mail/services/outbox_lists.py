"""Which mails somebody may see, and what of them."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet

from nightdesk.mail.errors import MailingNotFound, MailNotFound, MailNotYours
from nightdesk.mail.models import BulkMail, Category, MailState, OutboxMail


def mails_shown(
    *,
    user_id: int,
    is_operator: bool,
    state: str | None = None,
    category: str | None = None,
    text: str = "",
    bulk_id: int | None = None,
) -> QuerySet[OutboxMail]:
    """Give the mails that somebody may see, newest first: operators all, members what they asked for or what is to them.

    `text` is looked for in recipient and subject. What a mail says is not among it: see `may_read_body`.
    """
    rows = OutboxMail.objects.order_by("-pk")
    if not is_operator:
        rows = rows.filter(Q(asked_by_id=user_id) | Q(user_id=user_id))
    if text:
        rows = rows.filter(Q(recipient__icontains=text) | Q(subject__icontains=text))
    wanted = {"state": state, "category": category, "bulk_id": bulk_id}
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def find_mail(*, mail_id: int, user_id: int, is_operator: bool) -> OutboxMail:
    """Return a mail that somebody may see.

    Raises:
        MailNotFound: there is none, or it is other people's.
    """
    found = mails_shown(user_id=user_id, is_operator=is_operator).filter(pk=mail_id).first()
    if found is None:
        raise MailNotFound
    return found


def may_act_on(*, mail: OutboxMail, user_id: int, is_operator: bool) -> bool:
    """Whether somebody may send a mail again, cancel it or decide about it: who asked for it, and operators."""
    return is_operator or mail.asked_by_id == user_id


def find_mail_to_change(*, mail_id: int, user_id: int, is_operator: bool) -> OutboxMail:
    """Return a mail that somebody may act on.

    Raises:
        MailNotFound: they may not even see it. MailNotYours: it is only to them.
    """
    mail = find_mail(mail_id=mail_id, user_id=user_id, is_operator=is_operator)
    if not may_act_on(mail=mail, user_id=user_id, is_operator=is_operator):
        raise MailNotYours
    return mail


def may_read_body(*, mail: OutboxMail, user_id: int) -> bool:
    """Whether somebody who may see a mail may read it, too.

    A mail about security holds what lets its recipient in: once it has left it is for nobody else. One that was kept has
    reached nobody, so an administrator may read it and hand it on.
    """
    if mail.category != Category.SECURITY:
        return True
    if mail.state != MailState.KEPT:
        return False
    user = get_user_model().objects.filter(pk=user_id).first()
    return user is not None and user.is_superuser


def mailings_shown(*, user_id: int, is_operator: bool) -> QuerySet[BulkMail]:
    """Give the bulk mailings that somebody asked for, newest first; to an operator all."""
    rows = BulkMail.objects.order_by("-pk")
    return rows if is_operator else rows.filter(asked_by_id=user_id)


def find_mailing(*, bulk_id: int, user_id: int, is_operator: bool) -> BulkMail:
    """Return a bulk mailing that somebody may see.

    Raises:
        MailingNotFound: there is none, or it is somebody else's.
    """
    found = mailings_shown(user_id=user_id, is_operator=is_operator).filter(pk=bulk_id).first()
    if found is None:
        raise MailingNotFound
    return found


def count_states(*, bulk_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Count the mails of mailings by state, in one statement. Each mailing is there with every state, 0 included."""
    counts = {bulk_id: dict.fromkeys(MailState.values, 0) for bulk_id in bulk_ids}
    grouped = OutboxMail.objects.filter(bulk_id__in=counts).values_list("bulk_id", "state").annotate(n=Count("pk"))
    for bulk_id, state, number in grouped.order_by():
        if bulk_id is not None:
            counts[bulk_id][state] = number
    return counts
