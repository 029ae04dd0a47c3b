"""Which campaigns a list shows: read from the address, so that a list can be kept as a bookmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from nightdesk.campaigns.models import Campaign, WritingStatus
from nightdesk.core.redaction import clean_text
from nightdesk.web.words import holds

#: Word in the address -> statuses, and the words beside it.
STATUSES: Final = {
    "writing": ((WritingStatus.PENDING, WritingStatus.PROCESSING), _("Being written")),
    "ready": ((WritingStatus.COMPLETED,), _("Ready")),
    "failed": ((WritingStatus.FAILED,), _("Not finished")),
}
MAX_TEXT_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """`status`: a key of `STATUSES` or "" for all; `text`: what the name or the product holds."""

    status: str
    text: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "CampaignFilter":
        """Read an address; what it does not know is left out."""
        status = query.get("status", "")
        text = clean_text(query.get("q", "")).strip()[:MAX_TEXT_CHARS]
        return cls(status if status in STATUSES else "", text)

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.status or self.text)

    @property
    def choices(self) -> list[tuple[str, object]]:
        """The statuses to choose from, with their words."""
        return [("", _("All")), *((name, words) for name, (_statuses, words) in STATUSES.items())]

    def apply(self, campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
        """Leave out what does not match."""
        if self.status:
            campaigns = campaigns.filter(ai_processing_status__in=STATUSES[self.status][0])
        return campaigns.filter(holds(self.text, ("name", "product"))) if self.text else campaigns
