"""What may be fetched: how addresses are read, and which networks are public."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskr.config import ConfigurationError
from flaskr.errors import DomainError, ForbiddenAddressError, InvalidAddressError
from flaskr.remote import is_forbidden, parse_address, read_networks
from flaskr.remote.networks import FORBIDDEN
from flaskr.remote.resolving import AT_ONCE, Resolver

# ---- networks -------------------------------------------------------------------------------

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "193.0.0.1",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
]
SPECIAL = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.192",
    "192.88.99.1",
    "192.168.0.1",
    "198.19.0.1",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%1",
    "2606:4700::1%1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_may_be_reached(text):
    assert not is_forbidden(ip_address(text))


@pytest.mark.parametrize("text", SPECIAL)
def test_all_others_may_not(text):
    assert is_forbidden(ip_address(text))


within_forbidden = st.sampled_from(FORBIDDEN).flatmap(lambda n: st.ip_addresses(network=n))


@given(within_forbidden | st.ip_addresses())
def test_what_python_knows_as_not_global_is_forbidden(address):
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert is_forbidden(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_disguise_is_forbidden(address):
    number = int(address)
    for disguise in (
        IPv6Address(number),
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address(int(IPv6Address("2002::")) | number << 80),
        IPv6Address(int(IPv6Address("2001::")) | ~number & 0xFFFFFFFF),
    ):
        assert is_forbidden(disguise)


@given(st.ip_addresses(network="10.20.0.0/16"), st.ip_addresses(network="10.21.0.0/16"))
def test_a_network_may_be_allowed_and_no_other_is(inside, outside):
    allowed = read_networks(["10.20.0.0/16", "fd00::/8"])
    assert not is_forbidden(inside, allowed)
    assert is_forbidden(outside, allowed)
    assert is_forbidden(IPv6Address(f"::ffff:{inside}"), allowed)


@pytest.mark.parametrize("text", ["everything", "10.0.0.1/8", "10.0.0.0/33", "localhost"])
def test_what_is_no_network_stops_the_start(make_app, text):
    with pytest.raises(ConfigurationError, match="FETCH_NETWORKS"):
        make_app(FETCH_NETWORKS=[text])


def test_networks_come_from_the_environment(make_app, monkeypatch):
    monkeypatch.setenv("TUCHUANG_FETCH_NETWORKS", "10.20.0.0/16, fd00::/8")
    networks = make_app().extensions["tuchuang.fetcher"]._allowed
    assert networks == (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))


# ---- addresses ------------------------------------------------------------------------------

READ = {
    "https://example.org": "https://example.org/",
    "HTTP://Example.ORG:80/A.png?x=1#part": "http://example.org/A.png?x=1",
    " https://example.org/a b.png \n": "https://example.org/a%20b.png",
    "https://example.org:8443/图.png": "https://example.org:8443/%E5%9B%BE.png",
    "https://图.example/a%20b?c=d%26&e=%": "https://xn--wcs.example/a%20b?c=d%26&e=%",
    "http://[2606:4700::1111]:8080/": "http://[2606:4700::1111]:8080/",
    "http://[2606:4700:0:0::1111]/": "http://[2606:4700::1111]/",
    "http://127.1/": "http://127.1/",
    "http://１２７.０.０.１/": "http://127.0.0.1/",
    "https://a_b.example./x": "https://a_b.example./x",
}


@pytest.mark.parametrize(("text", "read"), READ.items())
def test_an_address_is_read_and_written_anew(text, read):
    assert str(parse_address(text)) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org/a.png",
        "//example.org/a.png",
        "ftp://example.org/a.png",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http://",
        "http:///a.png",
        "http:a.png",
        "http://user@example.org/",
        "http://user:password@example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org:x/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://exa%6dple.org/",
        "http://example..org/",
        "http://.example.org/",
        "http://[::1/",
        "http://[v1.x]/",
        "http://[127.0.0.1]/",
        "http://example.org/a\r\nHost: other/",
        "http://example.org/a\0b",
        "http://" + "a" * 64 + ".org/",
        "http://" + "a." * 127 + "org/",
        "http://example.org/" + "a" * 2048,
    ],
)
def test_what_is_no_address_of_the_web_is_refused(text):
    with pytest.raises(InvalidAddressError):
        parse_address(text)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 81, 143, 445, 1023])
def test_ports_of_other_services_are_refused(port):
    with pytest.raises(ForbiddenAddressError):
        parse_address(f"http://example.org:{port}/")


pieces = st.lists(
    st.sampled_from(["http", "https", "://", "/", "?", "#", "@", ":", "[", "]", "::1", "127.1"])
    | st.sampled_from(["\\", "%", "..", "example.org", "80", "8080", "。", "\t", " ", "&", "é"])
    | st.text(max_size=4)
)


@given(pieces.map("".join) | pieces.map(lambda parts: "http://" + "".join(parts)))
def test_any_text_is_an_address_or_is_refused(text):
    try:
        address = parse_address(text)
    except DomainError:
        return
    assert parse_address(str(address)) == address
    for part in (address.host, address.path, address.authority):
        assert part.isascii()
        assert part.isprintable()
        assert " " not in part
    assert "@" not in address.authority
    assert address.path.startswith("/")
    assert address.name


@given(pieces.map("".join))
def test_a_redirect_leads_to_an_address_or_is_refused(location):
    try:
        target = parse_address("http://example.org/a/b.png").join(location)
    except DomainError:
        return
    assert target.scheme in {"http", "https"}
    assert parse_address(str(target)) == target


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("c.png", "http://example.org/a/c.png"),
        ("/c.png?d", "http://example.org/c.png?d"),
        ("//other.org/c.png", "http://other.org/c.png"),
        ("https://other.org", "https://other.org/"),
    ],
)
def test_a_redirect_may_be_relative(location, target):
    assert str(parse_address("http://example.org/a/b.png").join(location)) == target


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("http://example.org/a/dog.png?size=1", "dog.png"),
        ("http://example.org/%E5%9B%BE.png", "图.png"),
        ("http://example.org/a/", "a"),
        ("http://example.org", "example.org"),
        ("http://example.org/%20", "example.org"),
    ],
)
def test_a_file_is_named_after_its_address(text, name):
    assert parse_address(text).name == name


# ---- names of hosts -------------------------------------------------------------------------


def test_a_look_up_that_takes_too_long_is_left_behind():
    from threading import Event

    end = Event()

    def stuck(_host: str, _port: int):
        end.wait(30)
        return []

    resolver = Resolver(stuck)
    for _ in range(AT_ONCE + 2):
        with pytest.raises(TimeoutError):
            resolver.resolve("example.org", 80, 0.01)
    end.set()
    assert resolver.resolve("example.org", 80, 10) == []


def test_an_error_of_the_look_up_is_an_error_of_the_network():
    def fail(_host: str, _port: int):
        raise UnicodeError("label too long")

    with pytest.raises(OSError, match="label"):
        Resolver(fail).resolve("example.org", 80, 10)


def test_a_thread_that_cannot_be_started_keeps_no_seat(monkeypatch):
    from threading import Thread

    def refuse(_thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    resolver = Resolver(lambda _host, _port: [])
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refuse)
        for _ in range(AT_ONCE + 1):
            with pytest.raises(OSError, match="new thread"):
                resolver.resolve("example.org", 80, 0.01)
    assert resolver.resolve("example.org", 80, 10) == []


def test_whatever_a_look_up_raises_is_told():
    def fail(_host: str, _port: int):
        raise ValueError("odd")

    with pytest.raises(OSError, match="odd"):
        Resolver(fail).resolve("example.org", 80, 10)


def test_literals_are_found_without_asking_anybody():
    ((_, place),) = Resolver().resolve("127.0.0.1", 80, 10)
    assert IPv4Address(place[0]) == IPv4Address("127.0.0.1")
