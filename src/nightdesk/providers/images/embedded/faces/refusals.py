"""What is said where a picture has no face, or more than one that could be meant: always of which picture."""

from nightdesk.providers.images.errors import Unsuitable


def refuse_no_face(field: str) -> Unsuitable:
    """Say that there is no face; `field` is the task's: image gives the face, target_image receives it."""
    return Unsuitable(f"No face was found in {_name(field)}. Use one in which a face looks at the camera.", field=field)


def refuse_several_faces(count: int, field: str) -> Unsuitable:
    """Say that `count` faces are one too many; `field` as above."""
    return Unsuitable(
        f"{count} faces were found in {_name(field)}, and it is not clear which one is meant. Crop it to one of them.",
        field=field,
    )


def _name(field: str) -> str:
    return "the picture that receives the face" if field == "target_image" else "the picture that gives the face"
