"""Who looks whether everything works, and who cleans up."""

from typing import Any, Final

from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.operations import services
from nightdesk.operations.jobs import CleanupExpiredContent, SystemHealthCheck
from nightdesk.operations.models import Verdict

_WORDS: Final[dict[str, str]] = {
    Verdict.OK: "Everything works.",
    Verdict.WARNING: "Something needs a look",
    Verdict.CRITICAL: "Something does not work",
}


@handles(SystemHealthCheck)
def system_health_check_task(_job: SystemHealthCheck, run: Run) -> dict[str, Any]:
    """Ask every part; answer with what was found. What does not work is a finding, not a failure."""
    check = services.check_health(task_id=run.job_id)
    bad = [name for name, part in check.parts.items() if part["verdict"] != Verdict.OK]
    message = f"{_WORDS[check.verdict]}: {', '.join(bad)}." if bad else _WORDS[check.verdict]
    return {
        "success": True,
        "message": message,
        "verdict": check.verdict,
        "parts": check.parts,
        "health_check_id": check.pk,
    }


@handles(CleanupExpiredContent)
def cleanup_expired_content_task(job: CleanupExpiredContent, run: Run) -> dict[str, Any]:
    """Remove what is over its time; answer with how much of what."""
    cleaned = services.clean_up(check=run.check_cancelled, progress=run.progress, dry_run=job.dry_run)
    word = "would be removed" if job.dry_run else "removed"
    return {
        "success": True,
        "message": f"{cleaned.total} {word}." if cleaned.total else "Nothing is over its time.",
        "dry_run": job.dry_run,
        "removed": cleaned.removed,
    }
