"""What can go wrong with exports and reports."""

from nightdesk.core.errors import Conflict, Gone, NotFound


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
