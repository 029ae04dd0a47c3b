"""A person's share of requests for mail: the pages use up the same as the API."""

from django.conf import settings
from django.http import HttpRequest

from nightdesk.httpkit import throttles
from nightdesk.web.access import actor_on


def count_mail(request: HttpRequest) -> None:
    """Use up one request of the share; not inside a transaction.

    Raises:
        TooManyRequests: it is used up; says when the next request will be served.
    """
    throttles.spend(f"mail:{actor_on(request).key}", settings.MAIL_RATE)
