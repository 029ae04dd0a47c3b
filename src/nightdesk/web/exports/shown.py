"""An export as pages show it: what it holds, where it stands, and its file."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils.functional import Promise

from nightdesk.engine.models import Job
from nightdesk.exports.models import Export, ExportFile, Progress
from nightdesk.httpkit.actors import Actor
from nightdesk.web.exports.formats import FORMATS
from nightdesk.web.exports.names import name_rows
from nightdesk.web.exports.progress import STATES, find_jobs


@dataclass(frozen=True, slots=True)
class ShownExport:
    """An export with the job that writes it, where that still has something to say."""

    export: Export
    job: Job | None

    @property
    def title(self) -> str:
        """What its rows are."""
        return name_rows(self.export.model_name)

    @property
    def format(self) -> str:
        """The name of its format."""
        return FORMATS[self.export.format][0]

    @property
    def look(self) -> str:
        """The look of its state."""
        return STATES[self.export.state][0]

    @property
    def word(self) -> str | Promise:
        """Its state in words."""
        return STATES[self.export.state][1]

    @property
    def is_unfinished(self) -> bool:
        """Whether it is still to come."""
        return self.export.state in (Progress.WAITING, Progress.RUNNING)

    @property
    def file(self) -> ExportFile | None:
        """Its file, once that can be downloaded."""
        if self.export.state != Progress.READY:
            return None
        files = self.export.files.all()
        return next((one for one in files if one.is_whole and one.doomed_at is None), None)

    @property
    def error(self) -> str:
        """Why it failed, unless it is being tried again."""
        return self.export.error if self.job is None or self.job.finished_at else ""

    @property
    def stamp(self) -> str:
        """What differs once anything of it has changed."""
        return f"{self.export.state}-{self.job.version if self.job else ''}-{self.file.pk if self.file else ''}"


def describe_exports(exports: Iterable[Export], actor: Actor) -> list[ShownExport]:
    """Describe exports for a list; two queries, however many there are."""
    kept = list(exports)
    prefetch_related_objects(kept, "files")
    jobs = find_jobs((one.task_id for one in kept), actor)
    return [ShownExport(one, jobs.get(one.task_id)) for one in kept]


def describe_export(export: Export, actor: Actor) -> ShownExport:
    """Describe one export."""
    return describe_exports([export], actor)[0]
