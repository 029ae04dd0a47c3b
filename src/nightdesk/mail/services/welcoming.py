"""A welcome: one mail a person, ever."""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.engine import sql
from nightdesk.engine.run import Run
from nightdesk.mail.jobs import SendWelcomeEmail
from nightdesk.mail.models import UNFINISHED, Category, MailState, OutboxMail
from nightdesk.mail.services import claiming
from nightdesk.mail.services.delivering import deliver, describe
from nightdesk.mail.services.sending import UNKNOWN_SAID
from nightdesk.mail.services.writing import write_mail

_GONE: Final = "User {user_id} is not there any more, so nobody was welcomed."


class UserGone(Permanent):
    """Whoever was to be welcomed is not there any more."""

    code = "mail_user_gone"


def send_welcome(*, job: SendWelcomeEmail, run: Run) -> dict[str, Any]:
    """Welcome somebody by mail, once, whoever asks how often; one that never left is sent after all.

    Raises:
        UserGone. OutcomeUnknown: an earlier one may have been sent. Else as `deliver`.
    """
    user_id = job.user_id if job.user_id is not None else job.admin_id or 0  # `job` has exactly one
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise UserGone(_GONE.format(user_id=user_id))
    is_admin = job.admin_id is not None or job.user_type == "admin"
    mail = write_mail(
        dedupe_key=f"welcome:{'admin' if is_admin else 'user'}:{user_id}",
        category=Category.NOTICE,
        template="welcome_admin" if is_admin else "welcome_user",
        recipient=user.get_username(),
        subject=_subject(is_admin=is_admin),
        context={"user": user},
        user_id=user.pk,
        asked_by=run.owner_id,
        task_id=run.job_id,
    )
    return deliver(mail=mail, run=run) if mail.task_id == run.job_id else _take_up(mail, run)


def _subject(*, is_admin: bool) -> str:
    name = settings.SITE_NAME
    return _("You look after %(name)s now") % {"name": name} if is_admin else _("Welcome to %(name)s") % {"name": name}


def _take_up(mail: OutboxMail, run: Run) -> dict[str, Any]:
    """Go on with the welcome of an earlier job, if it never left."""
    stopped = OutboxMail.objects.filter(pk=mail.pk, state__in=claiming.AGAIN)
    with sql.single():
        is_ours = stopped.update(state=MailState.QUEUED, task_id=run.job_id, last_error="", token=None)
    mail.refresh_from_db()
    if is_ours:
        return deliver(mail=mail, run=run)  # after the commit: nothing is sent inside a transaction
    if mail.state == MailState.UNKNOWN:
        raise OutcomeUnknown(UNKNOWN_SAID)
    if mail.state in UNFINISHED:
        message = f"A welcome to {mail.recipient} is on its way already."
        return {"success": True, "message": message, "mail_id": mail.pk, "state": str(mail.state)}
    return describe(mail)
