"""The Studio's pages: library, tools, runs, versions, and who may turn face swaps on."""

from datetime import timedelta
from html import escape
from io import BytesIO

import numpy as np
import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.engine.models import Job
from nightdesk.engine.queries import arguments_of
from nightdesk.engine.testing import drain
from nightdesk.images import services
from nightdesk.images.models import Asset, AssetParent, AssetState, FaceSwapConsent, Origin
from nightdesk.images.services import CONSENT_STATEMENT, allow_face_swap, face_swap_allowed
from nightdesk.web.desk import count_jobs
from tests.integration.web.conftest import BACKEND
from tests.integration.web.pictures import make_picture

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


def png(width: int = 48, height: int = 32, name: str = "made.png") -> SimpleUploadedFile:
    stream = BytesIO()
    Image.fromarray(np.full((height, width, 3), (200, 40, 40), np.uint8)).save(stream, "PNG")
    return SimpleUploadedFile(name, stream.getvalue(), "image/png")


def asked() -> dict[str, object]:
    return arguments_of(Job.objects.order_by("-id")[0])


# ---------------------------------------------------------------- the library


def test_library_shows_what_the_address_asks_for(browser_of_member: Client, member: User) -> None:
    make_picture("cup.jpg", owner=member)
    make_picture("poster.webp", origin=Origin.MADE, operation="image_generation", prompt="Quiet mornings")
    make_picture("Äpfel.png", origin=Origin.MADE, operation="background_removal")
    make_picture("page.png", origin=Origin.SCREENSHOT)
    make_picture("mask", is_listed=False)
    make_picture("gone.webp", expires_at=timezone.now() - timedelta(seconds=1))

    def names(query: str) -> set[str]:
        page = browser_of_member.get(f"/studio/?part=library&{query}", headers=PART).content.decode()
        return {
            name
            for name in ("cup", "poster", "Äpfel", "page", "mask", "gone")
            if f"{name}." in page or f">{name}<" in page
        }

    assert names("") == {"cup", "poster", "Äpfel", "page"}
    assert names("origin=made") == {"poster", "Äpfel"}
    assert names("operation=background_removal") == {"Äpfel"}
    assert names("mine=1") == {"cup"}
    assert names("q=QUIET") == {"poster"}
    assert names("q=äpfel") == {"Äpfel"}
    assert names("origin=nonsense&operation=nonsense") == {"cup", "poster", "Äpfel", "page"}
    assert names("q=nothing-like-this") == set()


