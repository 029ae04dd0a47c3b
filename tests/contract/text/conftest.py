"""Servers of models for this floor: an honest one that is scripted, the real llama.cpp, and one that breaks it."""

from collections.abc import Iterator

import pytest

from tests.contract.text.honest import write_honestly
from tests.support.llama import Llama
from tests.support.text_proxy import TextProxy
from tests.support.text_server import TextServer

#: The only secret that a test hands to a server: it must appear nowhere else.
KEY = "nd-test-4f1d8c27b95e60a3d7f2"


@pytest.fixture(scope="session")
def honest_server() -> Iterator[TextServer]:
    """Give a server whose model keeps to everything that it is asked for."""
    with TextServer(write_honestly) as server:
        yield server


@pytest.fixture(scope="session")
def llama() -> Iterator[Llama]:
    """Give a real llama.cpp server that asks for a key."""
    with Llama(key=KEY) as server:
        yield server


@pytest.fixture(scope="session")
def shared_proxy(llama: Llama) -> Iterator[TextProxy]:
    """Give the fault proxy in front of it; take `proxy`."""
    with TextProxy(llama.url) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared_proxy: TextProxy) -> TextProxy:
    """Give the fault proxy without any plan."""
    shared_proxy.plan()
    return shared_proxy
