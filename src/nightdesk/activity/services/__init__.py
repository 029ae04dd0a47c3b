"""What is done with the activity log."""

from nightdesk.activity.actions import title_of
from nightdesk.activity.services.lists import activities_shown
from nightdesk.activity.services.names import name_of
from nightdesk.activity.services.recording import record
from nightdesk.activity.services.sweeping import sweep_activity

__all__ = ["activities_shown", "name_of", "record", "sweep_activity", "title_of"]
