"""Charts of reports: pictures that can be looked at, read aloud, and put on a page with a strict policy."""

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nightdesk.exports.services.reports.charts import IN_PRINT, describe, draw_charts

SVG = "{http://www.w3.org/2000/svg}"


def series(*counts: int, name: str = "Posts", unit: str = "posts") -> dict[str, Any]:
    first = date(2026, 1, 1)
    days = [[(first + timedelta(days=number)).isoformat(), count] for number, count in enumerate(counts)]
    return {"name": name, "unit": unit, "days": days}


def draw(one: dict[str, Any], **more: Any) -> ET.Element:
    return ET.fromstring(draw_charts({"series": [one]}, **more)[one["name"]])


def test_bar_is_as_high_as_its_number_and_says_it() -> None:
    bars = draw(series(0, 10, 40, 20)).findall(f".//{SVG}rect")
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert [bar.findtext(f"{SVG}title") for bar in bars] == [
        "2 January 2026: 10",
        "3 January 2026: 40",
        "4 January 2026: 20",
    ]
    assert heights == pytest.approx([heights[1] / 4, heights[1], heights[1] / 2], abs=0.1)
    assert {float(bar.attrib["y"]) + height for bar, height in zip(bars, heights, strict=True)} == {190.0}


@pytest.mark.parametrize("most", [0, 1, 3, 7, 10, 99, 101, 4_999, 1_000_000])
def test_scale_begins_at_nothing_and_holds_the_highest(most: int) -> None:
    drawn = draw(series(0, most))
    steps = [text.text for text in drawn.iter(f"{SVG}text") if text.attrib["text-anchor"] == "end"]
    assert 2 <= len(steps) <= 6
    assert (steps[0], len(set(steps))) == ("0", len(steps))
    assert all(float(bar.attrib["y"]) >= 14 for bar in drawn.iter(f"{SVG}rect"))


@pytest.mark.parametrize("days", [1, 62, 63, 366, 1_096])
def test_chart_stays_inside_its_frame_however_many_days(days: int) -> None:
    drawn = draw(series(*range(days)))
    places = [float(one.attrib["x"]) for one in drawn.iter() if "x" in one.attrib]
    assert (min(places) >= 0, max(places) <= 720) == (True, True)
    assert bool(drawn.findall(f".//{SVG}rect")) == (1 < days <= 62)
    assert 1 <= len([text for text in drawn.iter(f"{SVG}text") if text.attrib["y"] == "209"]) <= 6


def test_chart_can_be_read_aloud() -> None:
    drawn = draw(series(1, 5, 2))
    named = [drawn.find(f"*[@id='{one}']").text for one in drawn.attrib["aria-labelledby"].split()]  # type: ignore[union-attr]
    assert drawn.attrib["role"] == "img"
    assert named == ["Posts", "Posts: 8 on 3 days; the most, 5, on 2 January 2026."]
    assert describe(series(0, 0)) == "No posts on any of 2 days."  # type: ignore[arg-type]


def test_chart_needs_no_style_and_no_script_and_escapes_text() -> None:
    name = "</title><script>alert('\"&')</script>\x00"
    drawn = draw_charts({"series": [series(1, name=name)]})[name]
    root = ET.fromstring(drawn)
    assert root.findtext(f"{SVG}title") == name.removesuffix("\x00")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "text",
        "rect",
    }
    assert not [key for element in root.iter() for key in element.attrib if key == "style" or key.startswith("on")]


def test_charts_of_one_page_have_ids_of_their_own() -> None:
    drawn = draw_charts({"series": [series(1), series(2, name="Texts")]})
    ids = [one.attrib["id"] for svg in drawn.values() for one in ET.fromstring(svg).iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids)) == 4


def test_print_has_colours_of_its_own() -> None:
    assert "var(" in draw_charts({"series": [series(1)]})["Posts"]
    assert "var(" not in draw_charts({"series": [series(1)]}, palette=IN_PRINT)["Posts"]
