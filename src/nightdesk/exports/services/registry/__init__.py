"""What may be exported: models, fields and filters, by an allow-list."""

from nightdesk.exports.services.registry.columns import Column, Filter, ValueKind
from nightdesk.exports.services.registry.filters import read_filters
from nightdesk.exports.services.registry.models import EXPORTABLES, Asker, Exportable

__all__ = ["EXPORTABLES", "Asker", "Column", "Exportable", "Filter", "ValueKind", "read_filters"]
