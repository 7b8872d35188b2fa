"""Which addresses may be called."""

import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.addresses import AddressPolicy, Refusal, is_public
from alerts.errors import AddressRefusedError

HOUSE = [
    *("127.0.0.1", "127.255.255.254", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255", "100.100.100.200"),
    *("168.63.129.16", "192.0.0.192", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1"),
    *("fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "100::1"),
    *("5f00::1", "2001:10::1", "2001:20::1"),
]
WORLD = ["113.160.0.1", "8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:4700::1", "2402:800::1"]

LOOPBACK_SPELLINGS = [
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f.0.0.1",
        "0x7F000001",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
    ),
    *("0177.1", "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "０x7f.1"),
    *("①②⑦.0.0.1", "127。0。0。1", "0", "0x", "[::]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
]


@pytest.mark.parametrize("address", HOUSE)
def test_addresses_of_the_house_are_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(AddressRefusedError) as refused:
        AddressPolicy().check_address(address)
    assert refused.value.reason == Refusal.NOT_PUBLIC


@pytest.mark.parametrize("address", WORLD)
def test_addresses_of_the_world_are_public(address: str) -> None:
    assert is_public(address)
    AddressPolicy().check_address(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1:80", "1.2.3.4/32", "01.2.3.4", "::1::"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)
    assert not AddressPolicy(allow_private=True).may_call(text)


@given(st.ip_addresses())
def test_public_never_exceeds_what_the_standard_library_calls_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global
        assert not any((address.is_private, address.is_multicast, address.is_loopback, address.is_link_local))


@given(st.ip_addresses(v=4))
def test_no_ipv6_wrapping_makes_an_address_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for wrapped in (0xFFFF << 32 | number, number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert not is_public(ipaddress.IPv6Address(wrapped))


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_no_spelling_of_a_house_address_passes(host: str) -> None:
    with pytest.raises(AddressRefusedError) as refused:
        AddressPolicy().check_url(f"http://{host}/hook")
    assert refused.value.reason in {Refusal.NOT_PUBLIC, Refusal.HOST}


@given(st.ip_addresses(v=4), st.sampled_from(["{}", "0x{:x}", "0{:o}"]), st.integers(1, 4))
def test_every_spelling_of_an_ipv4_address_is_read_as_it(address: ipaddress.IPv4Address, form: str, parts: int) -> None:
    octets = address.packed
    values = [*octets[: parts - 1], int.from_bytes(octets[parts - 1 :], "big")]
    host = ".".join(form.format(value) for value in values)
    target = AddressPolicy(allow_private=True).check_url(f"http://{host}/")
    assert target.address == address
    assert target.host == str(address)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://a.example.vn/", Refusal.SCHEME),
        ("file:///etc/passwd", Refusal.SCHEME),
        ("javascript:alert(1)", Refusal.SCHEME),
        ("//a.example.vn/", Refusal.SCHEME),
        ("", Refusal.SCHEME),
        ("http://", Refusal.HOST),
        ("http:///path", Refusal.HOST),
        ("http://user:hunter2@a.example.vn/", Refusal.CREDENTIALS),
        ("http://user@127.0.0.1/", Refusal.CREDENTIALS),
        ("http://@a.example.vn/", Refusal.CREDENTIALS),
        ("http://a.example.vn\\@127.0.0.1/", Refusal.CHARACTERS),
        ("http://a.example.vn /", Refusal.CHARACTERS),
        ("http://a.example.vn/\r\nHost: x", Refusal.CHARACTERS),
        ("http://a.example.vn/\u202e", Refusal.CHARACTERS),
        ("http://a.example.vn:0/", Refusal.PORT),
        ("http://a.example.vn:22/", Refusal.PORT),
        ("http://a.example.vn:65536/", Refusal.PORT),
        ("http://a.example.vn:x/", Refusal.PORT),
        ("http://a.example.vn:-1/", Refusal.PORT),
        ("http://[::1/", Refusal.HOST),
        ("http://[fe80::1%25eth0]/", Refusal.HOST),
        ("http://a%2eexample.vn/", Refusal.HOST),
        ("http://a..example.vn/", Refusal.HOST),
        ("http://-a.example.vn/", Refusal.HOST),
        ("http://256.1.1.1/", Refusal.HOST),
        ("http://1.2.3.4.5/", Refusal.HOST),
        ("http://1.2.3.099/", Refusal.HOST),
        (f"http://{'a' * 64}.vn/", Refusal.HOST),
        ("http://a.example.vn/" + "a" * 2048, Refusal.TOO_LONG),
        ("http://\u2100.example.vn/", Refusal.HOST),
        ("http://a.example.vn/\ud800", Refusal.CHARACTERS),
    ],
)
def test_urls_that_may_not_be_called_say_why(url: str, reason: Refusal) -> None:
    with pytest.raises(AddressRefusedError) as refused:
        AddressPolicy().check_url(url)
    assert refused.value.reason == reason
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("HTTPS://A.Example.VN:443/Hook?x=1#part", "https://a.example.vn/Hook?x=1"),
        ("http://a.example.vn:8080", "http://a.example.vn:8080"),
        ("http://a.example.vn.:80/", "http://a.example.vn/"),
        ("http://[2606:4700::1]:8443/x", "http://[2606:4700::1]:8443/x"),
        ("https://công-báo.example.vn/", "https://xn--cng-bo-tta1m.example.vn/"),
        ("http://a_b.example.vn/", "http://a_b.example.vn/"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
    ],
)
def test_urls_that_may_be_called_get_their_plain_form(url: str, clean: str) -> None:
    target = AddressPolicy().check_url(url)
    assert target.url == clean
    assert AddressPolicy().check_url(target.url) == target


def test_https_only_refuses_http() -> None:
    with pytest.raises(AddressRefusedError) as refused:
        AddressPolicy(https_only=True).check_url("http://a.example.vn/")
    assert refused.value.reason == Refusal.NOT_HTTPS
    assert AddressPolicy(https_only=True).check_url("https://a.example.vn/").port == 443


def test_an_allowed_network_is_allowed_in_both_spellings_and_nothing_else() -> None:
    policy = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8")))
    assert policy.may_call("127.0.0.1")
    assert policy.may_call("::ffff:127.0.0.1")
    assert policy.may_call("fd12::1")
    assert not policy.may_call("10.0.0.1")
    assert not policy.may_call("::ffff:10.0.0.1")
    assert not policy.may_call("::1")
    assert policy.check_url("http://127.0.0.1:9999/").port == 9999


def test_allow_private_allows_every_address() -> None:
    policy = AddressPolicy(allow_private=True)
    assert all(policy.may_call(address) for address in HOUSE)


def test_a_host_to_be_resolved_has_no_address_yet() -> None:
    target = AddressPolicy().check_url("http://localhost:8080/hook")
    assert (target.host, target.port, target.address) == ("localhost", 8080, None)


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for url in (text, f"http://{text}/", f"http://a.example.vn:{text}/"):
        with suppress(AddressRefusedError):
            assert AddressPolicy().check_url(url).url.isprintable()
