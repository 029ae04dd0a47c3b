"""The pictures of the documents, taken from a studio with a past. Only when asked: `make pictures`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.docs.pages import ROOT
from tests.e2e.studio import Studio, look, open_studio
from tests.support.nightdesk import Installation
from tests.support.photographs import write_photograph

pytestmark = [pytest.mark.browser, pytest.mark.pictures]

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
#: What was done in the Studio: a cup is cut out and repainted, a poster is made, one job runs and two wait.
MORE = """
import json, sys
from django.utils import timezone
from nightdesk.accounts.models import User
from nightdesk.campaigns.models import Campaign
from nightdesk.campaigns.services import set_picture
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.images import services
from nightdesk.images.models import Asset
owner = User.objects.get(email="mia@example.org")
texts = Job.objects.filter(state="waiting")
queues = dict(texts.values_list("pk", "queue"))
texts.update(queue="held")  # they wait in the pictures, too
uploads = {}
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        asset = services.stage_upload(source=file, name=path.rpartition("/")[2], owner_id=owner.pk)
    uploads[asset.name] = asset.pk
def ask(kind, picture="", **parameters):
    image = {"image": f"asset:{picture}"} if picture else {}
    return services.submit_task(task_type=kind, parameters=parameters, owner_id=owner.pk, **image,
        prompt="" if picture else 'A kettle for two. "Quiet mornings" in night blue and copper')
def done(kind, picture="", **parameters):
    job = ask(kind, picture, **parameters)
    drain()
    return Asset.objects.get(job_id=job, origin="made").pk
drain()
coffee = uploads["coffee.jpg"]
for name in ("oil", "watercolour"):
    done("style_transfer", coffee, style=name, seed=4, strength=0.6)
cut = done("background_removal", coffee, box=[140, 10, 490, 400])
poster = done("image_generation", width=1200, height=628, seed=7)
services.rename_asset(asset_id=poster, name="Poster: quiet mornings")
written = Campaign.objects.get(name__startswith="Quiet mornings")
set_picture(campaign_id=written.pk, channel="meta_feed", asset_id=poster)
for pk, queue in queues.items():
    Job.objects.filter(pk=pk).update(queue=queue)
from datetime import timedelta
from nightdesk.publishing import services as desk
from nightdesk.publishing.models import PlatformAccount
def account(platform, name, health="ok", **credentials):
    one = desk.connect_account(platform=platform, name=name, credentials=credentials, user_id=owner.pk)
    PlatformAccount.objects.filter(pk=one.pk).update(health=health, checked_at=timezone.now(), handle=name)
    Job.objects.filter(pk=one.check_task_id).delete()
    return one.pk
journal = desk.journal_account().pk
square = account("mastodon", "@fernweh@social.example", server="https://social.example", access_token="made-up")
writers = account("dev.to", "fernweh", api_key="made-up")
quiet = desk.create_post(author_id=owner.pk, fields={"title": "A kettle that lets people sleep", "cover": poster,
    "body": "Most kettles wake the house. Ours does not.\\n\\n## What we changed\\n\\n- a **thicker** base, so that nothing rattles\\n- a lid that closes *by itself*\\n- parts that we keep for ten years\\n",
    "excerpt": "We made our kettle quieter than a tap.", "tags": ["kettles", "quiet"]})
first = timezone.localtime().replace(day=1, hour=9, minute=30, second=0, microsecond=0)
for days, title, status, error in [(3, "Repair day", "success", ""), (9, "Spare parts for ten years", "failed", "dev.to does not accept this key any more. Reconnect the account."),
        (17, "Gift cards", "pending", ""), (24, "Letters to shops", "pending", "")]:
    post = desk.create_post(author_id=owner.pk, fields={"title": title, "body": "Come on Saturday."})
    at = timezone.now() + timedelta(days=1)
    round = desk.publish(post_id=post.pk, asked_by=owner.pk, account_ids=[journal, writers, square], scheduled_at=at, time_zone="Europe/Berlin")
    round.publishings.update(status="success" if status == "failed" else status)
    round.publishings.filter(account_id=writers).update(status=status, error=error)
    type(round).objects.filter(pk=round.pk).update(scheduled_at=first + timedelta(days=days))
