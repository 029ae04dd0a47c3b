"""Does everything work: asked now and then, answered part by part, and kept."""

from nightdesk.operations.services.health.checking import check_health, health_history, latest_health
from nightdesk.operations.services.health.probing import Finding

__all__ = ["Finding", "check_health", "health_history", "latest_health"]
