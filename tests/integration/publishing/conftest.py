"""A site to publish to, an account on it, and pictures."""

from collections.abc import Callable, Iterator

import pytest

from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_user
from nightdesk.images.models import Asset, AssetState, Origin, StoredFile
from nightdesk.providers.publishing import registry
from nightdesk.providers.publishing.protocol import Certainty, Platform
from nightdesk.publishing import services
from nightdesk.publishing.models import Health, PlatformAccount
from tests.integration.publishing.desk import Desk
from tests.support.platforms import plain as plain_platform
from tests.support.platforms.accounts import reachable
from tests.support.platforms.wordpress import WordPressDouble
from tests.support.publishing import Board, boards

MakeAsset = Callable[..., Asset]


@pytest.fixture
def ada(db: None) -> User:
    """A member."""
    return create_user(email="ada@example.org", first_name="Ada", last_name="Reyes")


@pytest.fixture
def bob(db: None) -> User:
    """Another member."""
    return create_user(email="bob@example.org", first_name="Bob")


@pytest.fixture
def site() -> Iterator[WordPressDouble]:
    """A WordPress site that accounts may name."""
    with WordPressDouble() as double, reachable(double):
        yield double


@pytest.fixture
def account(site: WordPressDouble, db: None) -> PlatformAccount:
    """An account on the site, whose first check still waits."""
    return services.connect_account(platform="wordpress", name="Blog", credentials=site.credentials, user_id=None)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[plain_platform.PlainPlatform]:
    """A platform whose checks find what the test says; it stands in the registry as Mastodon."""
    monkeypatch.setitem(registry.PUBLISHERS, plain_platform.PLATFORM, plain_platform.WHERE)
    registry.find_publisher.cache_clear()
    found = registry.find_publisher(plain_platform.PLATFORM)
    assert isinstance(found, plain_platform.PlainPlatform)
    yield found
    registry.find_publisher.cache_clear()


@pytest.fixture
def handle(plain: plain_platform.PlainPlatform, db: None) -> PlatformAccount:
    """An account on the plain platform, whose first check still waits."""
    return services.connect_account(
        platform=plain_platform.PLATFORM, name="Handle", credentials={"token": "made-up-token"}, user_id=None
    )


@pytest.fixture
def journal(db: None) -> PlatformAccount:
    """The account of the journal."""
    found = services.journal_account()
    assert found.health == Health.OK
    return found


@pytest.fixture
def make_asset(db: None) -> MakeAsset:
    """Make a picture that is ready, as its row and that of its file; nobody reads the file here."""

    def make(*, has_file: bool = True, **fields: object) -> Asset:
        usual = {"origin": Origin.MADE, "state": AssetState.READY, "format": "webp", "width": 600, "height": 400}
        asset = Asset.objects.create(**{**usual, **fields})
        if has_file:
            StoredFile.objects.create(name=f"assets/{asset.pk}.webp", asset=asset)
        return asset

    return make
