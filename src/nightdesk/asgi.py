"""The web application: `uvicorn nightdesk.asgi:application`."""

from django.core.asgi import get_asgi_application

from nightdesk.config.startup import start

start(role="web")
application = get_asgi_application()
