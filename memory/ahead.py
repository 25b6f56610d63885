"""Stages that work side by side: an iterator that runs ahead of its reader in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
_POLL = 0.1
_PATIENCE = 2.0
"""Seconds to wait for a thread whose items are no longer wanted."""
_END = object()


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def ahead(items: Generator[T, None, None], most: int) -> Generator[T, None, None]:
    """The same items, made in a thread that is at most `most` ahead.

    An error is raised here, where it would have been. When the reader stops early, the
    generator is closed in its own thread.
    """
    waiting: queue.Queue[object] = queue.Queue(most)
    closed = threading.Event()
    thread = threading.Thread(target=_run, args=(items, waiting, closed), daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        closed.set()
        thread.join(_PATIENCE)


def _run(
    items: Generator[T, None, None], waiting: queue.Queue[object], closed: threading.Event
) -> None:
    try:
        for item in items:
            if not _offer(item, waiting, closed):
                break
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is read
        _offer(_Raised(error), waiting, closed)
    finally:
        items.close()
        _offer(_END, waiting, closed)


def _offer(item: object, waiting: queue.Queue[object], closed: threading.Event) -> bool:
    """Put it in, unless nobody reads any more."""
    while not closed.is_set():
        try:
            waiting.put(item, timeout=_POLL)
        except queue.Full:
            continue
        return True
    return False
