"""What is done with mail."""

from nightdesk.mail.services.addresses import MAX_ADDRESS_CHARS, complain_of_address, fold_address, key_of_address
from nightdesk.mail.services.batches import send_batch
from nightdesk.mail.services.bulk import send_bulk
from nightdesk.mail.services.deciding import NothingToRetry, cancel_mail, decide_mail, retry_mail
from nightdesk.mail.services.delivering import send_mail
from nightdesk.mail.services.endings import bulk_ended, close_strays, mail_ended
from nightdesk.mail.services.messages import open_body, read_body, render_mail
from nightdesk.mail.services.notifying import send_notification
from nightdesk.mail.services.orders import (
    Order,
    ask_for,
    check_mail,
    check_mailing,
    order_mailing,
    order_written_mail,
    refuse_references,
)
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
from nightdesk.mail.services.rendering import MissingVariables, Rendered, context_complaints, preview_template
from nightdesk.mail.services.suppressions import find_suppression, suppress, suppressions_shown, unsuppress
from nightdesk.mail.services.templates import TemplateInfo, find_template, list_templates
from nightdesk.mail.services.tracking import Tracked, take_event
from nightdesk.mail.services.unsubscribing import read_unsubscribe_token, resubscribe, unsubscribe, unsubscribe_address
from nightdesk.mail.services.welcoming import send_welcome
from nightdesk.mail.services.writing import write_mail

__all__ = [
    "MAX_ADDRESS_CHARS",
    "REFUSABLE",
    "MissingVariables",
    "NothingToRetry",
    "Order",
    "Preference",
    "Rendered",
    "TemplateInfo",
    "Tracked",
    "ask_for",
    "bulk_ended",
    "cancel_mail",
    "check_mail",
    "check_mailing",
    "close_strays",
    "complain_of_address",
    "context_complaints",
    "count_states",
    "decide_mail",
    "find_mail",
    "find_mail_to_change",
    "find_mailing",
    "find_suppression",
    "find_template",
    "fold_address",
    "key_of_address",
    "list_templates",
    "mail_ended",
    "mailings_shown",
    "mails_shown",
    "may_act_on",
    "may_read_body",
    "open_body",
    "order_mailing",
    "order_written_mail",
    "preferences_of",
    "preview_template",
    "read_body",
    "read_unsubscribe_token",
    "refuse_references",
    "render_mail",
    "resubscribe",
    "retry_mail",
    "send_batch",
    "send_bulk",
    "send_mail",
    "send_notification",
    "send_welcome",
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
    "write_mail",
]
