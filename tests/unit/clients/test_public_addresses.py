"""Which addresses are of the internet: an address inside has many spellings."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.public_addresses import is_public

INSIDE = ["127.0.0.1", "10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]  # noqa: S104
# The ways to write an IPv4 address as one of IPv6: mapped, compatible, translated, NAT64, NAT64 of one network, 6to4.
PREFIXES = {
    "mapped": 0xFFFF << 32,
    "compatible": 0,
    "translated": 0xFFFF << 48,
    "nat64": 0x64FF9B << 96,
    "nat64-of-a-network": (0x64FF9B << 96) | (1 << 80),
}


def carrying(address: str) -> list[str]:
    number = int(IPv4Address(address))
    return [
        *(str(IPv6Address(prefix | number)) for prefix in PREFIXES.values()),
        str(IPv6Address((0x2002 << 112) | (number << 80))),
    ]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_recognized_in_every_spelling(address: str) -> None:
    assert not is_public(address)
    for spelling in carrying(address):
        assert not is_public(spelling), spelling


@pytest.mark.parametrize(
    "address", ["::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "ff0e::1", "224.0.0.1", "2001:db8::1", "::"]
)
def test_an_address_that_no_server_of_the_internet_has_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4).filter(lambda address: not address.is_global))
def test_no_private_address_becomes_public_by_its_spelling(address: IPv4Address) -> None:
    assert not any(map(is_public, carrying(str(address))))
