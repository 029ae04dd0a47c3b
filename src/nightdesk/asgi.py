"""The web application: `uvicorn nightdesk.asgi:application`."""

from nightdesk.config.startup import start

start(role="web")

from nightdesk.web.threads import LendingHandler  # noqa: E402 (Django has to be set up first)

application = LendingHandler()