@pytest.mark.parametrize("count", [1, 3])
def test_library_takes_as_many_queries_for_three_pictures_as_for_one(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        asset = make_picture(f"{number}.jpg", owner=member)
        services.submit_task(task_type="background_removal", image=f"asset:{asset.pk}", owner_id=member.pk)
    Job.objects.update(state="succeeded", finished_at=timezone.now())
    browser_of_member.get("/studio/?part=library", headers=PART)
    with django_assert_num_queries(4):  # session, user, count, page
        browser_of_member.get("/studio/?part=library", headers=PART)
    with django_assert_num_queries(4):  # session, user, jobs, their pictures
        browser_of_member.get("/studio/?part=results", headers=PART)


def test_upload_takes_good_files_and_says_what_is_wrong_with_others(browser_of_member: Client, member: User) -> None:
    wrong = SimpleUploadedFile("page.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/jpeg")
    answer = browser_of_member.post("/studio/upload/", {"pictures": [png(name="one.png"), wrong, png(name="two.png")]})
    assert (answer.status_code, answer["Location"]) == (302, "/studio/")
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said[0].startswith("2 pictures are being read.")
    assert said[1].startswith("page.jpg: ")
    drain()
    assert set(Asset.objects.values_list("name", "state", "owner")) == {
        ("one.png", "ready", member.pk),
        ("two.png", "ready", member.pk),
    }


def test_upload_of_a_script_is_answered_file_by_file(browser_of_member: Client) -> None:
    good = browser_of_member.post("/studio/upload/", {"pictures": [png()]}, headers=PART)
    assert (good.status_code, good.content.decode().strip()) == (200, "<p>Sent. It is being read.</p>")
    bad = browser_of_member.post("/studio/upload/", {"pictures": [SimpleUploadedFile("a.png", b"")]}, headers=PART)
    assert bad.status_code == 400
    none = browser_of_member.post("/studio/upload/", {}, headers=PART)
    assert (none.status_code, none.content.decode()) == (400, "Choose at least one picture, and at most 20 at once.")
    assert Asset.objects.count() == 1


def test_compared_pictures_lie_on_top_of_each_other_when_they_have_one_shape(browser_of_member: Client) -> None:
    wide, same, tall = make_picture(), make_picture(width=1200, height=800), make_picture(width=400, height=600)
    address = "/studio/compare/?picture={}&picture={}"
    assert "data-compare" in browser_of_member.get(address.format(wide.pk, same.pk)).content.decode()
    assert "data-compare" not in browser_of_member.get(address.format(wide.pk, tall.pk)).content.decode()
    alone = browser_of_member.get(address.format(wide.pk, "a" * 24))
    assert alone.status_code == 400
    assert "Tick at least two pictures" in alone.content.decode()


# ---------------------------------------------------------------- one picture and its tools


def test_tool_asks_the_service_for_what_the_form_says(browser_of_member: Client, member: User) -> None:
    asset = make_picture()
    sent = {
        "x0": "10",
        "y0": "20",
        "x1": "110",
        "y1": "220",
        "seed": "7",
        "copies": "3",
        "format": "png",
        "prompt": " Grass ",
    }
    answer = browser_of_member.post(f"/studio/{asset.pk}/run/object_removal/", sent)
    assert (answer.status_code, answer["Location"]) == (302, f"/studio/{asset.pk}/?tool=object_removal#runs")
    jobs = Job.objects.order_by("id")
    assert [(job.owner_id, job.subject) for job in jobs] == [(member.pk, f"asset:{asset.pk}")] * 3
    told = [arguments_of(job) for job in jobs]
    assert [(one["image"], one["prompt"], one["mask"]) for one in told] == [(f"asset:{asset.pk}", "Grass", None)] * 3
    assert [one["parameters"]["seed"] for one in told] == [7, 8, 9]
    assert {(str(one["parameters"]["box"]), one["parameters"]["format"]) for one in told} == {
        ("[10, 20, 110, 220]", "png")
    }


def test_painted_mask_takes_the_place_of_the_box(browser_of_member: Client) -> None:
    asset = make_picture(width=48, height=32)
    sent = {"x0": "1", "y0": "1", "x1": "9", "y1": "9", "mask": png(name="mask.png"), "copies": "2"}
    assert browser_of_member.post(f"/studio/{asset.pk}/run/object_removal/", sent).status_code == 302
    masks = Asset.objects.filter(is_listed=False)
    assert {job.pk for job in Job.objects.all()} == {mask.job_id for mask in masks}
    assert masks.count() == 2
    assert str(asked()["mask"]).removeprefix("asset:") in {mask.pk for mask in masks}
    assert "box" not in asked()["parameters"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("tool", "sent", "said"),
    [
        ("object_removal", {}, "Paint over what is to go, or draw a box round it."),
        ("style_transfer", {}, "Name a style, describe it, or choose a picture to follow."),
        ("object_removal", {"x0": "1"}, "Type all four sides as whole numbers of pixels"),
        ("object_removal", {"x0": "1", "y0": "1", "x1": "9000", "y1": "9"}, "The box must lie inside the image"),
        ("background_removal", {"format": "jpeg"}, "JPEG knows no transparency"),
        ("background_removal", {"provider": "nobody"}, "There is no provider"),
        ("style_transfer", {"style": "cubism"}, "does not know this style"),
        ("style_transfer", {"style": "oil", "seed": "seven"}, "Type a whole number, or leave it empty."),
        ("style_transfer", {"style": "oil", "strength": "1.5"}, "This must be at most 1.0."),
    ],
)
def test_refused_form_comes_back_with_its_reason_and_what_was_typed(
    browser_of_member: Client, tool: str, sent: dict[str, str], said: str
) -> None:
    asset = make_picture()
    whole = browser_of_member.post(f"/studio/{asset.pk}/run/{tool}/", sent)
    assert whole.status_code == 400
    assert said in whole.content.decode()
    part = browser_of_member.post(f"/studio/{asset.pk}/run/{tool}/", sent, headers=PART)
    assert (part.status_code, part["HX-Retarget"], part["HX-Reswap"]) == (400, "#tool", "outerHTML")
    page = part.content.decode()
    assert "<html" not in page
    assert said in page
    for name in ("seed", "x1"):
        assert name not in sent or f'value="{sent[name]}"' in page
    assert not Job.objects.exists()


def test_style_takes_its_example_from_the_library_or_from_a_file(browser_of_member: Client) -> None:
    asset, example = make_picture(), make_picture("example.jpg")
    browser_of_member.post(f"/studio/{asset.pk}/run/style_transfer/", {"other": example.pk, "strength": "0.7"})
    assert (asked()["image"], asked()["target_image"]) == (f"asset:{asset.pk}", f"asset:{example.pk}")
    assert asked()["parameters"]["strength"] == 0.7  # type: ignore[index]
    browser_of_member.post(f"/studio/{asset.pk}/run/style_transfer/", {"other_file": png(name="new.png")})
    assert asked()["target_image"] == f"asset:{Asset.objects.get(name='new.png').pk}"


def test_face_swap_is_off_until_an_operator_turns_it_on(
    browser_of_member: Client, operator: User, member: User
) -> None:
    asset = make_picture()
    assert (
        "Face swaps are turned off here."
        in browser_of_member.get(f"/studio/{asset.pk}/?tool=face_swap").content.decode()
    )
    assert browser_of_member.post("/settings/face-swap/", {"allowed": "yes"}).status_code == 403
    assert not face_swap_allowed()
    browser = Client()
    browser.force_login(operator, backend=BACKEND)
    assert browser.post("/settings/face-swap/", {"allowed": "yes"})["Location"] == "/settings/#pictures"
    assert face_swap_allowed()
    assert escape(CONSENT_STATEMENT) in browser_of_member.get(f"/studio/{asset.pk}/?tool=face_swap").content.decode()
    browser.post("/settings/face-swap/", {"allowed": "no"})
    assert not face_swap_allowed()


def test_face_swap_takes_the_face_of_the_other_picture_and_the_consent(
    browser_of_member: Client, operator: User, member: User
) -> None:
    allow_face_swap(allowed=True, user_id=operator.pk)
    asset, face = make_picture(), make_picture("face.jpg")
    address = f"/studio/{asset.pk}/run/face_swap/"
    alone = browser_of_member.post(address, {"consent": "yes"})
    assert "Choose the picture that the face comes from" in alone.content.decode()
    without = browser_of_member.post(address, {"other": face.pk})
    assert "Tick this line" in without.content.decode()
    assert browser_of_member.post(address, {"other": face.pk, "consent": "yes"}).status_code == 302
    assert (asked()["image"], asked()["target_image"]) == (f"asset:{face.pk}", f"asset:{asset.pk}")
    consent = FaceSwapConsent.objects.get()
    assert (consent.user_id, consent.statement) == (member.pk, CONSENT_STATEMENT)
    assert Job.objects.get().subject == f"asset:{asset.pk}"


def test_run_says_what_it_made_and_is_repeated_with_another_seed(browser_of_member: Client, member: User) -> None:
    asset = make_picture()
    job_id = services.submit_task(
        task_type="style_transfer",
        image=f"asset:{asset.pk}",
        parameters={"style": "oil", "seed": 5, "strength": 0.3},
        owner_id=member.pk,
    )
    Job.objects.filter(pk=job_id).update(state="succeeded", finished_at=timezone.now())
    made = make_picture(
        "painted.webp", origin=Origin.MADE, operation="style_transfer", job_id=job_id, warnings=["Faces moved."]
    )
    page = browser_of_member.get(f"/studio/{asset.pk}/", headers=PART).content.decode()
    assert f"/pictures/{made.pk}/300/" in page
    assert "Faces moved." in page
    assert f"?against={made.pk}" in page

    answer = browser_of_member.post(f"/studio/{asset.pk}/repeat/{job_id}/", headers=PART)
    assert answer.status_code == 200
    again = asked()["parameters"]
    assert {**again, "seed": 5} == arguments_of(Job.objects.get(pk=job_id))["parameters"]  # type: ignore[dict-item]
    assert again["seed"] != 5  # type: ignore[index]


def test_task_whose_picture_is_gone_is_refused_above_the_form(browser_of_member: Client, member: User) -> None:
    asset = make_picture()
    job_id = services.submit_task(task_type="background_removal", image=f"asset:{asset.pk}", owner_id=member.pk)
    other = make_picture("other")
    asset.delete()
    answer = browser_of_member.post(f"/studio/{other.pk}/repeat/{job_id}/", headers=PART)
    assert answer.status_code == 400


def test_expired_and_refused_pictures_say_so(browser_of_member: Client) -> None:
    gone = make_picture(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser_of_member.get(f"/studio/{gone.pk}/").status_code == 410
    refused = make_picture(state=AssetState.REFUSED, refusal="This is no picture.")
    page = browser_of_member.get(f"/studio/{refused.pk}/")
    assert "This is no picture." in page.content.decode()
    assert 'id="tool"' not in page.content.decode()
    assert browser_of_member.get(f"/studio/{'a' * 24}/").status_code == 404


def test_page_of_a_picture_that_somebody_deleted_loads_itself_again(browser_of_member: Client) -> None:
    asset = make_picture()
    services.delete_asset(asset_id=asset.pk)
    for part in ("", "?part=versions"):
        answer = browser_of_member.get(f"/studio/{asset.pk}/{part}", headers=PART)
        assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    page = browser_of_member.get(f"/studio/{asset.pk}/")
    assert page.status_code == 404
    assert 'href="/studio/">Go to the Studio' in page.content.decode()


def test_versions_are_a_tree_from_the_oldest_down(browser_of_member: Client) -> None:
    first = make_picture("first")
    second = make_picture("second", origin=Origin.MADE, operation="background_removal")
    sister = make_picture("sister", origin=Origin.MADE, operation="object_removal")
    third = make_picture("third", origin=Origin.MADE, operation="face_swap")
    face = make_picture("face")
    for child, parent, role in (
        (second, first, "image"),
        (sister, first, "image"),
        (third, second, "target_image"),
        (third, face, "image"),
    ):
        AssetParent.objects.create(child=child, parent=parent, role=role)
    tree = browser_of_member.get(f"/studio/{third.pk}/?part=versions", headers=PART).content.decode()
    order = [tree.index(f'id="version-{one.pk}"') for one in (first, second, third, sister)]
    assert order == sorted(order)
    assert f'id="version-{face.pk}"' not in tree
    page = browser_of_member.get(f"/studio/{third.pk}/").content.decode()
    assert "data-compare" in page  # with what it was before: the picture that got the face
    assert "Face from" in page


def test_picture_is_kept_renamed_and_deleted(browser_of_member: Client) -> None:
    asset = make_picture(origin=Origin.MADE, expires_at=timezone.now() + timedelta(hours=1))
    browser_of_member.post(f"/studio/{asset.pk}/keep/")
    browser_of_member.post(f"/studio/{asset.pk}/rename/", {"name": "  Copper   kettle "})
    asset.refresh_from_db()
    assert (asset.expires_at, asset.kept_at is None, asset.name) == (None, False, "Copper kettle")
    answer = browser_of_member.post(f"/studio/{asset.pk}/delete/")
    assert (answer["Location"], Asset.objects.count()) == ("/studio/", 0)


# ---------------------------------------------------------------- from words


def test_picture_from_words_is_asked_for_with_its_size(browser_of_member: Client) -> None:
    sent = {"prompt": "A kettle.", "size": "1080x1350", "copies": "1", "style": "", "seed": ""}
    assert browser_of_member.post("/studio/new/", sent)["Location"] == "/studio/"
    parameters = asked()["parameters"]
    assert (parameters["width"], parameters["height"]) == (1080, 1350)  # type: ignore[index]
    own = browser_of_member.post(
        "/studio/new/", {"prompt": "A kettle.", "size": "own", "width": "5000", "height": "64"}
    )
    assert own.status_code == 400
    empty = browser_of_member.post("/studio/new/", {"prompt": " ", "size": "1080x1080"})
    assert "Say what is to be seen." in empty.content.decode()
    assert Job.objects.count() == 1


def test_picture_of_a_web_page_is_asked_for_with_its_window(browser_of_member: Client, member: User) -> None:
    sent = {"url": " https://kettle.example/ ", "width": "1440", "height": "", "full_page": "yes"}
    assert browser_of_member.post("/studio/screenshot/", sent)["Location"] == "/studio/"
    assert asked() == {"url": "https://kettle.example/", "width": 1440, "height": 800, "full_page": True}
    assert Job.objects.get().owner_id == member.pk


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"url": "ftp://kettle.example/"}, "url"),
        ({"url": "kettle"}, "url"),
        ({"url": "http://192.168.0.1:8080/"}, "url"),
        ({"url": "https://kettle.example/", "width": "10"}, "width"),
        ({"url": "https://kettle.example/", "height": "tall"}, "height"),
    ],
)
def test_address_or_window_that_cannot_be_stays_in_the_form(
    browser_of_member: Client, sent: dict[str, str], field: str
) -> None:
    answer = browser_of_member.post("/studio/screenshot/", sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="{field}-complaint"' in page
    assert f'value="{sent[field]}"' in page
    assert not Job.objects.exists()


def test_task_and_screenshot_that_failed_say_what_they_were_and_why(browser_of_member: Client, member: User) -> None:
    browser_of_member.post("/studio/upload/", {"pictures": [png(4, 4)]})
    drain()
    asset = Asset.objects.get()
    services.submit_task(task_type="background_removal", image=f"asset:{asset.pk}", owner_id=member.pk)
    services.ask_for_screenshot(url="http://localhost/", width=800, height=600, full_page=False, owner_id=member.pk)
    drain()
    page = browser_of_member.get("/studio/?part=results", headers=PART).content.decode()
    assert page.count("No picture.") == 2
    assert "too small or too narrow to find a subject in" in page
    assert "not on the public internet" in page


# ---------------------------------------------------------------- elsewhere


def test_picture_that_was_read_is_no_news(browser_of_member: Client, member: User) -> None:
    browser_of_member.post("/studio/upload/", {"pictures": [png()]})
    drain()
    job = Job.objects.get()
    assert (job.state, browser_of_member.get(f"/jobs/{job.pk}/toast/").status_code) == ("succeeded", 204)
    assert count_jobs(member, SessionStore()).news == 0
    Job.objects.update(state="failed")  # what was refused is
    assert browser_of_member.get(f"/jobs/{job.pk}/toast/").status_code == 200
    assert count_jobs(member, SessionStore()).news == 1


def test_activity_and_drawer_show_the_picture_that_a_job_made(browser_of_member: Client, member: User) -> None:
    asset = make_picture("cup.jpg")
    job_id = services.submit_task(task_type="background_removal", image=f"asset:{asset.pk}", owner_id=member.pk)
    assert f"/pictures/{asset.pk}/150/" in browser_of_member.get("/activity/").content.decode()
    Job.objects.filter(pk=job_id).update(state="succeeded", finished_at=timezone.now())
    made = make_picture("cut.webp", origin=Origin.MADE, job_id=job_id)
    for address in ("/activity/", f"/jobs/{job_id}/", f"/jobs/{job_id}/toast/"):
        page = browser_of_member.get(address).content.decode()
        assert f"/pictures/{made.pk}/150/" in page
        assert f"/studio/{made.pk}/" in page


@pytest.mark.parametrize("address", ["/studio/", "/studio/new/", "/pictures/{}/", "/pictures/{}/300/", "/studio/{}/"])
def test_visitors_see_no_picture(visitor: Client, address: str, db: None) -> None:
    answer = visitor.get(address.format(make_picture().pk))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")
