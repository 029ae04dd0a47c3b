"""The studio from outside: campaigns asked for over HTTP with a token, and what became of them."""

import http.client
import json
import time
from dataclasses import dataclass

from nightdesk.providers.text.channels import CHANNELS
from tests.support.nightdesk import Installation, Web

_MAKE_TOKEN = """
from nightdesk.accounts.services import create_token, ensure_owner
print(create_token(user_id=ensure_owner()[0].pk, name="faults")[1])
"""
_ASK = """
from nightdesk.campaigns.services import create_campaign
from nightdesk.providers.text.channels import CHANNELS
brief = "A lamp that dims itself at dusk."
print(create_campaign(name="Lamp", brief=brief, channels=list(CHANNELS), created_by_id=None).task_id)
"""
_STATUS = "SELECT ai_processing_status FROM campaigns_campaign WHERE id = %s"


@dataclass
class Answer:
    """What the web process answered, and after how many seconds."""

    status: int
    body: dict[str, object]
    after_s: float


class Studio:
    """A client of one web process."""

    def __init__(self, nightdesk: Installation, web: Web) -> None:
        self._nightdesk, self._web = nightdesk, web
        self._token = nightdesk.run_script(_MAKE_TOKEN).strip().splitlines()[-1]

    def create_campaign(self, name: str) -> Answer:
        """Ask for a campaign on all channels.

        Raises:
            http.client.HTTPException, OSError: the web process went away instead of answering.
        """
        body = {
            "name": name,
            "brief": "A lamp that dims itself at dusk, for people who read.",
            "channels": list(CHANNELS),
        }
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self._web.port, timeout=30)
        began = time.monotonic()
        try:
            connection.request("POST", "/api/campaigns/", json.dumps(body), headers)
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read()), time.monotonic() - began)
        finally:
            connection.close()

    def status(self, campaign_id: object) -> str:
        """Read how far the writing of a campaign is."""
        return str(self._nightdesk.sql(_STATUS, [campaign_id])[0][0])


def ask_for_campaign(nightdesk: Installation) -> str:
    """Ask for a campaign on all channels without any web process; return its job's id."""
    return nightdesk.run_script(_ASK).strip()
