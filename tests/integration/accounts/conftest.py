"""Accounts: passwords are hashed cheaply, since what is tested is not the hash."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
