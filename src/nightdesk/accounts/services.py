"""What is done with accounts."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from nightdesk.accounts.credentials import HINT_CHARS, LINK_PREFIX, TOKEN_PREFIX, hash_secret, make_secret
from nightdesk.accounts.errors import EmailTaken, TooManyTokens
from nightdesk.accounts.models import ApiToken, Role, SignInLink, Status, User
from nightdesk.core.errors import InvalidInput, NotFound
from nightdesk.engine.enqueue import enqueue
from nightdesk.mail.jobs import SendWelcomeEmail

#: More live tokens than this are a program that makes one for each run.
MOST_LIVE_TOKENS: Final = 100
DEFAULT_LINK_AGE: Final = timedelta(hours=1)
SHORTEST_LINK_AGE: Final = timedelta(minutes=15)
LONGEST_LINK_AGE: Final = timedelta(hours=24)
#: Address of the first owner where none was given; people change it on their first visit.
OWNER_EMAIL: Final = "owner@localhost.localdomain"


def create_user(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    role: str = Role.MEMBER,
    password: str | None = None,
    is_welcomed: bool = False,
) -> User:
    """Create an active user; without a password they come in by sign-in links.

    `is_welcomed`: they get a mail, by a job in the same transaction.

    Raises:
        InvalidInput: the address, the role or the password is not acceptable.
        EmailTaken: somebody has this address.
    """
    user = User(email=_check_email(email), first_name=first_name, last_name=last_name, role=_check_role(role))
    if password is not None:
        _check_password(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            if is_welcomed:
                welcome(user=user)
    except IntegrityError:
        raise EmailTaken from None
    return user


def welcome(*, user: User) -> UUID:
    """Ask, in the caller's transaction, that a user is welcomed by mail; return the job. They get one such mail, ever."""
    if user.role == Role.ADMINISTRATOR:
        return enqueue(SendWelcomeEmail(admin_id=user.pk, user_type="admin"))
    return enqueue(SendWelcomeEmail(user_id=user.pk))


def ensure_owner(*, email: str = OWNER_EMAIL) -> tuple[User, bool]:
    """Return the first owner and whether they were created just now. Safe to repeat."""
    owner = find_owner()
    if owner is not None:
        return owner, False
    try:
        return create_user(email=email, role=Role.ADMINISTRATOR), True
    except EmailTaken:
        found = find_owner()
        if found is None:
            raise
        return found, False


def find_owner() -> User | None:
    """Return the first owner: the oldest administrator who is active."""
    return administrators().order_by("id").first()


def administrators() -> QuerySet[User]:
    """Give those who may do everything and may come in."""
    return User.objects.filter(role=Role.ADMINISTRATOR, status=Status.ACTIVE)


def is_last_administrator(*, user_id: int, is_locked: bool = False) -> bool:
    """Whether nobody could do everything any more without this user.

    `is_locked`, inside a transaction: nobody else changes an administrator before it ends, so that two cannot take the
    role from each other.
    """
    rows = administrators().select_for_update() if is_locked else administrators()
    return set(rows.order_by("pk").values_list("pk", flat=True)) == {user_id}


def set_password(*, user_id: int, password: str) -> None:
    """Give a user a new password; their other sessions end by it.

    Raises:
        InvalidInput: the password is too weak. NotFound: no such user.
    """
    user = _find_user(user_id)
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])


def set_status(*, user_id: int, status: str) -> None:
    """Let a user in or keep them out; sessions, tokens and links of a disabled user stop working at once.

    Raises:
        InvalidInput: no such status. NotFound: no such user.
    """
    if status not in Status.values:
        raise InvalidInput(details={"status": [f"This must be one of {', '.join(Status.values)}."]})
    if not User.objects.filter(id=user_id).update(status=status):
        raise NotFound("There is no such user.")


def create_token(*, user_id: int, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Create a token; return its row and the secret, which is nowhere else.

    Raises:
        InvalidInput: `expires_at` is past. TooManyTokens: 100 are live. NotFound: no such user.
    """
    now = timezone.now()
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(details={"expires_at": ["This must be a time in the future."]})
    secret = make_secret(TOKEN_PREFIX)
    with transaction.atomic():
        user = _find_user(user_id)
        if _live_tokens(user_id, now).count() >= MOST_LIVE_TOKENS:
            raise TooManyTokens
        hint = secret[: len(TOKEN_PREFIX) + HINT_CHARS]
        token = ApiToken.objects.create(
            user=user, name=name, hash=hash_secret(secret), hint=hint, created_at=now, expires_at=expires_at
        )
    return token, secret


def revoke_token(*, user_id: int, token_id: int) -> None:
    """Make a token of this user worthless for good.

    Raises:
        NotFound: they have no such token, or it is revoked already.
    """
    mine = ApiToken.objects.filter(id=token_id, user_id=user_id, revoked_at=None)
    if not mine.update(revoked_at=timezone.now()):
        raise NotFound("You have no such token.")


def create_sign_in_link(*, user_id: int, valid_for: timedelta = DEFAULT_LINK_AGE) -> str:
    """Make a one-time link; return the secret that goes into its address.

    Raises:
        InvalidInput: `valid_for` is not within 15 minutes to 24 hours. NotFound: no such user.
    """
    if not SHORTEST_LINK_AGE <= valid_for <= LONGEST_LINK_AGE:
        raise InvalidInput(details={"valid_for": ["This must be from 15 minutes to 24 hours."]})
    secret = make_secret(LINK_PREFIX)
    now = timezone.now()
    with transaction.atomic():
        user = _find_user(user_id)
        SignInLink.objects.filter(expires_at__lt=now - LONGEST_LINK_AGE).delete()
        SignInLink.objects.create(user=user, hash=hash_secret(secret), created_at=now, expires_at=now + valid_for)
    return secret


def _find_user(user_id: int) -> User:
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFound("There is no such user.")
    return user


def _live_tokens(user_id: int, now: datetime) -> QuerySet[ApiToken]:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=now)
    return ApiToken.objects.filter(unexpired, user_id=user_id, revoked_at=None)


def _check_email(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput(details={"email": ["This must be an e-mail address like name@example.org."]}) from None
    return address


def _check_role(role: str) -> str:
    if role not in Role.values:
        raise InvalidInput(details={"role": [f"This must be one of {', '.join(Role.values)}."]})
    return role


def _check_password(password: str, user: User) -> None:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(details={"password": list(error.messages)}) from None
