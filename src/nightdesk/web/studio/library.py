"""Which pictures the library shows: read from the address, so that a view of it can be kept as a bookmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.redaction import clean_text
from nightdesk.images.models import Asset, Origin
from nightdesk.providers.images.protocol import Operation
from nightdesk.web.words import holds

ORIGINS: Final[dict[str, Promise]] = {
    Origin.UPLOADED: _("Uploaded"),
    Origin.MADE: _("Made here"),
    Origin.SCREENSHOT: _("Screenshots"),
}
OPERATIONS: Final[dict[str, Promise]] = {
    Operation.GENERATION: _("Made from words"),
    Operation.BACKGROUND: _("Background removed"),
    Operation.OBJECT: _("Object removed"),
    Operation.STYLE: _("Style changed"),
    Operation.FACE_SWAP: _("Face swapped"),
}
MAX_TEXT_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """`origin`, `operation`: keys of `ORIGINS` and `OPERATIONS`, "" for all; `text`: what name or prompt holds."""

    origin: str
    operation: str
    is_mine: bool
    text: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "LibraryFilter":
        """Read an address; what it does not know is left out."""
        origin, operation = query.get("origin", ""), query.get("operation", "")
        return cls(
            origin if origin in ORIGINS else "",
            operation if operation in OPERATIONS else "",
            query.get("mine") == "1",
            clean_text(query.get("q", "")).strip()[:MAX_TEXT_CHARS],
        )

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.origin or self.operation or self.is_mine or self.text)

    @property
    def origins(self) -> list[tuple[str, Promise]]:
        """The origins to choose from, with their words."""
        return [("", _("All")), *ORIGINS.items()]

    @property
    def operations(self) -> list[tuple[str, Promise]]:
        """The operations to choose from, with their words."""
        return [("", _("All")), *OPERATIONS.items()]

    def apply(self, assets: QuerySet[Asset], *, user_id: int) -> QuerySet[Asset]:
        """Leave out what does not match; `user_id` is who looks."""
        if self.origin:
            assets = assets.filter(origin=self.origin)
        if self.operation:
            assets = assets.filter(operation=self.operation)
        if self.is_mine:
            assets = assets.filter(owner_id=user_id)
        return assets.filter(holds(self.text, ("name", "prompt"))) if self.text else assets
