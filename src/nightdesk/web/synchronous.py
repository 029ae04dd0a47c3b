"""Django's own middleware, told to stay synchronous.

Between asynchronous neighbours each of them would hop to the request's thread and back by itself; all of them in a row
hop once. Our views and the ORM below them are synchronous anyway.
"""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django_htmx.middleware import HtmxMiddleware


class Sessions(SessionMiddleware):
    """Django's, synchronous."""

    async_capable = False


class Common(CommonMiddleware):
    """Django's, synchronous."""

    async_capable = False


class Csrf(CsrfViewMiddleware):
    """Django's, synchronous."""

    async_capable = False


class Authentication(AuthenticationMiddleware):
    """Django's, synchronous."""

    async_capable = False


class Messages(MessageMiddleware):
    """Django's, synchronous."""

    async_capable = False


class XFrameOptions(XFrameOptionsMiddleware):
    """Django's, synchronous."""

    async_capable = False


class Htmx(HtmxMiddleware):
    """django-htmx's, synchronous."""

    async_capable = False
