"""What an export is called."""

from functools import cache

from django.utils.translation import gettext as _

from nightdesk.exports import services
from nightdesk.exports.models import Export
from nightdesk.web.exports.formats import FORMATS


def name_export(export: Export) -> str:
    """Name an export by its rows and its format: "Posts as CSV"."""
    return _("%(rows)s as %(format)s") % {"rows": name_rows(export.model_name), "format": FORMATS[export.format][0]}


def name_rows(model_name: str) -> str:
    """Name what the rows of an export are."""
    return _titles().get(model_name, model_name)


@cache
def _titles() -> dict[str, str]:
    return {model.name: model.title for model in services.offered()}
