"""What each channel takes, as data: fields, limits, the unit each platform counts in, source and date.

`hard`: the platform refuses more; where no platform draws a line, common practice does. `soft`: it shows less, or advises less. None: no such limit is known.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """Where a piece is meant to appear."""

    GOOGLE_RSA = "google_rsa"
    META_FEED = "meta_feed"
    LINKEDIN = "linkedin"
    X = "x"
    EMAIL = "email"
    BLOG = "blog"


class Unit(StrEnum):
    """How a platform counts; always after NFC."""

    CHARACTERS = "characters"  # Unicode code points
    DOUBLE_WIDTH = "double_width"  # East Asian wide and fullwidth characters count as two
    WEIGHTED = "weighted"  # twitter-text: a link is 23, an emoji 2, CJK 2


@dataclass(frozen=True, slots=True)
class Source:
    """Where a limit was read and when (ISO date). `vendor`: the platform's own page; else common practice."""

    title: str
    url: str
    checked: str
    vendor: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a piece. `most` is 1 for a single text; more makes it a list. Limits are per text, in `unit`."""

    name: str
    label: str
    source: Source
    unit: Unit = Unit.CHARACTERS
    soft: int | None = None
    hard: int | None = None
    least: int = 1  # 0: may be left empty
    most: int = 1
    needs: str = ""  # may only be filled where this field is
    distinct: bool = False  # the platform refuses the same text twice

    @property
    def goal(self) -> int | None:
        """The length to aim at: the soft limit where there is one, else the hard one."""
        return self.soft if self.soft is not None else self.hard


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """One channel: its name for people, its platform, and its fields in the order they are shown."""

    channel: Channel
    title: str
    platform: str
    fields: tuple[FieldSpec, ...]

    def field(self, name: str) -> FieldSpec:
        """Return one field.

        Raises:
            KeyError: the channel has no such field.
        """
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)


_GOOGLE: Final = Source(
    "About responsive search ads", "https://support.google.com/google-ads/answer/7684791", "2026-11-20"
)
_META: Final = Source("Ads guide: image in Facebook feed", "https://www.facebook.com/business/ads-guide", "2026-11-20")
# The newest revision of this page speaks of 3,000 for the introduction; the older and safer 600 is kept.
_LINKEDIN: Final = Source(
    "Single image ads specifications", "https://www.linkedin.com/help/lms/answer/a426534", "2026-11-20"
)
_X: Final = Source(
    "Counting characters, twitter-text config v3",
    "https://docs.x.com/resources/fundamentals/counting-characters",
    "2026-11-20",
)
_MAIL: Final = Source("Common practice: what a phone shows of a message", "", "2026-11-20", vendor=False)
_SEARCH: Final = Source("Common practice: what a results page shows of a title", "", "2026-11-20", vendor=False)

GOOGLE_RSA: Final = ChannelSpec(
    channel=Channel.GOOGLE_RSA,
    title="Google Search ad",
    platform="Google",
    fields=(
        FieldSpec(
            name="headlines",
            label="Headline",
            source=_GOOGLE,
            unit=Unit.DOUBLE_WIDTH,
            hard=30,
            least=3,
            most=15,
            distinct=True,
        ),
        FieldSpec(
            name="descriptions",
            label="Description",
            source=_GOOGLE,
            unit=Unit.DOUBLE_WIDTH,
            hard=90,
            least=2,
            most=4,
            distinct=True,
        ),
        FieldSpec(name="path1", label="Path 1", source=_GOOGLE, unit=Unit.DOUBLE_WIDTH, hard=15, least=0),
        FieldSpec(
            name="path2", label="Path 2", source=_GOOGLE, unit=Unit.DOUBLE_WIDTH, hard=15, least=0, needs="path1"
        ),
    ),
)
META_FEED: Final = ChannelSpec(
    channel=Channel.META_FEED,
    title="Meta feed ad",
    platform="Meta",
    fields=(
        FieldSpec(name="primary_text", label="Primary text", source=_META, soft=125, hard=2200),
        FieldSpec(name="headline", label="Headline", source=_META, soft=40, hard=255),
        FieldSpec(name="description", label="Description", source=_META, soft=30),
    ),
)
LINKEDIN: Final = ChannelSpec(
    channel=Channel.LINKEDIN,
    title="LinkedIn",
    platform="LinkedIn",
    fields=(
        FieldSpec(name="intro", label="Introduction", source=_LINKEDIN, soft=150, hard=600),
        FieldSpec(name="headline", label="Headline", source=_LINKEDIN, soft=70, hard=200),
        FieldSpec(name="description", label="Description", source=_LINKEDIN, soft=100, hard=300),
    ),
)
X: Final = ChannelSpec(
    channel=Channel.X,
    title="X",
    platform="X",
    fields=(FieldSpec(name="text", label="Post", source=_X, unit=Unit.WEIGHTED, hard=280),),
)
EMAIL: Final = ChannelSpec(
    channel=Channel.EMAIL,
    title="Email",
    platform="mail programs",
    fields=(
        FieldSpec(name="subject", label="Subject", source=_MAIL, soft=50, hard=200),
        FieldSpec(name="preheader", label="Preheader", source=_MAIL, soft=90, hard=360),
        FieldSpec(name="body", label="Body", source=_MAIL),
    ),
)
BLOG: Final = ChannelSpec(
    channel=Channel.BLOG,
    title="Blog post",
    platform="search engines",
    fields=(
        FieldSpec(name="title", label="Title", source=_SEARCH, soft=60, hard=240),
        FieldSpec(name="meta_description", label="Meta description", source=_SEARCH, soft=155, hard=620),
        FieldSpec(name="body", label="Body", source=_SEARCH),
    ),
)

CHANNELS: Final[dict[Channel, ChannelSpec]] = {
    spec.channel: spec for spec in (GOOGLE_RSA, META_FEED, LINKEDIN, X, EMAIL, BLOG)
}
