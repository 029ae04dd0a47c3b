"""Face swaps: whether they are allowed here, and what people confirm before one."""

from typing import Final
from uuid import UUID

from django.utils import timezone

from nightdesk.engine.sql import writing
from nightdesk.images.models import FaceSwapConsent, ImageSettings

#: What somebody who asks for a face swap confirms. It is stored word for word: a change counts for later swaps only.
CONSENT_STATEMENT: Final = (
    "Everybody whose face is used here has agreed to it, and nobody will take the result for a real photograph."
)
_ONLY_ROW: Final = 1


def face_swap_allowed() -> bool:
    """Whether an administrator has turned face swaps on; they are off until then."""
    return ImageSettings.objects.filter(pk=_ONLY_ROW, face_swap_allowed=True).exists()


def find_image_settings() -> ImageSettings:
    """Return what an administrator decided; a row that is not stored while everything stands as it came."""
    return ImageSettings.objects.filter(pk=_ONLY_ROW).first() or ImageSettings(pk=_ONLY_ROW, changed_by=None)


def allow_face_swap(*, allowed: bool, user_id: int) -> ImageSettings:
    """Turn face swaps on or off; who may do so is the caller's to check. Jobs that were accepted before still run."""
    decided = {"face_swap_allowed": allowed, "changed_by_id": user_id, "changed_at": timezone.now()}
    with writing():
        row, _ = ImageSettings.objects.update_or_create(pk=_ONLY_ROW, defaults=decided)
    return row


def note_consent(*, job_id: UUID, user_id: int | None) -> FaceSwapConsent:
    """Store that somebody confirmed `CONSENT_STATEMENT` for this job; joins the transaction that accepts the job."""
    return FaceSwapConsent.objects.create(job_id=job_id, user_id=user_id, statement=CONSENT_STATEMENT)


def ensure_consent(*, job_id: UUID, user_id: int | None) -> None:
    """Store the consent of a job that was asked for in Python, where no order was checked. Safe to repeat."""
    FaceSwapConsent.objects.get_or_create(job_id=job_id, defaults={"user_id": user_id, "statement": CONSENT_STATEMENT})
