"""What is wrong with a picture, as opposed to with a provider. None of these is mended by trying again."""

from nightdesk.core.errors import Permanent, Unprocessable


class Unsuitable(Unprocessable):
    """The picture cannot be used for this operation: no face, a mask of another size. `field` names the task's field."""

    code = "unsuitable_picture"

    def __init__(self, public_message: str, *, field: str) -> None:
        """Say what is wrong and what to do; `field` is image, target_image, mask or a parameter."""
        super().__init__(public_message, details={field: [public_message]})


class Rejected(Unsuitable):
    """The file is no picture that we take: wrong type, too large, broken."""

    code = "rejected_picture"


class NotKept(Permanent):
    """What a provider kept for its job went when the job ended, and now somebody runs the job again."""

    code = "draft_gone"
    public_message = "The picture that was bought for this went when the job ended. Run it again to buy a new one; that costs as much."
