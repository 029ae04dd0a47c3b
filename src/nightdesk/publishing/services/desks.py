"""What an adapter is given to work with: the run of its job, in the words of `providers.publishing.protocol.Desk`."""

from collections.abc import Callable
from typing import Any

from nightdesk.core.errors import NotFound
from nightdesk.engine.run import Run
from nightdesk.images import services as images
from nightdesk.providers.publishing.protocol import PictureGone
from nightdesk.publishing.models import PublishedPost


class RunDesk:
    """A run as an adapter sees it. With a publishing, `keep` remembers on its row; a check of an account has none."""

    def __init__(self, run: Run, publishing: PublishedPost | None = None) -> None:
        self._run = run
        self._publishing = publishing

    def progress(self, percent: int, message: str) -> None:
        """Say how far it is; see `Run.progress` for what it raises."""
        self._run.progress(percent, message)

    def check(self) -> None:
        """Stop here if the job is to stop."""
        self._run.check_cancelled()

    def time_left_s(self) -> float | None:
        """Return the seconds before the job's soft limit; None: no limit."""
        return self._run.time_left_s()

    def keep(self, name: str, call: Callable[[], Any]) -> Any:
        """Do a repeatable part once in the life of the publishing, whatever job it is that does it."""
        row = self._publishing
        if row is None:
            return call()
        if name in row.prepared:
            return row.prepared[name]
        value = self._run.step(f"{row.key}:{name}", call, save=lambda made: _remember(row.pk, name, made))
        row.prepared[name] = value
        return value

    def read_picture(self, asset_id: str) -> bytes:
        """Return the file of a picture.

        Raises:
            PictureGone: it was deleted or has expired.
        """
        try:
            with images.read_file(asset=images.find_ready_asset(asset_id=asset_id)) as file:
                return file.read()
        except NotFound:
            raise PictureGone from None


def _remember(publishing_id: int, name: str, value: Any) -> None:
    """Write one kept part to the row, in the transaction of the step: the run still holds its job."""
    row = PublishedPost.objects.get(pk=publishing_id)
    PublishedPost.objects.filter(pk=publishing_id).update(prepared={**row.prepared, name: value})
