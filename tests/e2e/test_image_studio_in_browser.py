"""The Studio as people use it, with real photographs and a real worker: mouse, keyboard, phone, and without scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.e2e.axe import find_violations
from tests.e2e.studio import Studio, look, open_studio
from tests.support.nightdesk import Installation, Worker
from tests.support.photographs import write_photograph
from tests.support.processes import wait_until

pytestmark = pytest.mark.browser

#: The first picture of a process compiles and loads what it needs, and the machine may be busy.
WORK_LIMIT_MS = 60_000
#: As every page, and what painting needs.
MOST_TRANSFER_BYTES = 170_000
PAGES = (
    "/studio/",
    "/studio/new/",
    "/studio/screenshot/",
    "/studio/{cup}/",
    "/studio/{cup}/?tool=object_removal",
    "/studio/{cup}/?tool=style_transfer",
    "/studio/{cup}/?tool=face_swap",
    "/studio/{cut}/",
    "/studio/{cup}/?against={cut}",
    "/studio/compare/?picture={cup}&picture={cut}",
    "/studio/?for={written}-linkedin",
)
MAKE_PAST = """
import json, sys
from nightdesk.accounts.models import User
from nightdesk.engine.testing import drain
from nightdesk.images import services
from nightdesk.images.models import Asset
owner = User.objects.get(email="mia@example.org")
made = {}
with open(sys.argv[1], "rb") as photograph:
    made["cup"] = services.stage_upload(source=photograph, name="cup.jpg", owner_id=owner.pk).pk
drain()
job = services.submit_task(task_type="background_removal", image=f"asset:{made['cup']}",
    parameters={"box": [140, 10, 490, 400]}, owner_id=owner.pk)
