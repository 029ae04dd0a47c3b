"""Which mails somebody may see."""

from django.db.models import Q, QuerySet

from nightdesk.mail.models import OutboxMail


def mails_shown(*, user_id: int, is_operator: bool) -> QuerySet[OutboxMail]:
    """Give the mails that somebody may see, newest first: operators all, members what they asked for or what is to them."""
    rows = OutboxMail.objects.order_by("-pk")
    return rows if is_operator else rows.filter(Q(asked_by_id=user_id) | Q(user_id=user_id))
