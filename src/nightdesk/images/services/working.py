"""What a provider is given to work with: the run of its job, in the words of `providers.images.protocol.Work`."""

from collections.abc import Callable
from typing import Any, Final

from nightdesk.engine.run import Run
from nightdesk.engine.steps import NotThere
from nightdesk.images.services.files import DRAFTS, FileGone, put_file, read_stored
from nightdesk.providers.images.errors import NotKept
from nightdesk.providers.images.protocol import NotDone

#: The provider's own percent lies between these of the whole job: reading comes before it, saving after it.
WORK_BEGINS_AT: Final = 5
WORK_ENDS_AT: Final = 93


class JobWork:
    """A run as one provider sees it."""

    def __init__(self, run: Run, *, provider: str) -> None:
        self._run = run
        self._provider = provider

    def progress(self, percent: int, message: str) -> None:
        """Say how far the operation is; see `Run.progress` for what it raises."""
        share = WORK_BEGINS_AT + (WORK_ENDS_AT - WORK_BEGINS_AT) * min(100, max(0, percent)) // 100
        self._run.progress(share, message)

    def check(self) -> None:
        """Stop here if the job is to stop."""
        self._run.check_cancelled()

    def time_left_s(self) -> float | None:
        """Return the seconds before the job's soft limit; None: no limit."""
        return self._run.time_left_s()

    def once(self, name: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        """Make a call outside that must not be doubled: an effect of the job, with the provider's name in its key."""
        return self._run.effect(f"images:{self._run.job_id}:{self._provider}:{name}", call, _translated(find))

    def keep(self, data: bytes) -> str:
        """Put bytes into the store until the job has ended."""
        return put_file(data=data, extension="bin", job_id=self._run.job_id, folder=DRAFTS)

    def kept(self, name: str) -> bytes:
        """Fetch what `keep` stored.

        Raises:
            NotKept: it went when the job ended. StoreAway.
        """
        try:
            return read_stored(name=name)
        except FileGone:
            raise NotKept from None


def _translated(find: Callable[[], Any] | None) -> Callable[[], Any] | None:
    if find is None:
        return None

    def look() -> Any:
        try:
            return find()
        except NotDone:
            raise NotThere from None

    return look
