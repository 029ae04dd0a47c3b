"""The outbox and suppressed addresses in Django's admin. What mails say is not shown; all that is done goes through services."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from nightdesk.core.errors import BusinessError
from nightdesk.httpkit.admin_rows import OnlyToLookAt
from nightdesk.mail import services
from nightdesk.mail.models import BulkMail, MailPreference, OutboxMail, Suppression

if TYPE_CHECKING:
    _MailAdminBase = admin.ModelAdmin[OutboxMail]
    _MailingAdminBase = admin.ModelAdmin[BulkMail]
    _SuppressionAdminBase = admin.ModelAdmin[Suppression]
    _PreferenceAdminBase = admin.ModelAdmin[MailPreference]
else:
    _MailAdminBase = _MailingAdminBase = _SuppressionAdminBase = _PreferenceAdminBase = admin.ModelAdmin


@admin.register(OutboxMail)
class OutboxMailAdmin(OnlyToLookAt, _MailAdminBase):
    """Mails, the newest first; operators send again, cancel and decide."""

    list_display = ("recipient", "subject", "template", "category", "state", "attempts", "created_at", "sent_at")
    list_filter = ("state", "category", "template")
    search_fields = ("recipient", "subject")
    ordering = ("-id",)
    exclude = ("sealed_context", "token")
    actions = ("send_again", "cancel", "say_arrived", "say_not_arrived")
    show_full_result_count = False

    @admin.action(description=gettext_lazy("Send again what failed or was cancelled"))
    def send_again(self, request: HttpRequest, rows: QuerySet[OutboxMail]) -> None:
        """Send each again, under its Message-ID."""
        self._do(request, rows, services.retry_mail)

    @admin.action(description=gettext_lazy("Cancel what waits"))
    def cancel(self, request: HttpRequest, rows: QuerySet[OutboxMail]) -> None:
        """Cancel each."""
        self._do(request, rows, services.cancel_mail)

    @admin.action(description=gettext_lazy("Of unknown ones: they arrived"))
    def say_arrived(self, request: HttpRequest, rows: QuerySet[OutboxMail]) -> None:
        """Decide each."""
        self._do(request, rows, services.decide_mail, arrived=True)

    @admin.action(description=gettext_lazy("Of unknown ones: they did not arrive, send again"))
    def say_not_arrived(self, request: HttpRequest, rows: QuerySet[OutboxMail]) -> None:
        """Decide each."""
        self._do(request, rows, services.decide_mail, arrived=False)

    def _do(
        self, request: HttpRequest, rows: QuerySet[OutboxMail], service: Callable[..., Any], **options: bool
    ) -> None:
        """Call a service for each mail, and say how many it was done for and why not for the others."""
        done, refusals = 0, list[str]()
        for mail in rows:
            try:
                service(mail_id=mail.pk, by=request.user.pk, **options)
                done += 1
            except BusinessError as refusal:
                refusals.append(f"{mail}: {refusal.public_message}")
        if done:
            self.message_user(request, ngettext("%d mail was changed.", "%d mails were changed.", done) % done)
        for said in refusals[:10]:
            self.message_user(request, said, messages.WARNING)
        if len(refusals) > 10:
            self.message_user(request, _("%d more were left as they are.") % (len(refusals) - 10), messages.WARNING)


@admin.register(BulkMail)
class BulkMailAdmin(OnlyToLookAt, _MailingAdminBase):
    """Bulk mailings, the newest first."""

    list_display = ("subject", "template", "total", "asked_by", "created_at")
    list_filter = ("template",)
    list_select_related = ("asked_by",)
    search_fields = ("subject",)
    ordering = ("-id",)
    exclude = ("sealed_context",)


@admin.register(Suppression)
class SuppressionAdmin(OnlyToLookAt, _SuppressionAdminBase):
    """Addresses that get no mail; operators let them get it again."""

    list_display = ("address", "category", "reason", "detail", "created_at")
    list_filter = ("reason", "category")
    search_fields = ("address",)
    ordering = ("-id",)
    actions = ("let_get_mail",)

    @admin.action(description=gettext_lazy("Let these addresses get mail again"))
    def let_get_mail(self, request: HttpRequest, rows: QuerySet[Suppression]) -> None:
        """Remove each."""
        found = list(rows.values_list("pk", flat=True))
        for suppression_id in found:
            services.unsuppress(suppression_id=suppression_id, by=request.user.pk)
        said = ngettext("%d address gets mail again.", "%d addresses get mail again.", len(found))
        self.message_user(request, said % len(found))


@admin.register(MailPreference)
class MailPreferenceAdmin(OnlyToLookAt, _PreferenceAdminBase):
    """What users want to get. They say so themselves."""

    list_display = ("user", "category", "is_wanted")
    list_filter = ("category", "is_wanted")
    list_select_related = ("user",)
    search_fields = ("user__email",)
