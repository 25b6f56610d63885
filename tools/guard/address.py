"""Which addresses a tool may reach: one parse of a URL, one rule for an IP address.

Everything that reads a host (policy, robots, the socket) uses the `Target` made here, so no two
parsers can disagree about it. What is odd is refused, not interpreted.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

import httpx

from nomoat.memory.errors import UsageError
from nomoat.tools.errors import Failed, Retry

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 4096
DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_USE_WEB = "Give the full address of a public web page, such as https://example.org/page."

BAD_PORTS = frozenset(
    {
        # the list browsers refuse (WHATWG Fetch, "bad port"): other protocols that a request
        # could be made to speak
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101),
        *(102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389),
        *(427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636),
        *(989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566),
        *(6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
        # databases, queues and remote control
        *(445, 1433, 1521, 2181, 2375, 2376, 2379, 3306, 3389, 4444, 5432, 5672, 5900, 5984, 6379),
        *(6443, 8086, 9042, 9092, 9200, 9300, 10250, 11211, 27017),
    }
)

# What `is_global` of some Python versions still takes for public.
_NOT_PUBLIC = [
    ipaddress.ip_network(text)
    for text in (
        *("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10", "168.63.129.16/32"),
        *("2001::/23", "2001:db8::/32", "3fff::/20"),
    )
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the public internet, also through every form it hides in.

    IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo, ISATAP) is judged by what is inside.
    """
    inner = _inside(address)
    if inner:
        return all(is_public(each) for each in inner)
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special


def _inside(address: IPAddress) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for; mostly none."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    isatap = address in _UNICAST and (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE
    inner = [last] if isatap or address in _NAT64 else list(address.teredo or ())
    return inner + [each for each in (address.ipv4_mapped, address.sixtofour) if each]


@dataclass(frozen=True, slots=True)
class Target:
    """A web address that was parsed once and is used as parsed."""

    url: str
    """Normalised, without fragment."""
    scheme: str
    host: str
    """Lower case, in ASCII (IDNA); an IPv6 address without brackets."""
    port: int
    literal: IPAddress | None
    """The address, where the host is one."""

    @property
    def origin(self) -> str:
        """Scheme, host and port: what robots.txt and politeness count by."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_url(text: str) -> Target:
    """Parse a web address strictly.

    Raises:
        Retry: it is not one, or it is written in a way that programs read differently.
    """
    text = text.strip(" ")
    if not text or len(text) > MAX_URL:
        raise Retry("This is not a web address.", hint=_USE_WEB)
    if any(ord(c) <= 32 or 0x7F <= ord(c) <= 0xA0 or c in "\\\u2028\u2029" for c in text):
        raise Retry("The address contains spaces or control characters.", hint=_USE_WEB)
    try:
        url = httpx.URL(text)
        host = url.raw_host.decode("ascii")
        userinfo = url.userinfo
        port = url.port
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Retry(f"The address {text[:80]!r} is malformed.", hint=_USE_WEB) from None
    if url.scheme not in DEFAULT_PORTS:
        raise Retry("Only http and https addresses can be opened.", hint=_USE_WEB)
    if userinfo or "@" in _authority(text):
        raise Retry("Addresses with a user name or password are not opened.", hint=_USE_WEB)
    host, literal = _host(host)
    port = DEFAULT_PORTS[url.scheme] if port is None else port
    if not 0 < port < 65536:
        raise Retry(f"{port} is not a port.", hint=_USE_WEB)
    clean = url.copy_with(host=host, fragment=None)
    return Target(str(clean), url.scheme, host, port, literal)


def _authority(text: str) -> str:
    return re.split(r"[/?#]", text.partition("//")[2], maxsplit=1)[0]


def _host(host: str) -> tuple[str, IPAddress | None]:
    if ":" in host:
        address = ipaddress.IPv6Address(host) if "%" not in host else None
        if address is None:
            raise Retry("Addresses with a zone are not opened.", hint=_USE_WEB)
        return str(address), address
    host = host.removesuffix(".").lower()
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Retry(f"The host {host[:80]!r} is not a valid name.", hint=_USE_WEB)
    if not _NUMBER.fullmatch(labels[-1]):
        return host, None
    try:
        return host, ipaddress.IPv4Address(host)
    except ValueError:
        raise Retry(
            f"The host {host[:80]!r} is a number written in an unusual way.", hint=_USE_WEB
        ) from None


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """One `HOST[:PORT]` that a person opened; without a port the web's own two are meant."""

    host: str
    ports: tuple[int, ...] = (80, 443)

    @classmethod
    def parse(cls, text: str) -> AllowedHost:
        """Of `localhost:8080`, `nas.local`, `192.168.1.4`, `[::1]:8080`.

        Raises:
            UsageError: it is none of these.
        """
        parts = re.fullmatch(r"(\[[^\]@/?#]+\]|[^:@/?#\[\]]+)(?::([0-9]{1,5}))?", text)
        try:
            target = parse_url(f"http://{text}") if parts else None
        except Retry:
            target = None
        if parts is None or target is None:
            raise UsageError(
                f"{text!r} is not a host to allow.", hint="Write HOST or HOST:PORT, nothing else."
            )
        return cls(target.host, (target.port,) if parts[2] else (80, 443))

    def opens(self, target: Target) -> bool:
        """Whether the target is exactly this host and port."""
        return target.host == self.host and target.port in self.ports


def refuse_port(target: Target) -> None:
    """Refuse ports of other protocols.

    Raises:
        Failed: the port is one of them.
    """
    if target.port in BAD_PORTS:
        raise Failed(f"Port {target.port} is not a web port and is not opened.", hint=_USE_WEB)
