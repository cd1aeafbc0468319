"""Whose request it is, behind proxies that can be trusted and others."""

from ipaddress import ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tillroll.dialects.addresses import Address, address_of, client_address

TRUSTED = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("::1"), ip_network("2001:db8:1::/48")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("::1", ["192.0.2.1"], "192.0.2.1"),
        ("::ffff:127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.1.2.3", ["192.0.2.1"], "192.0.2.1"),
        ("2001:db8:1::5", ["2001:DB8:2:0::7"], "2001:db8:2::7"),
        # What a client sends itself stands left of what the proxy adds.
        ("127.0.0.1", ["1.1.1.1, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["1.1.1.1", "192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["nonsense, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["1.1.1.1, 192.0.2.1, 10.0.0.9"], "192.0.2.1"),
        ("127.0.0.1", ["1.1.1.1,192.0.2.1", "10.0.0.9,\t10.0.0.8"], "192.0.2.1"),
        # A client within the trusted networks.
        ("127.0.0.1", ["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        # Ports, brackets, and IPv4 that is written as IPv6.
        ("127.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
        ("127.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["fe80::1%eth0"], "fe80::1"),
        # Nothing to believe, or nobody who is believed.
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["", " , "], "127.0.0.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1:port"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1:65536"], "127.0.0.1"),
        ("127.0.0.1", ["[192.0.2.1]"], "127.0.0.1"),
        ("127.0.0.1", ["[2001:db8::1"], "127.0.0.1"),
        ("127.0.0.1", ["[2001:db8::1]x"], "127.0.0.1"),
        ("192.0.2.9", ["1.1.1.1"], "192.0.2.9"),
        ("", ["1.1.1.1"], ""),
    ],
)
def test_the_client_is_who_the_last_trusted_proxy_heard_from(peer: str, forwarded: list[str], client: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == client


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert client_address("127.0.0.1", ["192.0.2.1"], []) == "127.0.0.1"


@given(claimed=st.text(max_size=60), client=st.ip_addresses(network="198.18.0.0/15") | st.ip_addresses(v=6))
def test_nothing_that_a_client_claims_makes_it_another(claimed: str, client: Address) -> None:
    assume(address_of(str(client)) not in TRUSTED[0])
    alone = client_address("127.0.0.1", [str(client)], TRUSTED[:1])
    assert client_address("127.0.0.1", [f"{claimed}, {client}"], TRUSTED[:1]) == alone
    assert client_address("127.0.0.1", [claimed, str(client)], TRUSTED[:1]) == alone


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    address_of(text)
