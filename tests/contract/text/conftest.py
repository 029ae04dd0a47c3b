"""Servers of models for this floor: an honest one that is scripted, the real llama.cpp, and one that breaks it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from nightdesk.providers.text.options import TextOptions
from tests.contract.text.asking import KEY, Serve
from tests.contract.text.honest import write_honestly
from tests.support.llama import Llama
from tests.support.text_proxy import TextProxy
from tests.support.text_server import Answers, TextServer


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


@pytest.fixture
def options(proxy: TextProxy, llama: Llama) -> TextOptions:
    """Give the settings that lead through the proxy."""
    return TextOptions(url=proxy.url, key=KEY, model=llama.model)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that answer with the given texts in turn; all are closed with the test."""
    with ExitStack() as stack:

        def start(*texts: Any) -> TextServer:
            return stack.enter_context(TextServer(Answers(list(texts))))

        yield start