drain()
made["cut"] = Asset.objects.get(job_id=job, origin="made").pk
print(json.dumps(made))
"""
#: Puts a file on the clipboard's place of a paste event: a headless browser has no clipboard of its own.
PASTE = """async address => {
  const blob = await (await fetch(address)).blob(), data = new DataTransfer();
  data.items.add(new File([blob], "pasted.png", { type: blob.type }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""
DROP = """async address => {
  const blob = await (await fetch(address)).blob(), dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([blob], "dropped.webp", { type: blob.type }));
  for (const name of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photographs")
    return {name: write_photograph(name, folder) for name in ("coffee", "astronaut")}


@pytest.fixture(scope="module")
def studio(browser: Browser, photographs: dict[str, Path]) -> Iterator[Studio]:
    with Installation(database="sqlite", broker="files") as nightdesk:
        nightdesk.migrate()
        opened = open_studio(nightdesk, browser, MAKE_PAST, str(photographs["coffee"]))
        yield opened


@pytest.fixture(scope="module")
def worker(studio: Studio) -> Worker:
    """Give a worker for pictures; the campaigns of the studio's past wait for another one."""
    return studio.nightdesk.worker("pixels", pool="prefork", concurrency=1, queues=["cpu"]).wait_ready()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_and_is_open_to_everybody(studio: Studio, browser: Browser, width: int, dark: bool) -> None:
    found: dict[str, object] = {}
    with look(studio, browser, width=width, dark=dark) as page:
        for path in PAGES:
            page.goto(studio.path(path))
            wide = page.evaluate("document.documentElement.scrollWidth")
            trouble = [f"{wide} px wide"] if wide > width else []
            trouble += find_violations(page)
            if trouble:
                found[path] = trouble
    assert found == {}


def test_studio_is_light_but_for_its_pictures(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:  # a fresh profile: nothing is in its cache
        page.goto(studio.path("/studio/{cup}/?tool=object_removal"))
        sizes = page.evaluate(
            "performance.getEntries().filter(one => one.initiatorType !== 'img').map(one => one.transferSize || 0)"
        )
    assert 20_000 < sum(sizes) < MOST_TRANSFER_BYTES


def test_photograph_is_uploaded_cut_out_kept_and_used_in_a_campaign(
    studio: Studio, browser: Browser, worker: Worker, photographs: dict[str, Path]
) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/studio/"))
        expect(page.locator("[data-live]")).to_have_text("Live")
        page.get_by_label("Add pictures").set_input_files(photographs["astronaut"])
        page.locator("#library").get_by_role("link", name="portrait.jpg").click(timeout=WORK_LIMIT_MS)

        page.get_by_role("link", name="Remove background").click()
        page.get_by_role("button", name="Run").click()
        made = page.locator("#runs .tile").first
        expect(made.locator("[data-state=succeeded]")).to_be_visible(timeout=WORK_LIMIT_MS)
        expect(page.get_by_role("button", name="Run")).to_be_focused()  # what arrives takes no focus
        expect(page.locator("#versions").get_by_role("link")).to_have_count(2)
        made.get_by_role("button", name="Keep").click()
        expect(made.get_by_text("Kept", exact=True)).to_be_visible()
        made.locator(".tile-link").click()

        slider = page.get_by_label("How much of the first picture is shown")
        slider.focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        assert page.locator("[data-compare]").evaluate("figure => figure.style.getPropertyValue('--at')") == "55%"

        page.get_by_label("Piece").select_option(label="Winter catalogue · Email")
        page.get_by_role("button", name="Use in this piece").click()
        card = page.locator("[data-key=piece-email]")
        picture = card.get_by_role("img", name="Picture of Email")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        card.get_by_role("button", name="Take the picture off Email").click()
        expect(picture).to_be_hidden()


def test_painted_object_is_removed(studio: Studio, browser: Browser, worker: Worker) -> None:
    """By mouse, then by keyboard alone; both masks are of the picture's own size."""
    with look(studio, browser) as page:
        page.goto(studio.path("/studio/{cup}/?tool=object_removal"))
        canvas = page.get_by_role("application", name="Mark what is to go")
        shown = canvas.bounding_box()
        assert shown is not None
        page.mouse.move(shown["x"] + shown["width"] * 0.55, shown["y"] + shown["height"] * 0.72)
        page.mouse.down()
        page.mouse.move(shown["x"] + shown["width"] * 0.66, shown["y"] + shown["height"] * 0.8, steps=5)
        page.mouse.up()
        expect(page.locator("[data-editor]")).to_have_attribute("data-strokes", "1")
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#runs [data-state=succeeded]")).to_have_count(2, timeout=WORK_LIMIT_MS)

        page.get_by_role("button", name="Clear").click()
        canvas.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("]")
        page.keyboard.down(" ")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.up(" ")
        page.keyboard.press("e")
        page.keyboard.press(" ")
        expect(page.locator("[data-editor]")).to_have_attribute("data-strokes", "2")
        page.keyboard.press("Control+z")
        expect(page.locator("[data-editor]")).to_have_attribute("data-strokes", "1")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#runs [data-state=succeeded]")).to_have_count(3, timeout=WORK_LIMIT_MS)
        expect(page.locator("[data-editor]")).to_have_attribute("data-strokes", "1")  # still there, to try another
    masks = studio.nightdesk.sql("SELECT width, height, state FROM images_asset WHERE name = 'mask'")
    assert masks == [(600, 400, "ready")] * 2


def test_box_is_drawn_by_mouse_and_sized_by_keyboard(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, complains=True) as page:  # a 400 is an error to a console
        page.goto(studio.path("/studio/{cup}/?tool=background_removal"))
        canvas = page.get_by_role("application", name="Mark the subject")
        shown = canvas.bounding_box()
        assert shown is not None
        page.mouse.move(shown["x"] + shown["width"] * 0.25, shown["y"] + shown["height"] * 0.25)
        page.mouse.down()
        page.mouse.move(shown["x"] + shown["width"] * 0.5, shown["y"] + shown["height"] * 0.75)
        page.mouse.up()
        assert read_box(page) == [150, 100, 300, 300]
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Alt+ArrowLeft")
        assert read_box(page) == [148, 88, 310, 288]
        expect(page.locator("[data-editor-says]")).to_have_text("Box 148, 88, 310, 288")
        for _ in range(3):
            page.keyboard.press("Control+z")
        assert read_box(page) == [150, 100, 300, 300]
        page.get_by_label("Right").fill("9000")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_role("alert")).to_contain_text("One field needs another look.")
        expect(page.locator("#box-complaint")).to_contain_text("The box must lie inside the image")
        assert read_box(page) == [150, 100, 9000, 300]


def test_object_in_a_box_alone_is_removed_at_the_first_press(studio: Studio, browser: Browser, worker: Worker) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/studio/{cup}/?tool=object_removal"))
        before = page.locator("#runs .tile").count()
        for name, side in {"Left": 380, "Top": 230, "Right": 450, "Bottom": 330}.items():
            page.get_by_label(name, exact=True).fill(str(side))
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#runs .tile")).to_have_count(before + 1)
        expect(page.locator("#runs .tile").first.locator("[data-state=succeeded]")).to_be_visible(timeout=WORK_LIMIT_MS)
        page.get_by_role("button", name="Run").click()  # what is said of the first one lies not over it
        expect(page.locator("#runs .tile")).to_have_count(before + 2)
        expect(page.locator("#runs .tile").first.locator("[data-state=succeeded]")).to_be_visible(timeout=WORK_LIMIT_MS)


def test_pictures_are_pasted_and_dropped(studio: Studio, browser: Browser, worker: Worker) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/studio/"))
        address = studio.path("/pictures/{cup}/150/")
        page.evaluate(PASTE, address)
        page.evaluate(DROP, address)
        for name in ("pasted.png", "dropped.webp"):
            expect(page.locator("#library").get_by_role("link", name=name)).to_be_visible(timeout=WORK_LIMIT_MS)


def test_refused_upload_says_why_beside_its_name(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, complains=True) as page:  # a 400 is an error to a console
        page.goto(studio.path("/studio/"))
        drawing = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
        wrong = FilePayload(name="drawing.jpg", mimeType="image/jpeg", buffer=drawing)
        page.get_by_label("Add pictures").set_input_files([wrong])
        row = page.locator("[data-sending] li")
        expect(row).to_have_attribute("data-done", "bad")
        expect(row).to_contain_text("drawing.jpg")
        assert len(row.locator(".hint").inner_text()) > 20


def test_waiting_job_shows_its_place_and_is_cancelled(studio: Studio, browser: Browser, worker: Worker) -> None:
    worker.freeze()
    try:
        with look(studio, browser) as page:
            page.goto(studio.path("/studio/{cup}/?tool=style_transfer"))
            page.get_by_label("Style", exact=True).fill("oil")
            page.get_by_label("Copies").select_option("3")
            page.get_by_role("button", name="Run").click()
            expect(page.locator("#runs [data-unfinished]")).to_have_count(3)
            page.goto(studio.path("/studio/"))
            waiting = page.locator("#queue .line")
            expect(waiting).to_have_count(3)
            expect(page.locator("#queue")).to_contain_text(re.compile(r"number \d in line"))
            for left in (2, 1, 0):
                waiting.first.get_by_role("button", name="Cancel").click()
                expect(waiting).to_have_count(left)
            expect(page.locator("#queue")).to_contain_text("Nothing of yours waits or runs.")
    finally:
        worker.thaw()


def test_everything_works_without_scripts(
    studio: Studio, browser: Browser, worker: Worker, photographs: dict[str, Path]
) -> None:
    with look(studio, browser, java_script_enabled=False, complains=True) as page:
        page.goto(studio.path("/studio/"))
        page.get_by_label("Add pictures").set_input_files([photographs["coffee"], photographs["astronaut"]])
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_text("2 pictures are being read.")).to_be_visible()
        page.goto(studio.path("/studio/{cup}/?tool=object_removal"))
        for side, value in (("Left", 300), ("Top", 280), ("Right", 360), ("Bottom", 330)):
            page.get_by_label(side).fill(str(value))
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_text("Asked for. It runs below.")).to_be_visible()

        def is_done() -> bool:
            page.reload()
            return page.locator("#runs [data-unfinished]").count() == 0

        wait_until(is_done, WORK_LIMIT_MS / 1000, "the object is removed")
        page.locator("#runs .tile-link").first.click()
        expect(page.locator(".compare-stage img")).to_have_count(2)  # beside each other
        page.get_by_label("Name", exact=True).fill("Cup without its spoon")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("heading", name="Cup without its spoon", level=1)).to_be_visible()


def test_finger_paints_on_a_phone(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, width=390, height=844, has_touch=True, is_mobile=True) as page:
        page.goto(studio.path("/studio/{cup}/?tool=object_removal"))
        canvas = page.get_by_role("application", name="Mark what is to go")
        canvas.tap(position={"x": 40, "y": 40})
        canvas.tap(position={"x": 80, "y": 60})
        expect(page.locator("[data-editor]")).to_have_attribute("data-strokes", "2")
        small = page.evaluate(
            "[...document.querySelectorAll('main button, main a.button, main summary.redo')]"
            ".filter(one => one.offsetParent && one.getBoundingClientRect().height < 44).map(one => one.innerText)"
        )
        assert small == []


def read_box(page: Page) -> list[int]:
    """Read the box out of its four fields."""
    return [int(page.locator(f"[data-box] [name={side}]").input_value()) for side in ("x0", "y0", "x1", "y1")]
