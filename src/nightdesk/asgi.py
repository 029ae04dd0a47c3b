"""The web application: `uvicorn nightdesk.asgi:application`."""

from nightdesk.config.startup import start

start(role="web")

from nightdesk.web import pauses  # noqa: E402 (Django has to be set up first)
from nightdesk.web.threads import LendingHandler  # noqa: E402

application = LendingHandler()
pauses.shorten()
