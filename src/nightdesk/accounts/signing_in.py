"""Coming in: by password, by one-time link, by token. Attempts are counted per address and per account."""

import hashlib
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils import timezone

from nightdesk.accounts.credentials import LINK_PREFIX, TOKEN_PREFIX, hash_secret
from nightdesk.accounts.errors import LinkNotValid, SignInFailed, TokenRefused
from nightdesk.accounts.models import ApiToken, SignInLink, Status, User
from nightdesk.core.redaction import clean_text
from nightdesk.httpkit import throttles
from nightdesk.httpkit.addresses import share_of

#: A token in heavy use would be written at each request otherwise.
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


def sign_in_with_password(*, email: str, password: str, address: str) -> User:
    """Return the active user to whom both belong. `address` is the caller's, as `client_address` says.

    Raises:
        SignInFailed: they do not belong together; takes as long whether the user exists or not.
        TooManyRequests: too many attempts from this address, or on this account.
    """
    account = hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]
    _count_attempt(f"sign-in:from:{share_of(address)}")
    _count_attempt(f"sign-in:as:{account}")
    user = _find_by_email(email)
    password = clean_text(password)
    if user is None:
        make_password(password)
        raise SignInFailed
    if not user.check_password(password) or not user.is_active:
        raise SignInFailed
    return user


def use_sign_in_link(*, secret: str, address: str) -> User:
    """Return the active user of a link and use the link up.

    Raises:
        LinkNotValid: used, too old, unknown, or its user is disabled.
        TooManyRequests: too many attempts from this address.
    """
    _count_attempt(f"sign-in:from:{share_of(address)}")
    now = timezone.now()
    if not secret.startswith(LINK_PREFIX):
        raise LinkNotValid
    unused = SignInLink.objects.filter(
        hash=hash_secret(secret), used_at=None, expires_at__gt=now, user__status=Status.ACTIVE
    )
    link = unused.select_related("user").first()
    # The guarded update decides between two who open the link at once.
    if link is None or not SignInLink.objects.filter(id=link.id, used_at=None).update(used_at=now):
        raise LinkNotValid
    return link.user


def check_token(secret: str) -> ApiToken:
    """Return the live token with this secret, its user loaded; notes its use at most once a minute.

    Raises:
        TokenRefused: unknown, revoked or expired, or its user is disabled.
    """
    now = timezone.now()
    token = None
    if secret.startswith(TOKEN_PREFIX):
        token = ApiToken.objects.select_related("user").filter(hash=hash_secret(secret)).first()
    if token is None or not token.is_live(now) or not token.user.is_active:
        raise TokenRefused
    if token.last_used_at is None or token.last_used_at < now - _USE_NOTED_EVERY:
        due = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_NOTED_EVERY)
        ApiToken.objects.filter(due, id=token.id).update(last_used_at=now)
    return token


def _find_by_email(email: str) -> User | None:
    address = email.strip().lower()
    # What no database can keep belongs to nobody.
    return User.objects.filter(email=address).first() if clean_text(address) == address else None


def _count_attempt(share: str) -> None:
    throttles.spend(share, settings.SIGN_IN_RATE, exact=True)
