"""Which posts a list shows: read from the address, so that a list can be kept as a bookmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.redaction import clean_text
from nightdesk.publishing.models import Post, PostState
from nightdesk.web.words import holds

#: state -> (look, word). The look picks shape and colour; the word is always beside it.
STATES: Final[dict[str, tuple[str, Promise]]] = {
    PostState.DRAFT: ("waiting", _("Draft")),
    PostState.REVIEW: ("late", _("In review")),
    PostState.APPROVED: ("running", _("Approved")),
    PostState.SCHEDULED: ("waiting", _("Scheduled")),
    PostState.PUBLISHED: ("done", _("Published")),
}
MAX_TEXT_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class PostFilter:
    """`state`: one of `STATES` or "" for all; `text`: what the title or the body holds."""

    state: str
    text: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "PostFilter":
        """Read an address; what it does not know is left out."""
        state = query.get("state", "")
        return cls(state if state in STATES else "", clean_text(query.get("q", "")).strip()[:MAX_TEXT_CHARS])

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.state or self.text)

    @property
    def choices(self) -> list[tuple[str, Promise]]:
        """The states to choose from, with their words."""
        return [("", _("All")), *((state, word) for state, (_look, word) in STATES.items())]

    def apply(self, posts: QuerySet[Post]) -> QuerySet[Post]:
        """Leave out what does not match."""
        if self.state:
            posts = posts.filter(state=self.state)
        return posts.filter(holds(self.text, ("title", "body"))) if self.text else posts
