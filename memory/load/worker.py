"""The process that parses: `python -P -m nomoat.memory.load.worker MEMORY_MB`.

Requests come as lines of JSON on standard input, each is answered with one line on standard
output. The process confines itself before it reads anything: so much address space, a few open
files, no writing to disk, no children, no core dumps; for each file so much processor time.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from nomoat.memory.errors import DocumentError
from nomoat.memory.load.reader import parse
from nomoat.memory.load.source import MB, Limits
from nomoat.memory.load.wire import to_wire


def main() -> None:
    """Answer requests until standard input ends."""
    _confine(int(sys.argv[1]))
    with _own_output() as answers:
        _answer(answers, {"ready": True})
        for line in sys.stdin.buffer:
            answer = _reply(json.loads(line))
            _answer(answers, answer)
            if "memory" in answer:
                return  # what is left of this process's memory may be in pieces


def _confine(memory_mb: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that started us
    limits = {
        resource.RLIMIT_AS: memory_mb * MB,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def _own_output() -> BinaryIO:
    """Standard output for answers alone: whatever a library prints goes nowhere."""
    ours = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return os.fdopen(ours, "wb")


def _answer(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    answers.flush()


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    limits = Limits(**request["limits"])
    _allow_seconds(limits.seconds)
    try:
        document = parse(Path(request["path"]), name=request["name"], limits=limits)
        return {"document": to_wire(document)}
    except DocumentError as error:
        return {"error": str(error), "hint": error.hint}
    except MemoryError:
        return {"memory": True}


def _allow_seconds(seconds: float) -> None:
    """Of processor time, from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (end, hard))


if __name__ == "__main__":
    main()
