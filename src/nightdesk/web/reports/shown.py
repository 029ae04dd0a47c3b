"""A report as pages show it: its name, where it stands, its charts and its tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.db.models import prefetch_related_objects
from django.template.defaultfilters import floatformat
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

from nightdesk.engine.models import Job
from nightdesk.exports import services
from nightdesk.exports.models import ExportFile, Progress, Report
from nightdesk.httpkit.actors import Actor
from nightdesk.web.exports.progress import STATES, find_jobs
from nightdesk.web.reports.form import TYPES
from nightdesk.web.reports.names import name_days


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table: text, or a number written as people write it."""

    text: str
    is_number: bool

    @classmethod
    def write(cls, value: object) -> "Cell":
        """Write a value of a report."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls(floatformat(value, "-2g"), is_number=True)
        return cls("" if value is None else str(value), is_number=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a report."""

    name: str
    columns: list[str]
    rows: list[list[Cell]]

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The names of the columns, and whether numbers stand below."""
        first = self.rows[0] if self.rows else []
        return [(name, bool(cell) and cell.is_number) for name, cell in zip_longest(self.columns, first)]


@dataclass(frozen=True, slots=True)
class Chart:
    """A series of numbers day by day, as a picture and as a table."""

    name: str
    unit: str
    picture: SafeString
    days: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report with the job that makes it, where that still has something to say."""

    report: Report
    job: Job | None

    @property
    def title(self) -> str | Promise:
        """What it is about."""
        return TYPES[self.report.report_type][0]

    @property
    def period(self) -> str:
        """Its days in words."""
        return name_days(self.report.date_from, self.report.date_to)

    @property
    def look(self) -> str:
        """The look of its state."""
        return STATES[self.report.state][0]

    @property
    def word(self) -> str | Promise:
        """Its state in words."""
        return STATES[self.report.state][1]

    @property
    def is_ready(self) -> bool:
        """Whether it can be read."""
        return self.report.state == Progress.READY

    @property
    def is_unfinished(self) -> bool:
        """Whether it is still to come."""
        return self.report.state in (Progress.WAITING, Progress.RUNNING)

    @property
    def error(self) -> str:
        """Why it failed, unless it is being tried again."""
        return self.report.error if self.job is None or self.job.finished_at else ""

    @property
    def stamp(self) -> str:
        """What differs once anything of it has changed."""
        return f"{self.report.state}-{self.job.version if self.job else ''}-{len(self.files)}"

    @property
    def files(self) -> list[ExportFile]:
        """Its files that can be downloaded, PDF first."""
        files = [one for one in self.report.files.all() if one.is_whole and one.doomed_at is None]
        return sorted(files, key=lambda one: one.format != "pdf")

    @property
    def dataset(self) -> dict[str, Any]:
        """Its numbers; empty until it is ready."""
        return self.report.dataset or {}

    def totals(self) -> list[tuple[str, "Cell"]]:
        """Its totals with their names."""
        return [(one["name"], Cell.write(one["value"])) for one in self.dataset["totals"]]

    def tables(self) -> list["Table"]:
        """Its tables."""
        return [
            Table(one["name"], one["columns"], [[Cell.write(cell) for cell in row] for row in one["rows"]])
            for one in self.dataset["tables"]
        ]

    def charts(self) -> list[Chart]:
        """Draw its series."""
        drawn = services.draw_charts(self.dataset)
        return [
            # Drawn by us, with every text in it escaped.
            Chart(series["name"], series["unit"], mark_safe(drawn[series["name"]]), series["days"])  # noqa: S308
            for series in self.dataset["series"]
            if series["name"] in drawn
        ]


def describe_reports(reports: Iterable[Report], actor: Actor) -> list[ShownReport]:
    """Describe reports for a list; two queries, however many there are."""
    kept = list(reports)
    prefetch_related_objects(kept, "files")
    jobs = find_jobs((one.task_id for one in kept), actor)
    return [ShownReport(one, jobs.get(one.task_id)) for one in kept]


def describe_report(report: Report, actor: Actor) -> ShownReport:
    """Describe one report."""
    return describe_reports([report], actor)[0]
