"""What people do with brand kits. Each change is a new version; what was written with an older one stays true."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from nightdesk.campaigns.errors import BrandKitArchived, BrandKitChanged, BrandKitNameTaken, BrandKitNotFound
from nightdesk.campaigns.models import (
    MAX_COLOUR_NAME_CHARS,
    MAX_COLOURS,
    MAX_KIT_AUDIENCE_CHARS,
    MAX_KIT_NAME_CHARS,
    MAX_VOICE_CHARS,
    MAX_WORD_CHARS,
    MAX_WORDS,
    BrandKit,
    BrandKitVersion,
)
from nightdesk.campaigns.services.checking import check_fields, check_text
from nightdesk.core.errors import InvalidInput
from nightdesk.engine.sql import writing

_CONTENT: Final = ("voice", "audience", "words_to_use", "words_to_avoid", "colours")
_HEX: Final = re.compile(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")


class BrandKitChanges(TypedDict, total=False):
    """What may be changed of a brand kit; what is left out stays."""

    name: str
    voice: str
    audience: str
    words_to_use: Sequence[str]
    words_to_avoid: Sequence[str]
    colours: Sequence[Mapping[str, str]]


def create_brand_kit(
    *,
    name: str,
    voice: str = "",
    audience: str = "",
    words_to_use: Sequence[str] = (),
    words_to_avoid: Sequence[str] = (),
    colours: Sequence[Mapping[str, str]] = (),
    created_by_id: int | None,
) -> BrandKit:
    """Create a brand kit with its first version. A word said twice counts once; colours become `#RRGGBB`.

    Raises:
        InvalidInput: with details by field. BrandKitNameTaken: a kit in use has this name, in whatever case.
    """
    given = {"name": name, "voice": voice, "audience": audience, "colours": colours}
    fields = _check({**given, "words_to_use": words_to_use, "words_to_avoid": words_to_avoid})
    _refuse_contradiction(fields)
    now = timezone.now()
    kit = BrandKit(name=fields.pop("name"), created_by_id=created_by_id, created_at=now, updated_at=now)
    kit.name_key = _key_of(kit.name)
    with writing():
        _claim_name(lambda: kit.save(force_insert=True))
        BrandKitVersion.objects.create(kit=kit, number=1, created_by_id=created_by_id, created_at=now, **fields)
    return kit


def find_brand_kit(*, kit_id: int) -> BrandKit:
    """Return a brand kit, archived or not.

    Raises:
        BrandKitNotFound: there is none.
    """
    kit = BrandKit.objects.filter(pk=kit_id).first()
    if kit is None:
        raise BrandKitNotFound
    return kit


def newest_versions() -> QuerySet[BrandKitVersion]:
    """Give the newest version of each kit, with its kit: one row a kit, in one statement."""
    return BrandKitVersion.objects.filter(number=F("kit__version")).select_related("kit")


def find_brand_version(*, kit_id: int) -> BrandKitVersion:
    """Return a kit's newest version, with its kit.

    Raises:
        BrandKitNotFound: there is no such kit.
    """
    version = newest_versions().filter(kit_id=kit_id).first()
    if version is None:
        raise BrandKitNotFound
    return version


def update_brand_kit(
    *, kit_id: int, base_version: int, user_id: int | None, **changes: Unpack[BrandKitChanges]
) -> BrandKit:
    """Change a kit that still stands at `base_version`. What differs in content becomes a new version, a name does not.

    Raises:
        InvalidInput: with details by field. BrandKitNotFound. BrandKitArchived. BrandKitNameTaken.
        BrandKitChanged: it has a newer version by now; nothing was written.
    """
    fields = _check(changes)
    with writing():
        newest = _lock_newest(kit_id, base_version)
        kit, now = newest.kit, timezone.now()
        content = {name: fields.get(name, getattr(newest, name)) for name in _CONTENT}
        _refuse_contradiction(content)
        if "name" in fields:
            kit.name, kit.name_key = fields["name"], _key_of(fields["name"])
        if any(content[name] != getattr(newest, name) for name in _CONTENT):
            kit.version += 1
            BrandKitVersion.objects.create(
                kit=kit, number=kit.version, created_by_id=user_id, created_at=now, **content
            )
        kit.updated_at = now
        _claim_name(lambda: kit.save(update_fields=["name", "name_key", "version", "updated_at"]))
    return kit


def _lock_newest(kit_id: int, base_version: int) -> BrandKitVersion:
    """Return the newest version of a kit in use, its kit's row locked until the end of the transaction."""
    # The update locks on both databases; select_for_update is silently ignored on SQLite.
    kept = BrandKit.objects.filter(pk=kit_id, version=base_version, archived_at=None).update(version=base_version)
    newest = find_brand_version(kit_id=kit_id)
    if newest.kit.is_archived:
        raise BrandKitArchived
    if not kept:
        raise BrandKitChanged
    return newest


