"""A brief to begin with: somebody who has just arrived can send it as it is."""

from typing import Any

from django.utils.translation import gettext as _

from nightdesk.providers.text.channels import CHANNELS


def sample_brief() -> dict[str, Any]:
    """Return the fields of a campaign, filled."""
    return {
        "name": _("Quiet mornings: autumn launch"),
        "brief": _(
            "Fernweh Kettle is a small electric kettle for one or two cups. Boils in 90 seconds. Holds the temperature "
            "you choose for 30 minutes. Quieter than a running tap. Spare parts for ten years.\n\n"
            "Save 15 % this month. Order yours at https://fernweh.example/kettle."
        ),
        "product": _("Fernweh Kettle"),
        "audience": _("people who work from home and care about how things are made"),
        "tone": _("friendly"),
        "channels": list(CHANNELS),
    }
