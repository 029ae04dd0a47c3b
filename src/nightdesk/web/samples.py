"""A brief to begin with: somebody who has just arrived can send it as it is."""

from typing import Any

from django.utils.translation import gettext as _

from nightdesk.providers.text.channels import CHANNELS


def sample_brief() -> dict[str, Any]:
    """Return the fields of a campaign, filled."""
    return {
        "name": _("Quiet mornings: autumn launch"),
        "brief": _(
            "Fernweh Kettle is a small electric kettle for one or two cups. It boils in 90 seconds, keeps the water at "
            "the temperature you set for 30 minutes, and makes less noise than a running tap. It is made of steel that "
            "can be repaired: every part can be ordered for ten years.\n\n"
            "We launch on 1 October with 15 % off until the end of the month. People should order at fernweh.example."
        ),
        "product": _("Fernweh Kettle"),
        "audience": _("People who live alone or as a couple, work from home and care about how things are made"),
        "tone": _("friendly"),
        "channels": list(CHANNELS),
    }
