"""Who makes exports."""

from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.exports import services
from nightdesk.exports.jobs import ExportDataToCsv


@handles(ExportDataToCsv)
def export_data_to_csv(job: ExportDataToCsv, run: Run) -> services.ExportResult:
    """Write rows of one model into a file; answer with where it can be fetched."""
    return services.run_export(job=job, run=run)


@when_ended(ExportDataToCsv)
def export_data_to_csv_ended(end: JobEnd) -> None:
    """Tell the export how its job ended."""
    services.export_ended(end)
