"""Who does the jobs of pictures."""

from nightdesk.images.tasks.uploads import process_uploaded_image, sweep_files_task

__all__ = ["process_uploaded_image", "sweep_files_task"]
