"""Who makes reports."""

from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.exports import services
from nightdesk.exports.jobs import GenerateAdminReport


@handles(GenerateAdminReport)
def generate_admin_report(job: GenerateAdminReport, run: Run) -> services.ReportResult:
    """Count a report and make its PDF, its table and its mails; answer with where they can be fetched."""
    return services.run_report(job=job, run=run)


@when_ended(GenerateAdminReport)
def generate_admin_report_ended(end: JobEnd) -> None:
    """Tell the report how its job ended."""
    services.report_ended(end)
