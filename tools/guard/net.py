"""The one way to the web: every request of every tool goes through a `Network`.

Public addresses only, checked where the socket is opened and again at each redirect; bounded in
bytes, seconds and redirects; polite to hosts; and it keeps a record of what was contacted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from urllib.parse import urljoin

import httpcore
import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.address import AllowedHost, Target, parse_url, refuse_port
from nomoat.tools.guard.body import read_body
from nomoat.tools.guard.bounds import Deadline, TooBig
from nomoat.tools.guard.dial import Dialer, Resolver, Transport, resolve
from nomoat.tools.guard.manners import MAX_WAIT, ROBOT, Manners, retry_after

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 502, 503, 504})
_TRIES = 3
_TIMEOUTS = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 5.0}
_ROBOTS_BYTES = 512_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may cost, redirects, retries and waiting included."""

    max_bytes: int = 5_000_000
    """Of the page, on the wire and again after decompression."""
    seconds: float = 30.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Contact:
    """A connection that was opened, for the receipt of a run."""

    host: str
    address: str
    """The IP address; empty where a library opened the connection itself."""
    bytes_sent: int
    bytes_received: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a host answered."""

    url: str
    """Where it was found in the end, after redirects."""
    status: int
    media_type: str
    """Lower case, without parameters; empty where the host did not say."""
    charset: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text: by the charset it declares, or the one it looks like."""
        if self.charset:
            try:
                return self.body.decode(self.charset, errors="replace")
            except LookupError:
                pass
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            from charset_normalizer import from_bytes

            best = from_bytes(self.body[:100_000]).best()
            return self.body.decode(best.encoding if best else "latin-1", errors="replace")


