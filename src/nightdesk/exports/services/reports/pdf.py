"""A report as a PDF, set by Typst out of `exports/data/report.typ` and JSON. Nothing is fetched."""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from nightdesk.core.errors import Permanent
from nightdesk.core.redaction import clean_text
from nightdesk.exports.services.reports.charts import IN_PRINT, describe, draw_charts

_FOLDER: Final = Path(__file__).parents[2] / "data"
_SOURCE: Final = _FOLDER / "report.typ"


class PdfNotSet(Permanent):
    """Typst could not set a report: a mistake of ours, not of whoever asked."""

    code = "pdf_not_set"
    public_message = (
        "The PDF of this report could not be set. Its numbers are well; tell whoever runs this installation."
    )


def set_pdf(*, dataset: Mapping[str, Any], made_at: datetime, site: str) -> bytes:
    """Set a report; `made_at` in its zone. Tagged, so that it can be read aloud.

    Letters that Open Sans has not come from the fonts of this machine; where there are none, they are empty boxes.

    Raises:
        PdfNotSet.
    """
    import typst

    compiler = typst.Compiler(input=_SOURCE, root=_FOLDER, font_paths=_font_folders(), package_path=_FOLDER)
    try:
        made = compiler.compile(
            format="pdf",
            sys_inputs={"report": _write_input(dataset, made_at, site)},
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise PdfNotSet from error
    assert isinstance(made, bytes)  # noqa: S101 (one file, since no other place was named)
    return made


def _write_input(dataset: Mapping[str, Any], made_at: datetime, site: str) -> str:
    charts = draw_charts(dataset, palette=IN_PRINT)
    series = [
        {
            "name": one["name"],
            "svg": charts[one["name"]],
            "said": describe(one),
            "is_empty": not any(count for _, count in one["days"]),
        }
        for one in dataset["series"]
    ]
    given = {
        **{name: dataset[name] for name in ("title", "period", "time_zone", "totals", "tables", "notes")},
        "series": series,
        "site": site,
        "made": f"{made_at.day} {made_at:%B %Y, %H:%M}",
    }
    return clean_text(json.dumps(given, ensure_ascii=False))


def _font_folders() -> list[Path]:
    spec = find_spec("ttf_opensans")
    if spec is None or not spec.submodule_search_locations:
        return []  # Typst carries fonts of its own
    return [Path(next(iter(spec.submodule_search_locations))) / "ttf"]