def archive_brand_kit(*, kit_id: int) -> BrandKit:
    """Take a kit out of use; what was written with it stays, and its name is free. Safe to repeat.

    Raises:
        BrandKitNotFound.
    """
    with writing():
        now = timezone.now()
        BrandKit.objects.filter(pk=kit_id, archived_at=None).update(archived_at=now, updated_at=now)
        return find_brand_kit(kit_id=kit_id)


def restore_brand_kit(*, kit_id: int) -> BrandKit:
    """Bring an archived kit back into use. Safe to repeat.

    Raises:
        BrandKitNotFound. BrandKitNameTaken: another kit has its name by now.
    """
    with writing():
        archived = BrandKit.objects.filter(pk=kit_id, archived_at__isnull=False)
        _claim_name(lambda: archived.update(archived_at=None, updated_at=timezone.now()))
        return find_brand_kit(kit_id=kit_id)


def _claim_name(write: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        raise BrandKitNameTaken(
            details={"name": ["Another brand kit has this name. Choose a different one."]}
        ) from None


def _key_of(name: str) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return hashlib.sha256(folded.encode()).hexdigest()


def _check(fields: Mapping[str, Any]) -> dict[str, Any]:
    if odd := sorted(fields.keys() - _CHECKS.keys()):
        raise InvalidInput(details={name: ["A brand kit has no such field."] for name in odd})
    return check_fields(fields, _CHECKS)


def _refuse_contradiction(fields: Mapping[str, Any]) -> None:
    avoided = {word.casefold() for word in fields["words_to_avoid"]}
    if both := [word for word in fields["words_to_use"] if word.casefold() in avoided]:
        said = f"“{both[0]}” is also a word to use. Take it out of one of the two."
        raise InvalidInput(details={"words_to_avoid": [said]})


def _check_words(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise ValueError("This must be a list of words.")  # noqa: TRY004 (a complaint about input, not a bug)
    check = check_text(MAX_WORD_CHARS)
    kept: dict[str, str] = {}
    for number, item in enumerate(value, start=1):
        try:
            word = " ".join(check(item).split())
        except ValueError as complaint:
            raise ValueError(f"Word {number}: {complaint}") from None
        if word:
            kept.setdefault(word.casefold(), word)
    if len(kept) > MAX_WORDS:
        raise ValueError(f"There can be at most {MAX_WORDS} words; there are {len(kept)}. Remove some.")
    return list(kept.values())


def _check_colours(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list | tuple):
        raise ValueError("This must be a list of colours.")  # noqa: TRY004 (a complaint about input, not a bug)
    if len(value) > MAX_COLOURS:
        raise ValueError(f"There can be at most {MAX_COLOURS} colours; there are {len(value)}. Remove some.")
    kept = []
    for number, item in enumerate(value, start=1):
        try:
            kept.append(_check_colour(item))
        except ValueError as complaint:
            raise ValueError(f"Colour {number}: {complaint}") from None
    return kept


def _check_colour(item: Any) -> dict[str, str]:
    if not isinstance(item, Mapping) or item.keys() - {"name", "hex"} or "hex" not in item:
        raise ValueError("Give it a name and a hex value such as #1F6FEB.")
    name = check_text(MAX_COLOUR_NAME_CHARS)(item.get("name", ""))
    code = check_text(16)(item["hex"])
    if not _HEX.fullmatch(code):
        raise ValueError("The hex value must look like #1F6FEB.")
    digits = code[1:] if len(code) == len("#RRGGBB") else "".join(2 * digit for digit in code[1:])
    return {"name": name, "hex": f"#{digits.upper()}"}


_CHECKS: Final[dict[str, Callable[[Any], Any]]] = {
    "name": check_text(MAX_KIT_NAME_CHARS, required="Give the brand kit a name."),
    "voice": check_text(MAX_VOICE_CHARS),
    "audience": check_text(MAX_KIT_AUDIENCE_CHARS),
    "words_to_use": _check_words,
    "words_to_avoid": _check_words,
    "colours": _check_colours,
}
