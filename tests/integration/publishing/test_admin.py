"""The admin's pages of posts and accounts: to look at, and without what opens an account."""

import pytest
from django.test import Client

from nightdesk.accounts.models import Role
from nightdesk.accounts.services import create_user
from nightdesk.engine.testing import drain
from nightdesk.publishing import services
from nightdesk.publishing.models import PlatformAccount
from tests.support.platforms.wordpress import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(create_user(email="root@example.org", role=Role.ADMINISTRATOR))
    return client


def test_account_is_shown_without_what_opens_it_and_nothing_can_be_changed(
    admin: Client, account: PlatformAccount
) -> None:
    drain()
    account.refresh_from_db()
    address = "/admin/publishing/platformaccount/"

    pages = [admin.get(address), admin.get(f"{address}{account.pk}/change/")]

    assert [page.status_code for page in pages] == [200, 200]
    for page in pages:
        assert (account.handle in page.content.decode(), account.sealed in page.content.decode()) == (True, False)
        assert PASSWORD not in page.content.decode()
    assert [admin.get(f"{address}{path}").status_code for path in ("add/", f"{account.pk}/delete/")] == [403, 403]


def test_post_is_shown_with_its_revisions(admin: Client) -> None:
    post = services.create_post(author_id=None, fields={"title": "Quiet mornings"})

    pages = [admin.get(f"/admin/publishing/post/{path}") for path in ("", f"{post.pk}/change/")]

    assert [(page.status_code, "Quiet mornings" in page.content.decode()) for page in pages] == [(200, True)] * 2
    assert admin.get("/admin/publishing/publishedpost/").status_code == 200
