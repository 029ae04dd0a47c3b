"""Who gets no mail: addresses that operators look after, and what each person wants."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from nightdesk.core.errors import Forbidden
from nightdesk.core.redaction import clean_text
from nightdesk.mail import services
from nightdesk.mail.models import SuppressionReason
from nightdesk.mail.models.outbox import MAX_REASON_CHARS
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.mail.recipients import read_recipients
from nightdesk.web.saying import say

PAGE_SIZE: Final = 25
MAX_TEXT_CHARS: Final = 100
#: reason -> its words.
_REASONS: Final[dict[str, Promise]] = {
    SuppressionReason.REFUSED: gettext_lazy("No such mailbox"),
    SuppressionReason.BOUNCED: gettext_lazy("Mail came back"),
    SuppressionReason.COMPLAINED: gettext_lazy("Reported as spam"),
    SuppressionReason.UNSUBSCRIBED: gettext_lazy("Unsubscribed"),
    SuppressionReason.MANUAL: gettext_lazy("By an operator"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def show_suppressions(request: HttpRequest) -> HttpResponse:
    """List the addresses that get no mail, those that the address of the page asks for; add some."""
    _only_operators(request)
    if request.method != "POST":
        return _show(request)
    category = request.POST.get("category", "")
    found = read_recipients(request.POST.get("addresses", ""))
    values = {name: request.POST.get(name, "") for name in ("addresses", "category", "detail")}
    complaints = {"addresses": found.trouble} if found.trouble else {}
    if category and category not in services.REFUSABLE:
        complaints["category"] = [_("Choose one of the list.")]
    if complaints:
        return _show(request, values=values, complaints=complaints)
    for address in found.addresses:
        services.suppress(
            address=address, reason=SuppressionReason.MANUAL, detail=values["detail"].strip(), category=category
        )
    count = len(found.addresses)
    words = ngettext("%(count)s address gets no more mail.", "%(count)s addresses get no more mail.", count)
    return say(request, redirect("web:suppressions"), words % {"count": count})


@require_POST
@signed_in
def remove_suppression(request: HttpRequest, suppression_id: int) -> HttpResponse:
    """Let an address get mail again."""
    _only_operators(request)
    row = services.find_suppression(suppression_id=suppression_id)
    services.unsuppress(suppression_id=row.pk, by=actor_on(request).user_id)
    said = _("%(address)s gets mail again.") % {"address": row.address}
    return say(request, redirect("web:suppressions"), said)


@require_POST
@signed_in
def set_preferences(request: HttpRequest) -> HttpResponse:
    """Keep which mails a person wants."""
    wanted = request.POST.getlist("wanted")
    chosen = {str(category): category in wanted for category in services.REFUSABLE}
    services.set_preferences(user_id=actor_on(request).user_id, wanted=chosen)
    return say(request, redirect(f"{reverse('web:settings')}#mail"), _("Saved."))


def _only_operators(request: HttpRequest) -> None:
    if not actor_on(request).operator:
        raise Forbidden


def _show(
    request: HttpRequest,
    *,
    values: dict[str, str] | None = None,
    complaints: dict[str, list[str]] | None = None,
) -> HttpResponse:
    text = clean_text(request.GET.get("q", "")).strip()[:MAX_TEXT_CHARS]
    reason = request.GET.get("reason", "")
    reason = reason if reason in _REASONS else ""
    rows = services.suppressions_shown(text=text, reason=reason or None)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, _REASONS[row.reason], services.REFUSABLE.get(row.category, "")) for row in page],
        "text": text,
        "reason": reason,
        "reasons": [("", gettext_lazy("All")), *_REASONS.items()],
        "categories": list(services.REFUSABLE.items()),
        "values": values or {},
        "complaints": complaints or {},
        "longest": MAX_REASON_CHARS,
        "section": "mail",
    }
    return render(request, "web/mail/suppressions.html", context, status=400 if complaints else 200)
