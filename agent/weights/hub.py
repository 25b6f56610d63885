"""Models from the Hugging Face Hub, or a mirror of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from nomoat.agent.weights.catalogue import HubSource, ModelFile
from nomoat.agent.weights.sources import Report, SourceFailed, size, writable

if TYPE_CHECKING:
    import httpx

ADDRESS = "https://huggingface.co"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Hub:
    """The Hub, or a mirror of it; `HF_ENDPOINT` names another address."""

    url: str = ""
    connect_seconds: float = 5.0
    """How long a machine without a way to the Hub waits before the next source is tried."""
    attempts: int = 4
    label: str = "the Hugging Face Hub"

    def offers(self, file: ModelFile) -> bool:
        return file.hub is not None

    def fetch(self, file: ModelFile, part: Path, report: Report) -> str:
        import httpx

        if file.hub is None:
            raise SourceFailed("it does not have this file")
        address = self._address(file.hub)
        for attempt in range(1, self.attempts + 1):
            before = size(part)
            try:
                return self._stream(address, file, part, report)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise SourceFailed("no connection") from error
            except (httpx.TransportError, httpx.TooManyRedirects) as error:
                # a line that broke in the middle is worth another try, a dead one is not
                if attempt == self.attempts or size(part) == before:
                    raise SourceFailed(f"the connection broke ({error})") from error
            except httpx.InvalidURL as error:
                raise SourceFailed(f"{self.url} is not an address") from error
        raise SourceFailed("the connection kept breaking")

    def _address(self, source: HubSource) -> str:
        base = (self.url or os.environ.get("HF_ENDPOINT") or ADDRESS).rstrip("/")
        parts = (source.repo, "resolve", source.revision, source.path)
        return "/".join([base, *map(quote, parts)])

    def _stream(self, address: str, file: ModelFile, part: Path, report: Report) -> str:
        import httpx

        start = size(part)
        headers = {"Accept-Encoding": "identity", "User-Agent": "nomoat"}
        if start:
            headers["Range"] = f"bytes={start}-"
        timeout = httpx.Timeout(30.0, connect=self.connect_seconds)
        with httpx.stream(
            "GET", address, headers=headers, timeout=timeout, follow_redirects=True
        ) as response:
            _only_safe_hops(response)
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return _already_whole(response, file, part)
            if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise SourceFailed(_refusal(response))
            if response.status_code == httpx.codes.OK:
                start = 0  # the whole file, whatever was asked for
            total = file.bytes or start + int(response.headers.get("Content-Length", 0))
            _append(response.iter_raw(), part, start, total, report)
            return _named_hash(response)


def _append(blocks: Iterator[bytes], part: Path, start: int, total: int, report: Report) -> None:
    with writable(part, start) as out:
        report(start, total)
        for block in blocks:
            out.write(block)
            start += len(block)
            if total and start > total:
                raise SourceFailed(f"more than the {total:,} bytes of the file came")
            report(start, total)


def _only_safe_hops(response: httpx.Response) -> None:
    """No redirect may lead from https to a line that others can read."""
    hops = [*(hop.url for hop in response.history), response.url]
    if any(hop.scheme != "https" and hop.host not in _LOOPBACK for hop in hops):
        raise SourceFailed("it led to an address without https")


def _named_hash(response: httpx.Response) -> str:
    """The sha256 that the Hub names for big files, on the answer before its redirect."""
    for answer in (*response.history, response):
        tag = answer.headers.get("X-Linked-ETag", "").strip('"')
        if len(tag) == 64:
            return str(tag)
    return ""


def _already_whole(response: httpx.Response, file: ModelFile, part: Path) -> str:
    """Nothing is missing from the part: its hash will tell, if there is one to compare it with."""
    named = _named_hash(response)
    if not (file.sha256 or named):
        part.unlink()
        raise SourceFailed("what was there of an earlier pull could not be used, and was removed")
    return named


def _refusal(response: httpx.Response) -> str:
    if response.status_code in (401, 403):
        return "there is no such repository, or it asks for an account"
    if response.status_code == 404:
        return "there is no such file"
    return f"it answered {response.status_code}"