class _Transient(Failed):
    """A read that may work a moment later."""

    def __init__(self, message: str, *, hint: str = "", wait: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait


NO_PAGE = "There is no page at this address"
_ELSEWHERE = "Try another page or another source."


@dataclass(slots=True)
class Network:
    """Fetches from the web for one run.

    `allow_hosts` opens private hosts, each as `HOST` (ports 80 and 443) or `HOST:PORT`.
    Environment proxies are ignored: they would resolve names where nothing is checked.
    """

    allow_hosts: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)
    resolver: Resolver = resolve
    manners: Manners = field(default_factory=Manners)
    sleep: Callable[[float], None] = time.sleep
    contacts: list[Contact] = field(default_factory=list)
    """Every connection of this run, in order."""
    _allowed: tuple[AllowedHost, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._allowed = tuple(AllowedHost.parse(text) for text in self.allow_hosts)

    def opened_for(self, url: str) -> Network:
        """This network, with the host of an address that the person configured opened too."""
        target = parse_url(url)
        host = f"[{target.host}]" if ":" in target.host else target.host
        return replace(self, allow_hosts=[*self.allow_hosts, f"{host}:{target.port}"])

    def get(self, url: str, *, accept: str = "*/*", robots: bool = True) -> Fetched:
        """Read an address. `robots=False` is for services that the person configured.

        Raises:
            Retry: the address is malformed, or there is nothing at it.
            Failed: it may not be read, or cannot be now.
        """
        deadline = Deadline(self.limits.seconds)
        target = parse_url(url)
        for _ in range(self.limits.redirects + 1):
            self._check(target, deadline, robots)
            response, fetched = self._retried(target, accept, deadline, self.limits.max_bytes)
            location = response.get("location", "")
            if fetched.status not in _REDIRECTS or not location:
                _refuse_status(fetched, target)
                return fetched
            target = _next(target, location)
        raise Failed(f"{target.host} redirects without end.", hint=_ELSEWHERE)

    def _check(self, target: Target, deadline: Deadline, robots: bool) -> None:
        if not self._opened(target):
            refuse_port(target)
        if robots and not self.manners.knows(target):
            self.manners.learn(target, *self._robots(target, deadline))
        if robots:
            self.manners.check(target)

    def _opened(self, target: Target) -> bool:
        return any(allowed.opens(target) for allowed in self._allowed)

    def _robots(self, target: Target, deadline: Deadline) -> tuple[int, str]:
        """Status and text of the host's robots.txt, found over redirects as pages are."""
        at = parse_url(f"{target.origin}/robots.txt")
        for _ in range(self.limits.redirects + 1):
            if not self._opened(at):
                refuse_port(at)
            try:
                headers, fetched = self._retried(at, "text/plain", deadline, _ROBOTS_BYTES)
            except _Transient as error:
                if isinstance(error.__cause__, httpcore.NetworkError | httpcore.TimeoutException):
                    raise
                return 503, ""
            except TooBig:
                return 503, ""
            if fetched.status not in _REDIRECTS:
                return fetched.status, fetched.text
            at = _next(at, headers.get("location", "/"))
        return 404, ""

    def _retried(
        self, target: Target, accept: str, deadline: Deadline, max_bytes: int
    ) -> tuple[Mapping[str, str], Fetched]:
        """One answer, asked for again where that may help."""
        retrying = Retrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop_after_attempt(_TRIES) | stop_before_delay(deadline.left()),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(self._once, target, accept, deadline, max_bytes)

    def _once(
        self, target: Target, accept: str, deadline: Deadline, max_bytes: int
    ) -> tuple[Mapping[str, str], Fetched]:
        pause = self.manners.pause(target)
        if pause:
            self.sleep(deadline.left(pause))
        dialer = Dialer(
            target,
            self.resolver,
            deadline,
            private_allowed=self._opened(target),
            max_bytes=max_bytes + 200_000,  # headers, and what TLS adds
        )
        transport = Transport(dialer)
        try:
            response = transport.handle_request(_request(target, accept))
            try:
                return response.headers, _fetched(response, target, max_bytes)
            finally:
                response.close()
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise _unreachable(target, error) from error
        finally:
            transport.close()
            self.contacts += [
                Contact(tally.host, tally.address, tally.sent, tally.received)
                for tally in dialer.tallies
            ]


def _request(target: Target, accept: str) -> httpx.Request:
    headers = {
        "User-Agent": f"{ROBOT}/{metadata.version('nomoat')} (an agent on a person's own machine)",
        "Accept": accept,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    return httpx.Request("GET", target.url, headers=headers, extensions={"timeout": _TIMEOUTS})


def _fetched(response: httpx.Response, target: Target, max_bytes: int) -> Fetched:
    if response.status_code in _BUSY:
        wait = retry_after(response.headers.get("retry-after", ""))
        if wait > MAX_WAIT:
            raise Failed(f"{target.host} asks to wait {wait:.0f} seconds.", hint=_ELSEWHERE)
        raise _Transient(
            f"{target.host} is too busy to answer ({response.status_code}).",
            hint=_ELSEWHERE,
            wait=wait,
        )
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(
        target.url,
        response.status_code,
        media_type,
        response.charset_encoding or "",
        read_body(response, max_bytes),
    )


def _unreachable(target: Target, error: Exception) -> ToolError:
    if isinstance(error, httpcore.ConnectError) and "CERTIFICATE" in str(error).upper():
        return Failed(f"{target.host} has no valid certificate.", hint=_ELSEWHERE)
    if isinstance(error, httpcore.UnsupportedProtocol | httpcore.LocalProtocolError):
        return Failed(f"{target.host} cannot be asked for this.", hint=_ELSEWHERE)
    if isinstance(error, httpcore.TimeoutException):
        return _Transient(f"{target.host} did not answer in time.", hint=_ELSEWHERE)
    return _Transient(
        f"{target.host} cannot be reached.", hint="Check the address, or try another source."
    )


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Transient) else 0.0
    return max(asked, wait_random_exponential(multiplier=0.5, max=3.0)(state))


def _next(target: Target, location: str) -> Target:
    try:
        return parse_url(urljoin(target.url, location))
    except (Retry, ValueError):
        raise Failed(
            f"{target.host} redirects to an address that is not opened.", hint=_ELSEWHERE
        ) from None


def _refuse_status(fetched: Fetched, target: Target) -> None:
    status = fetched.status
    if status in (404, 410):
        raise Retry(
            f"{NO_PAGE} ({status}).",
            hint="Check the address, or follow a link or a search result.",
        )
    if status in (401, 402, 403, 407, 451):
        raise Failed(f"{target.host} does not let this page be read ({status}).", hint=_ELSEWHERE)
    if status >= 300 or status < 200:
        raise Failed(f"{target.host} answered with an error ({status}).", hint=_ELSEWHERE)
