"""How a connection is opened: the host is resolved once, every address is checked, and the
checked address is the one connected to.

Checking a name first and letting a library fetch it afterwards resolves twice; a name server that
answers differently the second time (rebinding) then wins. Here the socket is opened by address,
while TLS and the Host header keep the name. Proxies are not used, also where the environment
names one: a proxy resolves names itself, out of reach of the check.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from nomoat.tools.errors import Failed
from nomoat.tools.guard.address import IPAddress, Target, is_public
from nomoat.tools.guard.bounds import Deadline, too_big

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port → IP addresses as text. Raises OSError where there are none."""

_TRIES = 4
"""Addresses of one host that are tried before giving up."""


def resolve(host: str, port: int) -> list[str]:
    """The system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(slots=True)
class Tally:
    """What one connection carried, in bytes on the wire (inside TLS)."""

    host: str
    port: int
    address: str
    sent: int = 0
    received: int = 0


class _Stream(httpcore.NetworkStream):
    """A connection that counts bytes and obeys the deadline at every step."""

    def __init__(
        self, inner: httpcore.NetworkStream, tally: Tally, deadline: Deadline, max_bytes: int
    ) -> None:
        self._inner, self._tally, self._deadline, self._max = inner, tally, deadline, max_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._deadline.left(timeout))
        self._tally.received += len(data)
        if self._tally.received > self._max:
            raise too_big(self._max)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))
        self._tally.sent += len(buffer)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return _Stream(inner, self._tally, self._deadline, self._max)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Dialer(httpcore.NetworkBackend):
    """Opens checked connections for one fetch and tallies them."""

    def __init__(
        self,
        target: Target,
        resolver: Resolver,
        deadline: Deadline,
        *,
        private_allowed: bool,
        max_bytes: int,
    ) -> None:
        self._target, self._resolver, self._deadline = target, resolver, deadline
        self._private_allowed, self._max_bytes = private_allowed, max_bytes
        self._sockets = httpcore.SyncBackend()
        self.tallies: list[Tally] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if (host, port) != (self._target.host, self._target.port):
            raise Failed(f"A connection to {host!r} was not asked for.")
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._checked()[:_TRIES]:
            try:
                inner = self._sockets.connect_tcp(
                    str(address), port, self._deadline.left(timeout), None, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            tally = Tally(host, port, str(address))
            self.tallies.append(tally)
            return _Stream(inner, tally, self._deadline, self._max_bytes)
        raise failure or httpcore.ConnectError("no address")

    def sleep(self, seconds: float) -> None:
        time.sleep(self._deadline.left(seconds))

    def _checked(self) -> list[IPAddress]:
        """The addresses of the host: all of them may be reached, or none is."""
        literal = self._target.literal
        addresses = self._resolved() if literal is None else [literal]
        private = [address for address in addresses if not is_public(address)]
        if private and not self._private_allowed:
            raise not_public(self._target, private[0])
        return addresses

    def _resolved(self) -> list[IPAddress]:
        """Resolve in a thread: the system's resolver has no time limit of its own."""
        found: list[str] = []
        failure: list[OSError] = []

        def ask() -> None:
            try:
                found.extend(self._resolver(self._target.host, self._target.port))
            except (OSError, UnicodeError) as error:
                failure.append(error if isinstance(error, OSError) else OSError(str(error)))

        thread = threading.Thread(target=ask, name="nomoat-resolve", daemon=True)
        thread.start()
        thread.join(self._deadline.left(10.0))
        if thread.is_alive():
            raise httpcore.ConnectTimeout(f"{self._target.host} was not resolved in time")
        if failure or not found:
            raise httpcore.ConnectError(f"{self._target.host} has no address")
        # a zone ("fe80::1%eth0") only stands on link-local addresses, which are not public
        return [ipaddress.ip_address(text.partition("%")[0]) for text in found]


def not_public(target: Target, address: IPAddress) -> Failed:
    shown = target.host if target.literal else f"{target.host} ({address})"
    return Failed(
        f"{shown} is not on the public internet and is not opened.",
        hint=f"The person can open it for this run with --allow-host {target.host}:{target.port}.",
    )


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


class Transport(httpx.BaseTransport):
    """httpx over a `Dialer`. Errors of httpcore pass through unchanged."""

    def __init__(self, dialer: Dialer) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(), network_backend=dialer, max_keepalive_connections=0
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._pool.close()


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Certificates as httpx checks them, and those this machine trusts (a company's own)."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
