"""What templates are filled with: sealed while it waits, and references read again when the mail is written."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model

from nightdesk.core.errors import InvalidInput, Permanent
from nightdesk.core.references import ID_KEY, MODEL_KEY, refer
from nightdesk.engine.sealing import seal, unseal
from nightdesk.mail.services.addresses import fold_address

#: What a mail may show of a row, by model. Nothing that opens a door is among it.
SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "accounts.user": ("id", "email", "first_name", "last_name", "status", "date_joined"),
    "campaigns.campaign": ("id", "name", "brief", "product", "audience", "tone", "language", "created_at"),
    "campaigns.contentpiece": ("id", "campaign_id", "channel", "fields", "created_at"),
    "publishing.post": ("id", "title", "body", "excerpt", "tags", "state", "created_at"),
    "publishing.publishedpost": ("id", "post_id", "platform", "status", "remote_url", "scheduled_at"),
}
_USER: Final = "accounts.user"
#: Values of one statement: below what either database takes.
_AT_ONCE: Final = 500


class RowGone(Permanent):
    """A row that a mail was to tell about is not there any more."""

    code = "mail_row_gone"


def seal_context(context: Mapping[str, Any]) -> str:
    """Return a context as it waits on a row: JSON with references, sealed.

    Raises:
        InvalidInput: it is not JSON, or names rows that mails do not show.
    """
    try:
        referred = refer(dict(context))
    except ValueError as exc:
        said = f"The context cannot be kept: {exc}."
        raise InvalidInput(said, details={"context": [said]}) from exc
    check_references(referred)
    return seal(json.dumps(referred, separators=(",", ":")))


def open_context(sealed: str) -> dict[str, Any]:
    """Read what `seal_context` wrote, with the rows as they are now.

    Raises:
        RowGone: a row is not there any more.
    """
    return resolve(json.loads(unseal(sealed))) if sealed else {}


def check_references(context: Mapping[str, Any]) -> None:
    """Refuse references to rows of which mails show nothing.

    Raises:
        InvalidInput: with the name of the model.
    """
    for label, _ in _references(context):
        if label not in SHOWN:
            known = ", ".join(sorted(SHOWN))
            said = f"A mail cannot show rows of {label}. It can show {known}; of others send the values themselves."
            raise InvalidInput(said, details={"context": [said]})


def resolve(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a context in which each reference is a mapping of the fields that may be shown, one statement a model.

    Raises:
        RowGone: a row is not there any more. InvalidInput: a model that mails do not show.
    """
    check_references(context)
    wanted: dict[str, set[Any]] = defaultdict(set)
    for label, key in _references(context):
        wanted[label].add(key)
    rows = {label: _read(label, keys) for label, keys in wanted.items()}
    filled: dict[str, Any] = _fill(context, rows)
    return filled


def users_by_address(addresses: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what mails show of the users who have these addresses, by folded address."""
    folded = sorted({fold_address(one) for one in addresses})
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(folded), _AT_ONCE):
        rows = get_user_model().objects.filter(email__in=folded[start : start + _AT_ONCE]).values(*SHOWN[_USER])
        found |= {row["email"]: _name(row) for row in rows}
    return found


def _references(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        if MODEL_KEY in value:
            yield str(value[MODEL_KEY]), value.get(ID_KEY)
        else:
            for item in value.values():
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _read(label: str, keys: set[Any]) -> dict[Any, dict[str, Any]]:
    plain = [key for key in keys if isinstance(key, int) and not isinstance(key, bool)]
    rows = apps.get_model(label)._default_manager.filter(pk__in=plain).values(*SHOWN[label])
    found = {row["id"]: _name(row) if label == _USER else dict(row) for row in rows}
    if missing := keys - found.keys():
        gone = ", ".join(sorted(map(str, missing)))
        raise RowGone(f"This mail is about {label} {gone}, which is not there any more, so it was not written.")
    return found


def _name(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "name": f"{row['first_name']} {row['last_name']}".strip()}


def _fill(value: Any, rows: Mapping[str, Mapping[Any, Any]]) -> Any:
    if isinstance(value, Mapping):
        if MODEL_KEY in value:
            return rows[str(value[MODEL_KEY])][value.get(ID_KEY)]
        return {key: _fill(item, rows) for key, item in value.items()}
    return [_fill(item, rows) for item in value] if isinstance(value, list) else value
