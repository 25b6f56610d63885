"""Iterators that run ahead in a thread."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from nomoat.memory.ahead import ahead


def numbers(closed: threading.Event, last: int = 10**9) -> Generator[int, None, None]:
    try:
        yield from range(last)
    finally:
        closed.set()


def test_items_come_in_order() -> None:
    assert list(ahead(numbers(threading.Event(), 100), 3)) == list(range(100))


def test_an_early_end_closes_the_source() -> None:
    closed = threading.Event()
    items = ahead(ahead(numbers(closed), 2), 2)
    assert next(items) == 0
    items.close()
    assert closed.wait(5)


def test_an_error_is_raised_where_the_item_would_have_been() -> None:
    def broken() -> Generator[int, None, None]:
        yield 1
        raise ValueError("no more")

    items = ahead(broken(), 5)
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)
