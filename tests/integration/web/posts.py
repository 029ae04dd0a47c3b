"""Posts, accounts and what is sent, for tests of the pages that show them."""

from django.test import Client

from nightdesk.accounts.models import User
from nightdesk.publishing import services
from nightdesk.publishing.models import PlatformAccount, Post, PublishRound

CONTENT = {"title": "Tea for two", "body": "A **small** kettle.", "excerpt": "Small.", "tags": "tea, kettle"}


def make_post(member: User, title: str = "Tea for two", body: str = "A **small** kettle.") -> Post:
    return services.create_post(author_id=member.pk, fields={"title": title, "body": body})


def connect(name: str = "Ops", **fields: object) -> PlatformAccount:
    """Connect an account on a platform that needs no server to be rendered for."""
    account = services.connect_account(
        platform="mastodon",
        name=name,
        credentials={"server": "https://social.example", "access_token": "made-up-token"},
        user_id=None,
    )
    PlatformAccount.objects.filter(pk=account.pk).update(**{"health": "ok", **fields})
    account.refresh_from_db()
    return account


def read(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, post: Post, *accounts: int, **more: str) -> PublishRound:
    """Publish a post by the form."""
    asked = {"account": [str(one) for one in accounts], "version": str(post.revision), "when": "now", **more}
    answer = client.post(f"/posts/{post.pk}/publish/", asked)
    assert (answer.status_code, answer.headers.get("Location")) == (302, f"/posts/{post.pk}/history/")
    return PublishRound.objects.latest("pk")
