"""Where a request comes from, whatever it claims."""

import ipaddress

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from nightdesk.httpkit.addresses import client_address, share_of


def address_of(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.fixture(autouse=True)
def proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ()


@pytest.fixture
def trusted(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("127.0.0.1"))


@pytest.mark.parametrize("forwarded", [None, "203.0.113.9", "10.0.0.1, 203.0.113.9", "nonsense", ","])
def test_header_counts_for_nothing_without_a_trusted_proxy(forwarded: str | None) -> None:
    assert address_of("198.51.100.7", forwarded) == "198.51.100.7"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (None, "10.0.0.1"),
        ("203.0.113.9", "203.0.113.9"),
        ("192.0.2.1, 203.0.113.9", "203.0.113.9"),
        ("192.0.2.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.3", "10.0.0.3"),
    ],
)
def test_right_most_untrusted_hop_counts_behind_a_trusted_proxy(
    trusted: None, forwarded: str | None, address: str
) -> None:
    assert address_of("10.0.0.1", forwarded) == address


def test_made_up_hops_change_nothing_behind_a_trusted_proxy(trusted: None) -> None:
    claims = [f"192.0.2.{number}, 203.0.113.9" for number in range(5)]

    assert {address_of("10.0.0.1", claim) for claim in claims} == {"203.0.113.9"}


@pytest.mark.parametrize("claim", ["203.0.113.9", "203.0.113.9:80", "192.0.2.1, 203.0.113.9", "::ffff:203.0.113.9"])
def test_peer_that_the_server_took_from_the_header_is_this_machine(claim: str) -> None:
    assert address_of("203.0.113.9", claim) == "127.0.0.1"


def test_peer_that_the_server_took_from_the_header_counts_behind_a_trusted_proxy(trusted: None) -> None:
    assert address_of("203.0.113.9", "192.0.2.1, 203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("peer", ["", "unix:", "testserver"])
def test_peer_without_an_address_is_this_machine(peer: str) -> None:
    assert address_of(peer) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "share"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
    ],
)
def test_network_of_a_household_has_one_share(address: str, share: str) -> None:
    assert share_of(address) == share
