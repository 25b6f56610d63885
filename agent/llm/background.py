"""Work that is done while something else is: in a thread, with what came of it to be asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def in_background(work: Callable[[], T], name: str) -> Future[T]:
    """Do it in a thread of its own, which the interpreter waits for before it ends.

    A thread that is cut off inside a library can crash the process as it ends; an executor would
    keep its thread.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is asked for
            future.set_exception(error)

    threading.Thread(target=run, name=name).start()
    return future
