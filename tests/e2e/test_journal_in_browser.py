"""The public journal as visitors meet it: wide and narrow, light and dark, without a session and without scripts."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.axe import find_violations
from tests.support.chromium import open_page
from tests.support.nightdesk import MakeInstallation

pytestmark = pytest.mark.browser

PUBLISH = '''
import io
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from nightdesk.images.models import StoredFile
from tests.integration.publishing.entries import make_content, picture, publish
from tests.integration.web.pictures import make_picture

drawn = io.BytesIO()
Image.new("RGB", (900, 300), "#b5643c").save(drawn, "PNG")
asset = make_picture("cup.png", format="png", width=900, height=300)
StoredFile.objects.create(name=default_storage.save(f"assets/{asset.pk}.png", ContentFile(drawn.getvalue())), asset=asset)
body = f"""
Fernweh is a kettle for **two cups**, *quieter* than a tap. See https://kettle.example/a/very/long/address/that/never/ends/anywhere.

# Why it is quiet

1. A double wall.
2. No whistle:
   - none at all
   - `whistle = None`

> A kettle that one can sleep beside.

```python
def boil(cups: int, *, whistle: bool = False, and_a_very_long_name_that_does_not_fit_a_phone: int = 90) -> None: ...
```

| Cups | Seconds | Watts | Decibels | Price | Repairable | Colours |
|-----:|:-------:|------:|---------:|------:|------------|---------|
| 1    | 45      | 2200  | 31       | 49    | yes        | night, steam, copper |

![Two cups on a table](asset:{asset.pk})
"""
for number in range(11):
    publish(make_content(title=f"Letter {number}", body="Short.", tags=("letters",)))
publish(make_content(title="Quiet mornings", body=body, excerpt="It boils in 90 seconds.", tags=("kettles", "quiet & slow"),
    cover=picture(asset.pk, alt="Two cups")))
'''
PAGES = ("/journal/", "/journal/quiet-mornings/", "/journal/tags/letters/")


def test_journal_fits_and_is_open_to_everybody(make_installation: MakeInstallation, browser: Browser) -> None:
    nightdesk = make_installation(database="sqlite", broker="files")
    nightdesk.run_script(PUBLISH)
    web = nightdesk.web().wait_ready()

    found: dict[str, object] = {}
    for width, dark in ((1280, False), (1280, True), (390, False), (390, True)):
        with open_page(browser, width=width, dark=dark) as page:
            for path in PAGES:
                page.goto(web.url + path)
                wide = page.evaluate("document.documentElement.scrollWidth")
                trouble = [f"{wide} px wide"] if wide > width else []
                trouble += find_violations(page)
                trouble += page.evaluate("[...document.images].filter(one => !one.naturalWidth).map(one => one.src)")
                if trouble:
                    found[f"{path} {width} {'dark' if dark else 'light'}"] = trouble
            assert page.context.cookies() == []

    assert found == {}
