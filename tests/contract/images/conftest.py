"""Vendors for this floor, each on a port of its own."""

from collections.abc import Iterator

import pytest

from tests.support.image_vendors import ComfyUIServer, OpenAIServer, ReplicateServer


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    """Give a server that speaks OpenAI's image API."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def replicate() -> Iterator[ReplicateServer]:
    """Give Replicate."""
    with ReplicateServer() as server:
        yield server


@pytest.fixture
def comfyui() -> Iterator[ComfyUIServer]:
    """Give a ComfyUI."""
    with ComfyUIServer() as server:
        yield server
