"""What the harness costs, and what its grammar gains, on one model file in one run.

    python tests/benchmarks/engine.py [--model NAME|PATH] [--rounds N] [--json]

- raw: llama.cpp decoding token after token, nothing in between;
- constrained: decisions as the agent makes them, inside the grammar of its own tools, and the same
  with the forced tokens sampled one by one;
- framework: scripted runs of 10, 100 and 400 steps through the whole loop, every node on disk,
  without the time the script itself takes;
- checkpoints: bytes on disk per step of those runs: flat when the file grows with the steps.

Tokens per second depend on the machine; the ratios and the bytes do not. Every token that is
counted was evaluated as well, the last ones included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr
from rich.console import Console
from rich.table import Table

from nomoat.agent import prompts
from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget
from nomoat.agent.chat_template import ChatTemplate
from nomoat.agent.decision import decision_schema
from nomoat.agent.engine import Engine
from nomoat.agent.generate import Generated, Sampling, Writer
from nomoat.agent.llama import json_grammar
from nomoat.agent.models import locate
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.tools.base import tool
from nomoat.tools.builtin import builtin_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.toolbox import Toolbox

STEPS = (10, 100, 400)
GOALS = (
    "What is 17.5 % of 2,340?",
    "What stands in notes/meeting.md about the budget?",
    "Write the three largest cities of Norway to cities.txt, one a line.",
    "Which files mention the supplier Nordwind?",
    "Change the year 2025 to 2026 in report.md.",
    "How many days are there from 2026-03-01 to 2026-11-22?",
)
FILES = "Files in the workspace:\n- notes/meeting.md (2.1 KB)\n- report.md (8.4 KB)"


# -- the engine -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens written and evaluated, and the seconds that took."""

    tokens: int
    seconds: float
    forced: int = 0

    @property
    def rate(self) -> float:
        return self.tokens / self.seconds


def raw(writer: Writer, prompt: Sequence[int], count: int) -> Speed:
    """The most likely token, `count` times, with nothing else done."""
    engine = writer.engine
    engine.read(prompt)
    began = time.perf_counter()
    for _ in range(count):
        engine.extend([int(engine.logits().argmax())])
    return Speed(count, time.perf_counter() - began)


def decision(writer: Writer, prompt: Sequence[int], grammar: str) -> Speed:
    """One decision as the agent makes it."""
    for piece in writer.write(prompt, grammar=grammar, sampling=Sampling(max_tokens=300)):
        if isinstance(piece, Generated):
            done = piece
    began = time.perf_counter()
    held = len(writer.engine.tokens) - len(prompt)
    writer.engine.extend(done.tokens[held:])  # the agent evaluates these with its next prompt
    return Speed(
        len(done.tokens), done.decode_seconds + time.perf_counter() - began, forced=done.forced
    )


def one_by_one(writer: Writer, prompt: Sequence[int], grammar: str) -> Speed:
    """The same decision with every token sampled under a mask, forced or not."""
    engine, matcher = writer.engine, writer.matcher(grammar)
    engine.read(prompt)
    began, count = time.perf_counter(), 0
    while not matcher.is_stopped() and count < 300:
        logits = engine.logits()
        token = int(logits.argmax())
        if not matcher.validate_tokens([token]):
            bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
            allowed = np.unpackbits(bits, bitorder="little")[: len(logits)].astype(np.bool_)
            token = int(np.where(allowed, logits, -np.inf).argmax())
        matcher.consume_token(token)
        engine.extend([token])
        count += 1
    return Speed(count, time.perf_counter() - began)


def situations(writer: Writer, toolbox: Toolbox) -> Iterator[list[int]]:
    """The prompt of the first decision for each goal."""
    engine = writer.engine
    template = ChatTemplate(
        engine.chat_template, bos=engine.special_token("bos"), eos=engine.special_token("eos")
    )
    system = prompts.system(toolbox.signatures)
    for goal in GOALS:
        messages = [SystemMessage(system), HumanMessage(prompts.opening(goal, FILES))]
        pairs = [("system", str(messages[0].text)), ("user", str(messages[1].text))]
        yield template.render(pairs, engine.tokenize)


