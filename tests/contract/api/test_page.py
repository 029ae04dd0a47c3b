"""The API's page in a browser, under the policy that all pages have."""

import pytest
from playwright.sync_api import Page

from nightdesk.config.api import api
from tests.support.nightdesk import MakeInstallation


@pytest.mark.browser
def test_page_lists_every_operation_under_the_strict_policy(make_installation: MakeInstallation, page: Page) -> None:
    web = make_installation().web().wait_ready()
    document = api.get_openapi_schema(path_prefix="/api/")
    operations = sum(len(methods) for methods in document["paths"].values())

    answer = page.goto(f"{web.url}/api/docs")
    page.locator(".opblock").first.wait_for()

    assert answer is not None
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert page.locator(".opblock").count() == operations
