"""Leaving by the link of a mail: one click, without an account (RFC 8058)."""

from typing import Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.signing import BadSignature, Signer

from nightdesk.core.redaction import clean_text
from nightdesk.engine.sql import writing
from nightdesk.mail.errors import UnsubscribeLinkNotValid
from nightdesk.mail.models import MailPreference, SuppressionReason
from nightdesk.mail.services.addresses import fold_address
from nightdesk.mail.services.preferences import REFUSABLE, unsubscribed_of
from nightdesk.mail.services.suppressions import suppress

#: Where the page is. Workers write mails and load no pages, so it is not looked up.
PATH: Final = "/mail/unsubscribe/"
#: An address of 254 characters makes a token of about 430; what is longer is not ours.
_LONGEST_TOKEN: Final = 1_000


def unsubscribe_address(*, address: str, category: str) -> str:
    """Return the web address by which a recipient leaves a category. It never expires, and is the same each time.

    Raises:
        ValueError: mail of this category cannot be refused.
    """
    if category not in REFUSABLE:
        raise ValueError(f"Mail of the category {category!r} cannot be unsubscribed from")
    token = _signer().sign_object([fold_address(address), category])
    return f"{settings.BASE_URL}{PATH}{token}/"


def read_unsubscribe_token(*, token: str) -> tuple[str, str]:
    """Return the address and the category that a link is about; nothing is changed.

    Raises:
        UnsubscribeLinkNotValid: it was not made here, or not completely copied.
    """
    if len(token) > _LONGEST_TOKEN or clean_text(token) != token:
        raise UnsubscribeLinkNotValid
    try:
        address, category = _signer().unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        raise UnsubscribeLinkNotValid from None
    return str(address), str(category)


def unsubscribe(*, token: str) -> tuple[str, str]:
    """Stop mails of a category to an address; return both. Safe to repeat, as mail programs do.

    Whoever has an account with this address finds it in their preferences.

    Raises:
        UnsubscribeLinkNotValid: it was not made here.
    """
    address, category = read_unsubscribe_token(token=token)
    with writing():
        suppress(address=address, reason=SuppressionReason.UNSUBSCRIBED, category=category)
        for user_id in get_user_model().objects.filter(email=address).values_list("pk", flat=True):
            MailPreference.objects.update_or_create(user_id=user_id, category=category, defaults={"is_wanted": False})
    return address, category


def resubscribe(*, token: str) -> tuple[str, str]:
    """Take back `unsubscribe`; what stops mail for another reason stays. Safe to repeat.

    Raises:
        UnsubscribeLinkNotValid: it was not made here.
    """
    address, category = read_unsubscribe_token(token=token)
    with writing():
        unsubscribed_of(address).filter(category=category).delete()
        MailPreference.objects.filter(user__email=address, category=category).delete()
    return address, category


def _signer() -> Signer:
    return Signer(salt="nightdesk.mail.unsubscribe")
