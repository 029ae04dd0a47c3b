"""What can go wrong with exports and reports."""

from nightdesk.core.errors import Conflict, Gone, NotFound, Transient, Unprocessable


class ExportNotFound(NotFound):
    """There is no export with this id that the caller may see."""

    public_message = "There is no such export. Exports belong to whoever asked for them; look at your list."


class ReportNotFound(NotFound):
    """There is no report with this id that the caller may see."""

    public_message = "There is no such report. Look at the list of reports."


class FileNotReady(Conflict):
    """It is still being made, or it failed."""

    code = "file_not_ready"
    public_message = "This file is not there. Look at how its job stands."


class FileExpired(Gone):
    """Its time was over and it was removed."""

    public_message = "This file was kept as long as it is promised and is gone. Ask for it again."


class TooManyExports(Conflict):
    """As many of the asker's exports are on their way as may be."""

    code = "too_many_exports"


class TooManyReports(Conflict):
    """As many of the asker's reports are on their way as may be."""

    code = "too_many_reports"


class TooManyRows(Unprocessable):
    """More rows than the file may hold."""

    code = "too_many_rows"


class CellTooLong(Unprocessable):
    """A text that the format cannot hold."""

    code = "cell_too_long"


class CountTakesLong(Transient):
    """Counting was given up."""

    code = "count_takes_long"
    public_message = (
        "Counting these rows takes too long. The export itself can take its time: it works without the count."
    )


class StoreAway(Transient):
    """The store of files did not answer properly."""

    code = "store_away"
    public_message = "The store of files does not answer. Nothing is lost; it will be tried again."


class DiskFull(Transient):
    """There was no room for the file."""

    code = "disk_full"
    public_message = "The disk is full, so the file was not kept. Make room; it will be tried again."


class FileLost(Transient):
    """The file was swept while it was made: its run was taken for dead."""

    code = "file_lost"
    public_message = "The file was removed while it was made. It will be made again."
