"""No way of writing a private address passes for a public one."""

import threading

import pytest

from nightdesk.providers.fetching.addresses import BlockedAddress, UnknownHost, is_public, look_up, resolve_public

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::1111%1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700:4700::1111", "2a00:1450:4001::1"]
#: The resolver takes each of these for 127.0.0.1, 0.0.0.0 or 169.254.169.254.
NOTATIONS = [
    "127.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0",
    "0x0",
    "2852039166",
    "0xa9.0xfe.0xa9.0xfe",
    "0:0:0:0:0:ffff:7f00:1",
    "localhost",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "example.org", "8.8.8", "8.8.8.8:80", "08.8.8.8", "８.8.8.8", "8.8.8.8\n"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("host", NOTATIONS)
def test_notation_of_a_private_address_is_blocked(host: str) -> None:
    assert look_up(host, 80)
    with pytest.raises(BlockedAddress):
        resolve_public(host, 80)


@pytest.mark.parametrize("host", ["", "a b", "a\0b", "a\nb", "x" * 254, "é" * 70 + ".org"])
def test_host_that_is_no_name_is_refused(host: str) -> None:
    with pytest.raises((BlockedAddress, UnknownHost)):
        resolve_public(host, 80)


def test_one_private_address_among_public_ones_blocks_the_name() -> None:
    with pytest.raises(BlockedAddress):
        resolve_public("two.example", 443, lookup=lambda _host, _port: ["8.8.8.8", "10.0.0.1"])


def test_addresses_of_a_public_name_keep_their_order() -> None:
    addresses = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"]

    assert resolve_public("dns.example", 443, lookup=lambda _host, _port: addresses) == addresses


def test_name_of_another_script_is_looked_up_as_ascii() -> None:
    asked = []

    def remember(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["8.8.8.8"]

    resolve_public("bücher.example", 443, lookup=remember)

    assert asked == [("xn--bcher-kva.example", 443)]


def test_name_without_address_is_unknown() -> None:
    with pytest.raises(UnknownHost, match="There is no address for nobody"):
        resolve_public("nobody.example", 80, lookup=lambda _host, _port: [])


def test_silent_resolver_is_left_behind() -> None:
    let_go = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        let_go.wait(30)
        return ["8.8.8.8"]

    try:
        with pytest.raises(UnknownHost, match="within 0 s"):
            resolve_public("slow.example", 80, timeout_s=0.05, lookup=hang)
    finally:
        let_go.set()
