"""What is done with mail."""

from nightdesk.mail.services.addresses import MAX_ADDRESS_CHARS, complain_of_address, fold_address
from nightdesk.mail.services.orders import (
    check_template,
    complain_of_context,
    order_mail,
    order_mailing,
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
from nightdesk.mail.services.suppressions import find_suppression, suppress, suppressions_shown, unsuppress
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
    "Preference",
    "Tracked",
    "check_template",
    "complain_of_address",
    "complain_of_context",
    "count_states",
    "find_mail",
    "find_mail_to_change",
    "find_mailing",
    "find_suppression",
    "fold_address",
    "mailings_shown",
    "mails_shown",
    "may_act_on",
    "may_read_body",
    "order_mail",
    "order_mailing",
    "preferences_of",
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
