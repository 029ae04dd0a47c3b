"""People who do the same at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from nightdesk.publishing import services
from nightdesk.publishing.errors import PostChanged
from nightdesk.publishing.models import PlatformAccount, PostRevision

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 4


def at_once(call: object) -> list[object]:
    """Call something in several threads at the same moment; return what each of them got."""
    barrier = Barrier(AT_ONCE)

    def run(number: int) -> object:
        barrier.wait(timeout=20)
        try:
            return call(number)  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def test_one_of_those_who_save_at_once_is_kept_and_the_others_are_told() -> None:
    post = services.create_post(author_id=None, fields={"title": "First"})

    def save(number: int) -> str:
        changes = {"title": f"By {number}"}
        try:
            return services.save_post(post_id=post.pk, base_revision=1, changes=changes, author_id=None).title
        except PostChanged:
            return ""

    kept = [title for title in at_once(save) if title]

    post.refresh_from_db()
    assert (kept, post.revision) == ([post.title], 2)
    assert PostRevision.objects.count() == 2


def test_journal_is_made_once_whoever_asks_first() -> None:
    found = at_once(lambda _: services.journal_account().pk)

    assert found == [PlatformAccount.objects.get().pk] * AT_ONCE
