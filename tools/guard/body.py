"""Reading an answer's body without ever holding more than was asked for."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import httpx

from nomoat.tools.errors import Failed
from nomoat.tools.guard.bounds import too_big


def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """The decoded body.

    httpx would decode a whole piece at once, a thousand times its size; here the output is
    bounded while it is made.

    Raises:
        TooBig: it is longer than `max_bytes`, as announced, as sent or as decompressed.
        Failed: it is compressed in a way that was not asked for, or damaged.
    """
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise too_big(max_bytes)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return _limited(response.iter_raw(), max_bytes)
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _inflated(response.iter_raw(), max_bytes)
    raise Failed(
        f"The page is compressed as {encoding[:40]!r}, which was not asked for.",
        hint="Try another page or another source.",
    )


def _limited(pieces: Iterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > max_bytes:
            raise too_big(max_bytes)
    return bytes(body)


def _inflated(pieces: Iterable[bytes], max_bytes: int) -> bytes:
    """gzip or zlib, told apart by their headers (47 = both, with the largest window)."""
    inflater = zlib.decompressobj(47)
    body = bytearray()
    try:
        for piece in pieces:
            body += inflater.decompress(piece, max_bytes + 1 - len(body))
            if len(body) > max_bytes:
                raise too_big(max_bytes)
        body += inflater.flush()
    except zlib.error:
        raise Failed("The page is damaged in transit.", hint="Try another source.") from None
    return bytes(body)
