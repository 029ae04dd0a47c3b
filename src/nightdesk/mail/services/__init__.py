"""What is done with mail."""

from nightdesk.mail.services.addresses import MAX_ADDRESS_CHARS, complain_of_address, fold_address
from nightdesk.mail.services.orders import Order, ask_for, check_mail, check_mailing, order_mailing, refuse_references
from nightdesk.mail.services.outbox_lists import (
    count_states,
    find_mail,
    find_mail_to_change,
    find_mailing,
    mailings_shown,
    mails_shown,
    may_act_on,
    may_read_body,
)
from nightdesk.mail.services.preferences import (
    REFUSABLE,
    Preference,
    preferences_of,
    set_preference,
    set_preferences,
    skip_reason,
    skip_reasons_of,
)
from nightdesk.mail.services.rendering import Rendered, preview_template
from nightdesk.mail.services.suppressions import find_suppression, suppress, suppressions_shown, unsuppress
from nightdesk.mail.services.templates import TemplateInfo, find_template, list_templates
from nightdesk.mail.services.tracking import Tracked, take_event
from nightdesk.mail.services.unsubscribing import (
    read_unsubscribe_token,
    resubscribe,
    unsubscribe,
    unsubscribe_address,
)

__all__ = [
    "MAX_ADDRESS_CHARS",
    "REFUSABLE",
    "Order",
    "Preference",
    "Rendered",
    "TemplateInfo",
    "Tracked",
    "ask_for",
    "check_mail",
    "check_mailing",
    "complain_of_address",
    "count_states",
    "find_mail",
    "find_mail_to_change",
    "find_mailing",
    "find_suppression",
    "find_template",
    "fold_address",
    "list_templates",
    "mailings_shown",
    "mails_shown",
    "may_act_on",
    "may_read_body",
    "order_mailing",
    "preferences_of",
    "preview_template",
    "read_unsubscribe_token",
    "refuse_references",
    "resubscribe",
    "set_preference",
    "set_preferences",
    "skip_reason",
    "skip_reasons_of",
    "suppress",
    "suppressions_shown",
    "take_event",
    "unsubscribe",
    "unsubscribe_address",
    "unsuppress",
]