running = ask("style_transfer", coffee, style="noir", seed=2)
for name in ("pencil", "sepia"):
    ask("style_transfer", coffee, style=name, seed=2)
Job.objects.filter(pk=running).update(state="running", runs=1, started_at=timezone.now(), progress=61, message="Laying patches", version=3)
print(json.dumps({"coffee": coffee, "cut": cut, "post": quiet.pk}))
"""
#: Name of the picture -> the page.
PAGES = {
    "home": "/",
    "campaigns": "/campaigns/",
    "campaign": "/campaigns/{written}/",
    "brief": "/campaigns/new/?sample=1",
    "edit": "/campaigns/{written}/pieces/linkedin/edit/",
    "versions": "/campaigns/{written}/pieces/x/versions/",
    "brand-kit": "/brand-kits/{kit}/",
    "settings": "/settings/",
    "post": "/posts/{post}/",
    "calendar": "/posts/calendar/",
}
#: The same for pages that are full of photographs, which are taken as JPEG.
STUDIO_PAGES = {
    "studio": "/studio/",
    "studio-result": "/studio/{cut}/",
    "studio-mark": "/studio/{coffee}/?tool=object_removal",
}
#: Suffix -> width, height, dark.
LOOKS = {"": (1280, 800, False), "-dark": (1280, 800, True), "-phone": (390, 844, False)}
ON_A_DARK_PHONE = ("home", "campaign")


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Iterator[Studio]:
    with Installation(database="sqlite", broker="files") as nightdesk:
        nightdesk.migrate()
        photographs = [str(write_photograph(name, nightdesk.folder)) for name in ("chelsea", "rocket", "coffee")]
        yield open_studio(nightdesk, browser, MORE, *photographs)


@pytest.mark.parametrize("suffix", LOOKS)
def test_pages_are_pictured(studio: Studio, browser: Browser, suffix: str) -> None:
    width, height, dark = LOOKS[suffix]
    shown = [
        name
        for name in PAGES
        if suffix != "-dark" or name not in ("campaigns", "brief", "edit", "settings", "calendar")
    ]
    with look(studio, browser, width=width, height=height, dark=dark) as page:
        for name in shown:
            page.goto(studio.path(PAGES[name]))
            take(page, f"{name}{suffix}.png")


@pytest.mark.parametrize("suffix", LOOKS)
def test_studio_is_pictured(studio: Studio, browser: Browser, suffix: str) -> None:
    width, height, dark = LOOKS[suffix]
    with look(studio, browser, width=width, height=height, dark=dark) as page:
        for name, path in STUDIO_PAGES.items():
            page.goto(studio.path(path))
            if name == "studio-mark":
                paint(page)
            take(page, f"{name}{suffix}.jpg")


def test_phone_in_the_dark_is_pictured(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, width=390, height=844, dark=True) as page:
        for name in ON_A_DARK_PHONE:
            page.goto(studio.path(PAGES[name]))
            take(page, f"{name}-phone-dark.png")


def test_drawer_is_pictured(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/"))
        page.get_by_role("link", name="Failed: Write the content of a campaign").click()
        expect(page.locator("#drawer-title")).to_be_focused()
        take(page, "job.png")


def paint(page: Page) -> None:
    """Paint over the spoon."""
    canvas = page.get_by_role("application", name="Mark what is to go")
    canvas.scroll_into_view_if_needed()
    shown = canvas.bounding_box()
    assert shown is not None
    for down, (x, y) in enumerate([(0.53, 0.68), (0.58, 0.76), (0.63, 0.83), (0.66, 0.74)]):
        page.mouse.move(shown["x"] + shown["width"] * x, shown["y"] + shown["height"] * y, steps=6)
        if not down:
            page.mouse.down()
    page.mouse.up()


def take(page: Page, name: str) -> None:
    """Take a picture of what fits the screen, once the page is live and at rest."""
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.evaluate("document.fonts.ready")
    path: Path = FOLDER / name
    page.evaluate("Promise.all([...document.images].filter(one => one.loading !== 'lazy').map(one => one.decode()))")
    if path.suffix == ".jpg":
        page.screenshot(path=path, animations="disabled", caret="hide", type="jpeg", quality=80)
    else:
        page.screenshot(path=path, animations="disabled", caret="hide")
    assert path.stat().st_size < MOST_BYTES
