"""Word problems with nomoat and its calculator, and with the model alone.

    python tests/benchmarks/word_problems.py [--model NAME|PATH] [--limit N] [--json]

Fifty problems of two to five steps (`word_problems.toml`). The model alone thinks freely, step by
step, and then writes its answer as a number (constrained); nomoat is given the same text as a goal,
with its own tools in an empty folder. An answer counts by the last number in it that the problem
does not name; what is right is never such a number. Which side comes first alternates. Results are
kept (`--results FILE`): a run that was stopped goes on where it was, and one with another model or
other code begins anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from kept import Kept, digest, own_code, results_file, same_file, share
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from nomoat.agent.agent import Agent
from nomoat.agent.bench.reading import numbers_in
from nomoat.agent.budget import Budget
from nomoat.agent.config.keys import DEFAULT_MODEL
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.runs import RunStore
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.agent.weights.models import locate

FILE = Path(__file__).with_suffix(".toml")
SIDES = ("nomoat", "alone")
BUDGET = Budget(steps=8, seconds=180)
THINK = "Solve the problem step by step."
ASK = "Write the answer as a number, without its unit."
NUMBER = {
    "type": "object",
    "properties": {"answer": {"type": "number"}},
    "required": ["answer"],
    "additionalProperties": False,
}
THOUGHT_TOKENS, NUMBER_TOKENS = 500, 40
CLOSE = 0.005
"""How far an answer may be off: half a cent."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem, and what is right."""

    text: str
    work: str
    """The calculation."""
    answer: float

    def right(self, answer: str) -> bool:
        """Whether the last number of an answer that the problem does not name is the right one."""
        named = numbers_in(self.text)
        for word in reversed(answer.split()):
            said = numbers_in(word.strip(".,;:!?()[]*\"'")) - named
            if said:
                return any(abs(value - self.answer) <= CLOSE for value in said)
        return False


def problems(file: Path = FILE) -> tuple[Problem, ...]:
    """All problems, in their order."""
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["problem"]
    return tuple(Problem(" ".join(row["text"].split()), row["work"], row["answer"]) for row in rows)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and what it took."""

    answer: str
    seconds: float
    tools: tuple[str, ...] = ()


def alone(model: BaseChatModel, problem: Problem) -> Told:
    """The model thinks freely, and then says a number."""
    began = time.perf_counter()
    messages = [SystemMessage(THINK), HumanMessage(problem.text)]
    thought = model.invoke(messages, max_tokens=THOUGHT_TOKENS)
    messages = [*messages, thought, HumanMessage(ASK)]
    said = model.invoke(messages, schema=NUMBER, max_tokens=NUMBER_TOKENS)
    try:
        number = str(json.loads(str(said.text))["answer"])
    except ValueError:  # cut off by the limit
        number = ""
    return Told(number, time.perf_counter() - began)


def with_tools(model: BaseChatModel, problem: Problem) -> Told:
    """The problem as a goal."""
    with tempfile.TemporaryDirectory(prefix="nomoat-problem-") as name:
        root = Path(name).resolve()
        workspace = root / "work"
        workspace.mkdir()
        agent = Agent(
            model,
            workspace=workspace,
            policy=Policy(Mode.NEVER),
            budget=BUDGET,
            runs=RunStore(root / "runs"),
        )
        run = agent.run(problem.text)
    tools = tuple(step.call.tool for step in run.steps if step.call)
    return Told(run.answer, run.seconds, tools)


def measure(
    model: BaseChatModel, chosen: Sequence[Problem], kept: Kept
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The side and the result, for each problem and side."""
    for number, problem in enumerate(chosen, 1):
        for side in SIDES if number % 2 else reversed(SIDES):
            key = f"{side}/{digest(problem)}"
            result = kept.get(key)
            if result is None:
                told = (with_tools if side == "nomoat" else alone)(model, problem)
                result = {**asdict(told), "right": problem.right(told.answer)}
                result |= {"problem": problem.text, "wanted": problem.answer}
                kept.add(key, result)
                said = "right" if result["right"] else f"{told.answer!r}, not {problem.answer:g}"
                line = f"[{number}/{len(chosen)}] {side}: {told.seconds:.1f} s, {said}"
                print(line, file=sys.stderr, flush=True)
            yield side, result


def main() -> None:
    """Print the table, or all answers as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default=DEFAULT_MODEL, help="catalogue name or GGUF file")
    parser.add_argument("--limit", type=int, help="only the first N problems")
    parser.add_argument("--results", type=Path, default=results_file("word_problems"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    of = digest(own_code(), Path(__file__).read_bytes(), same_file(locate(options.model)))
    chosen = problems()[: options.limit]
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for side, result in measure(ChatLlama(model=options.model), chosen, Kept(options.results, of)):
        found[side].append(result)
    facts = {"model": options.model, "date": date.today().isoformat(), "n": len(chosen)}
    if options.json:
        right = {side: sum(one["right"] for one in results) for side, results in found.items()}
        print(json.dumps({**facts, "right": right, "answers": found}, ensure_ascii=False, indent=1))
        return
    print(f"{options.model}, {facts['date']}, {len(chosen)} problems")
    for side, results in found.items():
        right = share(sum(one["right"] for one in results), len(results))
        print(f"{side:8} {right:24} {median(one['seconds'] for one in results):6.1f} s, median")


if __name__ == "__main__":
    main()
