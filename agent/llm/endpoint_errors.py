"""What goes wrong with a model behind a server, in words: what happened, and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nomoat.agent.errors import EndpointError
from nomoat.agent.llm.endpoint_address import EXAMPLE, KEY
from nomoat.agent.printable import clean, short

if TYPE_CHECKING:
    import httpx

DETAIL_CHARS = 300
"""Characters of what a server says that are repeated."""
SOMEWHERE = "the model's server"
RETRIED = frozenset({429, 502, 503, 504})
"""Answers of a server that is busy, or still loading its model."""

_HINTS = {
    400: "Its window may be too small for the run, or it takes no JSON schema (response_format).",
    401: f"Set the variable {KEY} to a key that it takes.",
    403: f"Set the variable {KEY} to a key that may use this model.",
    404: f"{EXAMPLE} Name a model that it has with --model.",
    413: "Its window is too small for the run: take a model with a larger one.",
    429: "It is asked too much at once, or a quota is used up: try later.",
}
_LATER = "Its own log says why."
_REACH = "Start the server, or mend the address."
_NUMBER = re.compile(r"^\[Errno -?\d+\] ")


def endpoint_error(error: BaseException, where: str = "") -> EndpointError | None:
    """An error of a model elsewhere as one of nomoat's; None where it is of another kind.

    Libraries raise their own errors in the place of those of the connection: what is behind an
    error counts as well. `where` is the address, if it is known.
    """
    import httpx

    for one in _behind(error):
        status = _status(one)
        if status:
            return refusal(status, _body(one), where or _where(one))
        if isinstance(one, httpx.HTTPError | httpx.StreamError | httpx.InvalidURL):
            return _broken(one, where or _where(one))
        if isinstance(one, ConnectionError | TimeoutError):
            return EndpointError(f"{_named(where)} cannot be reached: {_said(one)}.", hint=_REACH)
        if isinstance(one, json.JSONDecodeError):
            return not_spoken(where, "it sent what is no JSON")
    return None


def refusal(status: int, body: str, where: str = "") -> EndpointError:
    """A server answered with an error."""
    detail = clean(short(_detail(body), DETAIL_CHARS))
    said = f" {status}: {detail}" if detail else f" {status}"
    hint = _HINTS.get(status) or (EXAMPLE if status < 500 else _LATER)
    return EndpointError(f"{_named(where)} answered{said}.".replace("..", "."), hint=hint)


def not_spoken(where: str, why: str) -> EndpointError:
    """A server answers otherwise than OpenAI's protocol says."""
    return EndpointError(
        f"{_named(where)} does not speak OpenAI's protocol: {why}.",
        hint=f"{EXAMPLE} llama-server, vLLM and Ollama serve it there.",
    )


def _broken(error: Exception, where: str) -> EndpointError:
    import httpx

    named = _named(where)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return EndpointError(
            f"Nothing answers at {where or SOMEWHERE}: {_said(error)}.", hint=_REACH
        )
    if isinstance(error, httpx.TimeoutException):
        return EndpointError(f"{named} said nothing for too long.", hint=_LATER)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return EndpointError(f"{named} is no address: {_said(error)}.", hint=EXAMPLE)
    if isinstance(error, httpx.DecodingError):
        return not_spoken(where, _said(error))
    return EndpointError(
        f"The connection to {where or SOMEWHERE} broke: {_said(error)}.", hint=_LATER
    )


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it came from."""
    seen: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in seen:
        yield one
        seen.append(one)
        one = one.__cause__ or one.__context__


def _status(error: BaseException) -> int:
    """The status that a server answered with; 0 where the error is none of a server's."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int) and status >= 300:
            return status
    return 0


def _body(error: BaseException) -> str:
    response: Any = getattr(error, "response", None)
    try:
        return str(response.text) if response is not None else str(error)
    except Exception:  # noqa: BLE001 - a body that was not read, whatever library says so
        return str(error)


def _where(error: BaseException) -> str:
    """The server of a request that failed."""
    try:
        request: httpx.Request = error.request  # type: ignore[attr-defined]
        return f"{request.url.scheme}://{request.url.netloc.decode()}"
    except (AttributeError, RuntimeError):  # httpx raises where no request is known
        return ""


def _named(where: str) -> str:
    named = where or SOMEWHERE
    return named[:1].upper() + named[1:] if not where else f"The endpoint {named}"


def _said(error: BaseException) -> str:
    said = _NUMBER.sub("", " ".join(str(error).split())).rstrip(".")
    return clean(short(said, DETAIL_CHARS)) or type(error).__name__


def _detail(body: str) -> str:
    """What a server says of an error: the message in its JSON, else the text as it is."""
    try:
        found = json.loads(body)
    except ValueError:
        return " ".join(body.split())
    inner = found.get("error", found) if isinstance(found, dict) else found
    if isinstance(inner, dict):
        inner = inner.get("message") or inner.get("detail") or json.dumps(inner)
    return " ".join(str(inner).split())
