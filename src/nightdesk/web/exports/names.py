"""What an export is called."""

from django.utils.translation import gettext as _

from nightdesk.exports.models import Export
from nightdesk.exports.services import EXPORTABLES
from nightdesk.web.exports.form import FORMATS


def name_export(export: Export) -> str:
    """Name an export by its rows and its format: "Posts as CSV"."""
    model = EXPORTABLES.get(export.model_name)
    return _("%(rows)s as %(format)s") % {
        "rows": model.title if model else export.model_name,
        "format": FORMATS[export.format][0],
    }
