"""Orders for the journal, as the desk would freeze them."""

from typing import Any

from django.utils import timezone

from nightdesk.providers.publishing.protocol import Connection, Content, Order, Published
from nightdesk.publishing.models import PlatformAccount, Post, PublishedPost, PublishRound
from nightdesk.publishing.services.journal import Journal
from tests.support.works import Desk

CONNECTION = Connection(account_id=1, credentials={})
