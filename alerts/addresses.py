"""Which addresses may be called: webhooks and feeds must not reach into the house. Pure; nothing is resolved here.

The caller resolves a host once, asks `AddressPolicy.check_address` about each answer, and connects to exactly that one.
"""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import idna

from alerts.errors import AddressRefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LONGEST_URL = 2048

#: IPv4 that is not the open internet's (IANA special-purpose registry), the cloud metadata addresses among it.
_REFUSED_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
        ),
    )
)

#: IPv6 is open only within 2000::/3, and not in these. Teredo, 6to4 and NAT64 carry an IPv4 address: refused whole,
#: since no receiver is reached by them alone.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)

_NUMERIC_LABEL = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)\Z")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")


class Refusal(StrEnum):
    """Why a URL or address may not be called."""

    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    SCHEME = "scheme"
    NOT_HTTPS = "not_https"
    CREDENTIALS = "credentials"
    HOST = "host"
    PORT = "port"
    NOT_PUBLIC = "not_public"


class Target(NamedTuple):
    """A URL that may be called, taken apart.

    Attributes
    ----------
    url
        With the host in its ASCII form, without fragment.
    host, port
        What to resolve and connect to; `host` without brackets.
    address
        The host, where it is an address already.
    """

    url: str
    scheme: str
    host: str
    port: int
    address: Address | None


def is_public(address: str | Address) -> bool:
    """Whether an address is one of the open internet's.

    Anything that cannot be read as an address is not.

    Examples
    --------
    >>> is_public("113.160.0.1"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("fd00:ec2::254")
    (True, False, False, False)
    """
    found = _parsed(address)
    if found is None:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _REFUSED_V4)
    if found.scope_id is not None:
        return False
    return found in _GLOBAL_V6 and not any(found in network for network in _REFUSED_V6)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be called.

    Parameters
    ----------
    allow
        Networks that may be called though they are not public.
    allow_private
        Every address may be called: for a test machine.
    https_only
        Refuse plain ``http``.
    ports
        Lowest and highest port beside 80 and 443.
    """

    allow: tuple[Network, ...] = ()
    allow_private: bool = False
    https_only: bool = False
    ports: tuple[int, int] = (1024, 65535)

    def may_call(self, address: str | Address) -> bool:
        """Whether this address may be connected to."""
        found = _parsed(address)
        if found is None:
            return False
        inner = _embedded(found)
        return (
            self.allow_private
            or is_public(found)
            or any(
                one.version == network.version and one in network for one in (found, inner) for network in self.allow
            )
        )

    def check_address(self, address: str | Address) -> None:
        """Raise `AddressRefusedError` unless `may_call`."""
        if not self.may_call(address):
            raise AddressRefusedError(
                Refusal.NOT_PUBLIC,
                f"{address} is not a public address; allow its network in the settings if it is meant",
            )

    def check_url(self, url: str) -> Target:
        """Take a URL apart, if it may be called as far as can be told without resolving its host.

        Raises
        ------
        AddressRefusedError
            With the reason (`Refusal`) and a sentence that does not repeat credentials.

        Examples
        --------
        >>> AddressPolicy().check_url("https://nhận.example.vn/hook").url
        'https://xn--nhn-6hz.example.vn/hook'
        >>> AddressPolicy().check_url("http://2130706433/")
        Traceback (most recent call last):
        alerts.errors.AddressRefusedError: 127.0.0.1 is not a public address; allow its network in the settings ...
        """
        parts = _split(url)
        scheme = self._scheme(parts)
        if parts.username is not None or parts.password is not None:
            raise AddressRefusedError(Refusal.CREDENTIALS, "a URL must not carry a user name or password")
        host, address = _host(parts)
        port = self._port(parts, scheme)
        if address is not None:
            self.check_address(address)
        shown = f"[{host}]" if ":" in host else host
        usual = port == (443 if scheme == "https" else 80)
        clean = parts._replace(scheme=scheme, netloc=shown if usual else f"{shown}:{port}", fragment="")
        return Target(clean.geturl(), scheme, host, port, address)

    def _scheme(self, parts: SplitResult) -> str:
        scheme = parts.scheme.lower()
        if scheme not in {"http", "https"}:
            raise AddressRefusedError(Refusal.SCHEME, f"only http and https may be called, not {scheme[:20]!r}")
        if self.https_only and scheme != "https":
            raise AddressRefusedError(
                Refusal.NOT_HTTPS, "only https may be called; allow http in the settings if meant"
            )
        return scheme

    def _port(self, parts: SplitResult, scheme: str) -> int:
        try:
            port = parts.port
        except ValueError as error:
            raise AddressRefusedError(Refusal.PORT, "the port is not a number from 1 to 65535") from error
        if port is None:
            return 443 if scheme == "https" else 80
        lowest, highest = self.ports
        if port not in {80, 443} and not lowest <= port <= highest:
            raise AddressRefusedError(Refusal.PORT, f"port {port} may not be called: 80, 443 or {lowest}-{highest}")
        return port


def where(url: str) -> str:
    """What of an address may be shown to everyone: scheme, host and port, since path and query are often a secret.

    Examples
    --------
    >>> where("https://chat.example.vn:8443/hooks/k7Zq?key=1")
    'https://chat.example.vn:8443/…'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    rest = "/…" if parts.path.strip("/") or parts.query else parts.path
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{rest}"


