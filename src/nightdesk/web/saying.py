"""What a page says after something was done: as a toast where scripts run, at the top of the next page where not."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse


def say(request: HttpRequest, response: HttpResponse, text: str) -> HttpResponse:
    """Let the person know that this was done."""
    if request.headers.get("HX-Request"):
        response.headers["HX-Trigger"] = json.dumps({"nightdesk:said": {"text": text}})
    else:
        messages.success(request, text)
    return response
