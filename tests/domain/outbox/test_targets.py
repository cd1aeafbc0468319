"""Where messages may go."""

import pytest

from tillroll.domain.outbox.targets import Target, is_public, refused_addresses, target_of

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    *("10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("255.255.255.255", "224.0.0.1", "198.18.0.1", "240.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1"),
    *("ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:a00:1::", "64:ff9b::a00:1", "64:ff9b:1::a9fe:a9fe"),
    *("2001:0:a00:1::", "", "localhost", "1.2.3", "0x7f.1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_one(address: str) -> None:
    assert is_public(address)
    assert refused_addresses([address], private_allowed=False) == []


@pytest.mark.parametrize("address", PRIVATE, ids=lambda address: address or "nothing")
def test_an_address_that_is_or_carries_another_one_is_none(address: str) -> None:
    assert not is_public(address)
    assert refused_addresses(["8.8.8.8", address], private_allowed=False) == [address]
    assert refused_addresses([address], private_allowed=True) == []


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.example", Target("https", "a.example", 443, "/")),
        ("https://A.example:8443/x?y=1", Target("https", "a.example", 8443, "/x?y=1")),
        ("https://[2606:4700::1111]/", Target("https", "2606:4700::1111", 443, "/")),
    ],
)
def test_a_url_is_a_target(url: str, target: Target) -> None:
    assert target_of(url, private_allowed=False) == target


def test_the_host_is_named_with_its_port_where_that_is_another_one() -> None:
    names = [("https", "a", 443), ("https", "a", 80), ("http", "a", 80), ("http", "::1", 8080)]
    assert [Target(scheme, host, port, "/").authority for scheme, host, port in names] == [
        *("a", "a:80", "a", "[::1]:8080"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        *("", "a.example", "ftp://a.example", "http://a.example", "https://", "https:///x", "https://a.example:0"),
        *(
            "https://a.example:99999",
            "https://a.example:x",
            "https://[::1",
            "https://u:p@a.example",
            "https://u@a.example",
        ),
        *("https://a.example/#x", "https://a.example/ x", "https://ä.example", "https://a.example\\@b.example"),
        *("https://a.example/\n", "javascript:alert(1)", f"https://a.example/{'x' * 2_000}"),
    ],
    ids=lambda url: ascii(url)[:40],
)
def test_what_is_no_url_of_a_receiver_is_told_why(url: str) -> None:
    problem = target_of(url, private_allowed=False)
    assert isinstance(problem, str)
    assert problem.startswith("url ")


def test_without_tls_only_where_private_networks_are_allowed() -> None:
    assert target_of("http://a.example", private_allowed=True) == Target("http", "a.example", 80, "/")
    assert isinstance(target_of("ftp://a.example", private_allowed=True), str)
