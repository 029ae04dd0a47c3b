"""What is done with the activity log."""

from nightdesk.activity.services.recording import record

__all__ = ["record"]
