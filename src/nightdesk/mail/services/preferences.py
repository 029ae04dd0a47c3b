"""What people want to get, and why a mail is not sent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.errors import InvalidInput, NotFound
from nightdesk.engine.sql import writing
from nightdesk.mail.models import Category, MailPreference, Suppression, SuppressionReason
from nightdesk.mail.services.addresses import fold_address
from nightdesk.mail.services.suppressions import SAID

#: What can be refused, with what it is to people. Mail about security is not among it.
REFUSABLE: Final[Mapping[str, Promise]] = {
    Category.NOTICE: _("Welcome mails and notifications"),
    Category.BULK: _("Newsletters and digests"),
}
_PREFERENCE: Final = "preference"
_UNWANTED: Final = "The recipient does not want such mail."
#: Addresses of one statement: far below what either database takes, and more than a batch of a mailing has.
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Whether somebody wants mails of a category. `title` is what they are to people."""

    category: str
    title: str
    is_wanted: bool


def skip_reason(*, address: str, user_id: int | None, category: str) -> str | None:
    """Say why a mail is not to be sent; None: send it. One statement, none for mail about security.

    Both count: what the user wants, and what whoever has this address wants.
    """
    if category not in REFUSABLE:
        return None
    folded = fold_address(address)
    stopped = _stopped(category).filter(address=folded).values_list("reason", flat=True)
    unwanted = (
        _unwanted(category)
        .filter(Q(user_id=user_id) | Q(user__email=folded))
        .annotate(reason=Value(_PREFERENCE))
        .values_list("reason", flat=True)
    )
    found = list(stopped.union(unwanted, all=True)[:1])
    return _say(found[0]) if found else None


def skip_reasons_of(*, recipients: Iterable[tuple[str, int | None]], category: str) -> dict[str, str]:
    """Say which of many mails are not to be sent, and why, by address as it was given.

    `recipients` are addresses, each with the id of its user where it has one. Two statements for each 500.
    """
    if category not in REFUSABLE:
        return {}
    reasons: dict[str, str] = {}
    for some in _chunks(list(recipients)):
        folded = {address: fold_address(address) for address, _user in some}
        stopped = dict(_stopped(category).filter(address__in=folded.values()).values_list("address", "reason"))
        users = [user_id for _address, user_id in some if user_id is not None]
        unwanted = _unwanted(category).filter(Q(user_id__in=users) | Q(user__email__in=folded.values()))
        refusers: set[object] = {value for pair in unwanted.values_list("user_id", "user__email") for value in pair}
        for address, user_id in some:
            if (reason := stopped.get(folded[address])) is not None:
                reasons[address] = _say(reason)
            elif refusers & {user_id, folded[address]}:
                reasons[address] = _say(_PREFERENCE)
    return reasons


def preferences_of(*, user_id: int) -> tuple[Preference, ...]:
    """Return what a user wants, category by category. An unsubscribed address counts like a refusal."""
    address = fold_address(_address_of(user_id))
    refused = set(MailPreference.objects.filter(user_id=user_id, is_wanted=False).values_list("category", flat=True))
    refused |= set(unsubscribed_of(address).values_list("category", flat=True))
    return tuple(
        Preference(category=category, title=str(title), is_wanted=not refused & {category, ""})
        for category, title in REFUSABLE.items()
    )


def set_preference(*, user_id: int, category: str, is_wanted: bool) -> None:
    """Keep whether a user wants mails of a category: see `set_preferences`."""
    set_preferences(user_id=user_id, wanted={category: is_wanted})


def set_preferences(*, user_id: int, wanted: Mapping[str, bool]) -> None:
    """Keep which categories a user wants. Who wants one again is no longer unsubscribed from it. Safe to repeat.

    What stops mail for another reason (it came back, an operator's wish) stays.

    Raises:
        InvalidInput: there is no such category, or it is security's. NotFound: no such user.
    """
    if odd := wanted.keys() - REFUSABLE.keys():
        raise InvalidInput(details={name: [f"This must be one of {', '.join(REFUSABLE)}."] for name in sorted(odd)})
    with writing():
        address = fold_address(_address_of(user_id))
        for category, is_wanted in wanted.items():
            defaults = {"is_wanted": is_wanted}
            MailPreference.objects.update_or_create(user_id=user_id, category=category, defaults=defaults)
        again = [category for category, is_wanted in wanted.items() if is_wanted]
        unsubscribed_of(address).filter(category__in=again).delete()


def _stopped(category: str) -> QuerySet[Suppression]:
    return Suppression.objects.filter(category__in=("", category))


def _unwanted(category: str) -> QuerySet[MailPreference]:
    return MailPreference.objects.filter(category=category, is_wanted=False)


def unsubscribed_of(address: str) -> QuerySet[Suppression]:
    """Give the rows by which an address has unsubscribed."""
    return Suppression.objects.filter(address=address, reason=SuppressionReason.UNSUBSCRIBED)


def _say(reason: str) -> str:
    return _UNWANTED if reason == _PREFERENCE else SAID[reason]


def _chunks(rows: Sequence[tuple[str, int | None]]) -> Iterator[Sequence[tuple[str, int | None]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _address_of(user_id: int) -> str:
    found = get_user_model().objects.filter(pk=user_id).values_list("email", flat=True).first()
    if found is None:
        raise NotFound("There is no such user.")
    return str(found)
