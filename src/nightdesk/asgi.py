"""The web application: `uvicorn nightdesk.asgi:application`."""

from nightdesk.config.startup import start

start(role="web")

from nightdesk.httpkit.body_limit import BodyLimit  # noqa: E402 (Django has to be set up first)
from nightdesk.web import pauses  # noqa: E402
from nightdesk.web.threads import LendingHandler  # noqa: E402

application = BodyLimit(LendingHandler())
pauses.shorten()
