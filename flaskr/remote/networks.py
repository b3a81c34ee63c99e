"""Which addresses of the internet are public.

An explicit list: `ipaddress.is_private` lets 100.64.0.0/10 through and `is_global` 2002::/16 and
64:ff9b::/96, and what they say changes from version to version.
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)

from flaskr.config import ConfigurationError

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# The registries: www.iana.org/assignments/iana-ipv4-special-registry, …-ipv6-special-registry.
FORBIDDEN: tuple[IPNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a provider's customers; some clouds' metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform, from within its machines
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        # All but 2000::/3, which alone is given out: loopback, IPv4-mapped and -compatible, NAT64
        # (64:ff9b::/96, 64:ff9b:1::/48), discard, segment routing, unique local, link-local, …
        "::/3",
        "4000::/2",
        "8000::/1",
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID, …
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def read_networks(texts: Iterable[str]) -> tuple[IPNetwork, ...]:
    """Read `FETCH_NETWORKS`. Raises ConfigurationError for what is no network."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise ConfigurationError(f"TUCHUANG_FETCH_NETWORKS: {error}") from error


def is_forbidden(address: IPAddress, allowed: Iterable[IPNetwork] = ()) -> bool:
    """Tell whether nothing may be fetched from the address; from `allowed` networks it may."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return True
    if any(address in network for network in allowed):
        return False
    return any(address in network for network in FORBIDDEN)