def compile_ms(writer: Writer, grammar: str) -> float:
    """Milliseconds to compile a grammar, the middle of five."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        writer.matcher(grammar)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def measure_engine(path: Path, rounds: int) -> dict[str, Any]:
    """Tokens per second, in one process, the three ways in turn on each prompt."""
    writer = Writer(Engine(path))
    writer.warm_up()
    with tempfile.TemporaryDirectory() as folder:
        toolbox = Toolbox(builtin_tools(Workspace(Path(folder))))
        grammar = json_grammar(decision_schema(toolbox))
    found: dict[str, list[Speed]] = {"raw": [], "constrained": [], "one_by_one": []}
    for prompt in [*situations(writer, toolbox)] * rounds:
        made = decision(writer, prompt, grammar)
        found["constrained"].append(made)
        found["one_by_one"].append(one_by_one(writer, prompt, grammar))
        found["raw"].append(raw(writer, prompt, made.tokens))
    rates = {name: _together(speeds) for name, speeds in found.items()}
    total = rates["constrained"]
    result = {
        "model": path.name,
        "decisions": len(found["constrained"]),
        "tokens": total.tokens,
        "raw_tokens_per_second": rates["raw"].rate,
        "constrained_tokens_per_second": total.rate,
        "constrained_one_by_one_tokens_per_second": rates["one_by_one"].rate,
        "constrained_to_raw": total.rate / rates["raw"].rate,
        "constrained_to_one_by_one": total.rate / rates["one_by_one"].rate,
        "forced_share": total.forced / total.tokens,
        "grammar_compile_ms": compile_ms(writer, grammar),
        "tools": len(toolbox.names),
    }
    writer.engine.close()
    return result


def _together(speeds: Sequence[Speed]) -> Speed:
    return Speed(
        sum(speed.tokens for speed in speeds),
        sum(speed.seconds for speed in speeds),
        sum(speed.forced for speed in speeds),
    )


# -- the framework ----------------------------------------------------------------------------


class TimedScript(ScriptedModel):
    """A script that knows what it took, checking its lines against the schema included."""

    _seconds: float = PrivateAttr(default=0.0)
    _cpu: float = PrivateAttr(default=0.0)

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        began, cpu = time.perf_counter(), time.thread_time()
        chunks = list(super()._stream(*args, **kwargs))
        self._seconds += time.perf_counter() - began
        self._cpu += time.thread_time() - cpu
        yield from chunks

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds on the clock, and of CPU."""
        return self._seconds, self._cpu


@tool(effects="none")
def look_up(number: int) -> str:
    """Look a number up.

    Args:
        number: Which.
    """
    return f"Number {number} is held in drawer {number * 37 % 1009}; the key hangs beside it."


@dataclass(frozen=True, slots=True)
class Cost:
    """What a scripted run cost besides its model."""

    steps: int
    ms_per_step: float
    cpu_ms_per_step: float
    """What the processor did: the same on a busy machine."""
    bytes_per_step: float


def scripted_run(steps: int) -> Cost:
    """A run of so many different steps through the whole loop, checkpoints and all."""
    script = [
        *(call("look_up", "the next one is missing", number=n) for n in range(steps)),
        answer("Each key hangs beside its drawer."),
    ]
    with tempfile.TemporaryDirectory() as name, TimedScript(script) as model:
        store = RunStore(Path(name, "runs"))
        agent = Agent(
            model,
            [look_up],
            builtin=False,
            workspace=name,
            budget=Budget(steps=steps + 1, seconds=None),
            runs=store,
        )
        began, cpu = time.perf_counter(), time.process_time()
        run = agent.run("Look all of them up.")
        seconds = time.perf_counter() - began - model.spent[0]
        cpu = time.process_time() - cpu - model.spent[1]
        if len(run.steps) != steps or run.exit_status:
            raise SystemExit(f"The run of {steps} steps ended as {run.status}: {run.error}")
        files = store.find(run.run_id).path.glob("checkpoints*")
        size = sum(file.stat().st_size for file in files)
    return Cost(steps, seconds * 1000 / steps, cpu * 1000 / steps, size / steps)


# -- what is printed --------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b", help="name, or a GGUF's path")
    parser.add_argument("--rounds", type=int, default=2, help="times through the decisions")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    scripted_run(3)  # imports and first uses
    costs = [scripted_run(steps) for steps in STEPS]
    engine = measure_engine(locate(options.model), options.rounds)
    if options.json:
        print(json.dumps({**engine, "runs": [asdict(cost) for cost in costs]}, indent=2))
    else:
        show(Console(), engine, costs)


def show(console: Console, engine: dict[str, Any], costs: Sequence[Cost]) -> None:
    """Two tables for a person."""
    counts = f"{engine['decisions']} decisions, {engine['tokens']} tokens"
    console.print(f"{engine['model']}: {counts}")
    speeds = Table()
    speeds.add_column("")
    speeds.add_column("tok/s", justify="right")
    speeds.add_column("of raw", justify="right")
    base = engine["raw_tokens_per_second"]
    rows: tuple[tuple[str, str], ...] = (
        ("raw llama.cpp", "raw_tokens_per_second"),
        ("constrained decisions", "constrained_tokens_per_second"),
        ("the same, forced tokens one by one", "constrained_one_by_one_tokens_per_second"),
    )
    for label, key in rows:
        speeds.add_row(label, f"{engine[key]:.1f}", f"{engine[key] / base:.2f}")
    console.print(speeds)
    console.print(
        f"{engine['forced_share']:.0%} of the tokens are forced; the grammar of {engine['tools']} "
        f"tools compiles in {engine['grammar_compile_ms']:.1f} ms.\n"
    )
    loop = Table(title="The loop without the model")
    for heading in ("steps", "ms per step", "of CPU", "checkpoint bytes per step"):
        loop.add_column(heading, justify="right")
    for cost in costs:
        loop.add_row(
            f"{cost.steps}",
            f"{cost.ms_per_step:.1f}",
            f"{cost.cpu_ms_per_step:.1f}",
            f"{cost.bytes_per_step:,.0f}",
        )
    console.print(loop)


if __name__ == "__main__":
    main()