def _split(url: str) -> SplitResult:
    """Take apart what every client reads alike: spaces, controls and backslashes are where they differ."""
    if len(url) > _LONGEST_URL:
        raise AddressRefusedError(Refusal.TOO_LONG, f"a URL may have at most {_LONGEST_URL} characters")
    if any(sign <= " " or sign in "\x7f\\" for sign in url) or not url.isprintable():
        raise AddressRefusedError(Refusal.CHARACTERS, "a URL must not hold spaces, control characters or backslashes")
    try:
        return urlsplit(url)
    except ValueError as error:
        raise AddressRefusedError(Refusal.HOST, "the URL has no host that can be read") from error


def _host(parts: SplitResult) -> tuple[str, Address | None]:
    """The host in its one ASCII form, and as an address if it is one in any spelling a resolver would take."""
    refused = AddressRefusedError(Refusal.HOST, "the URL has no host that can be called")
    raw = parts.hostname or ""
    if "%" in raw or not raw:
        raise refused
    if "[" in parts.netloc or ":" in raw:
        try:
            address = ipaddress.IPv6Address(raw)
        except ValueError as error:
            raise refused from error
        return str(address), address
    try:
        ascii_host = idna.encode(raw, uts46=True).decode() if not raw.isascii() else raw
    except (idna.IDNAError, UnicodeError) as error:
        raise refused from error
    host = ascii_host.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMERIC_LABEL.match(labels[-1]):
        number = _numeric(labels)
        if number is None:
            raise refused
        return str(number), number
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise refused
    return host, None


def _numeric(labels: list[str]) -> ipaddress.IPv4Address | None:
    """An IPv4 address as resolvers read it: 1 to 4 parts, each decimal, octal (0…) or hexadecimal (0x…)."""
    if not 1 <= len(labels) <= 4:
        return None
    values = []
    for label in labels:
        if not _NUMERIC_LABEL.match(label) or len(label) > 20:
            return None
        try:
            values.append(int(label[2:] or "0", 16) if label[:2] in {"0x", "0X"} else int(label, _base(label)))
        except ValueError:
            return None
    *leading, last = values
    if any(value > 255 for value in leading) or last >= 256 ** (4 - len(leading)):
        return None
    return ipaddress.IPv4Address(last + sum(value << (24 - 8 * place) for place, value in enumerate(leading)))


def _base(label: str) -> int:
    return 8 if len(label) > 1 and label.startswith("0") else 10


def _parsed(address: str | Address) -> Address | None:
    if not isinstance(address, str):
        return address
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _embedded(address: Address) -> Address:
    """The IPv4 address that a mapped IPv6 one means, so that an allowed network is allowed in both spellings."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
