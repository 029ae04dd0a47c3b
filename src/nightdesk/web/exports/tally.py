"""How many rows a form asks for, counted while somebody is typing."""

from dataclasses import dataclass

from nightdesk.core.errors import NightdeskError
from nightdesk.exports import services
from nightdesk.exports.errors import CountTakesLong
from nightdesk.httpkit.actors import Actor
from nightdesk.web.exports.form import ExportForm


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of rows; or why it is not known, or what has to be mended first."""

    rows: int | None = None
    note: str = ""
    complaints: tuple[str, ...] = ()


def count_rows(form: ExportForm, actor: Actor) -> Tally:
    """Count the rows that a form asks for, unless that takes too long."""
    try:
        order = services.check_order(**form.order(), user_id=actor.user_id, is_operator=actor.operator)
        return Tally(services.count_rows(order=order))
    except CountTakesLong as refusal:
        return Tally(note=refusal.public_message)
    except NightdeskError as refusal:
        said = [one for several in refusal.details.values() for one in several]
        return Tally(complaints=tuple(said or [refusal.public_message]))
