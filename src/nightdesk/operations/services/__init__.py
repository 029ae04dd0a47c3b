"""What is done to keep an installation in order."""

from nightdesk.operations.services.cleaning import Cleaned, clean_up
from nightdesk.operations.services.health import check_health, health_history, latest_health

__all__ = ["Cleaned", "check_health", "clean_up", "health_history", "latest_health"]
