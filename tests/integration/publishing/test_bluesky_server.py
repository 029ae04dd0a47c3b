"""The whole way to a real Bluesky server: an account, a post with two pictures, its job, and what readers then see."""

import io

import pytest

from nightdesk.engine import testing
from nightdesk.images import services as images
from nightdesk.publishing import services
from nightdesk.publishing.models import Health, PublishedPost, Status
from tests.support.pds import PdsServer
from tests.support.platforms.accounts import reachable
from tests.support.platforms.real import RealBluesky
from tests.support.vendor_server import paint

pytestmark = [pytest.mark.real_server, pytest.mark.django_db]


def upload(width: int, height: int) -> str:
    """Upload a picture as the page does, let its job settle it, and return its id."""
    stored = images.receive_upload(source=io.BytesIO(paint(width, height)))
    asset = images.register_upload(stored=stored, name="boats.png", owner_id=None)
    testing.drain()
    return asset.pk


def test_post_with_two_pictures_appears_on_a_real_server(pds: PdsServer) -> None:
    with RealBluesky(pds) as front, reachable(front):
        account = services.connect_account(platform="bluesky", name="", credentials=front.credentials, user_id=None)
        testing.drain()
        account.refresh_from_db()
        assert (account.health, account.handle) == (Health.OK, f"@{front.account.handle}")

        first, second = upload(320, 240), upload(200, 300)
        body = f"Boats at *dawn*: https://example.com/boats\n\n![Boats](asset:{first})\n\n![Nets](asset:{second})"
        post = services.create_post(author_id=None, fields={"title": "Dawn", "body": body, "tags": ["harbour"]})
        services.publish(post_id=post.pk, asked_by=None, account_ids=[account.pk])
        testing.drain()

        row = PublishedPost.objects.get(post=post)
        (record,) = front.account.list_records()
        value = record["value"]
        assert (row.status, row.remote_id) == (Status.SUCCESS, record["uri"])
        assert row.remote_url == f"https://bsky.app/profile/{front.account.handle}/post/{record['uri'].split('/')[-1]}"
        assert value["text"] == "Boats at dawn: https://example.com/boats\n\n#harbour"
        assert [(one["alt"], one["aspectRatio"]) for one in value["embed"]["images"]] == [
            ("Boats", {"width": 320, "height": 240}),
            ("Nets", {"width": 200, "height": 300}),
        ]
        for one in value["embed"]["images"]:
            assert len(front.account.read_blob(one["image"]["ref"]["$link"])) == one["image"]["size"]

        services.unpublish(published_post_id=row.pk, by=None)
        testing.drain()
        assert front.account.list_records() == []
