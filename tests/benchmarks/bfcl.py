"""The Berkeley function calling leaderboard: does the model call the right function, or none?

    python tests/benchmarks/bfcl.py [--model NAME|PATH] [--limit N] [--only CATEGORY,…] [--json]

Categories simple_python (400), multiple (200) and irrelevance (240) of BFCL v4, in full unless
there is a limit, judged by the checker of the package `bfcl-eval` (Patil et al., 2025, Apache-2.0),
which is installed below nomoat's home at first use, without what it depends on. The model is asked
through `ChatLlama.bind_tools`, greedy, one question each. Results are kept (`--results FILE`): a
run that was stopped goes on where it was, and one with another model or other code begins anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from environments import packages
from kept import Kept, digest, own_code, results_file, same_file, share
from langchain_core.language_models.chat_models import BaseChatModel

from nomoat.agent.config.keys import DEFAULT_MODEL
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.weights.models import locate
from nomoat.memory.errors import NomoatError

PACKAGE = "bfcl-eval==2026.3.23"
CATEGORIES = ("simple_python", "multiple", "irrelevance")
NAME = "nomoat"
"""What the model is called in the checker's table."""
TYPES = {
    "dict": "object",
    "float": "number",
    "tuple": "array",
    "list": "array",
    "bool": "boolean",
    "any": "string",
}
"""BFCL's names of types that JSON schema has not; `any` is a string for its checker, too."""
ANNOTATIONS = ("description", "default")

Call = dict[str, dict[str, Any]]
"""Name → arguments, as the checker wants it."""
Judge = Callable[["Case", Sequence[Call]], str]
"""What is wrong with the calls; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the functions there are, and the calls that are right."""

    id: str
    category: str
    messages: tuple[tuple[str, str], ...]
    functions: tuple[dict[str, Any], ...]
    right: tuple[dict[str, Any], ...]


def cases(folder: Path, category: str) -> Iterator[Case]:
    """The cases of a category, from the package's own data."""
    file = f"BFCL_v4_{category}.json"
    answers = folder / "bfcl_eval" / "data" / "possible_answer" / file
    right = {row["id"]: row["ground_truth"] for row in _rows(answers)} if answers.is_file() else {}
    for row in _rows(folder / "bfcl_eval" / "data" / file):
        turn = row["question"][0]
        messages = tuple((message["role"], message["content"]) for message in turn)
        functions = tuple(row["function"])
        yield Case(row["id"], category, messages, functions, tuple(right.get(row["id"], ())))


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


# -- asking -----------------------------------------------------------------------------------


def as_tool(function: Mapping[str, Any]) -> dict[str, Any]:
    """A function of BFCL in OpenAI's form. Its name stays, dots and all."""
    about = {key: function[key] for key in ("name", "description")}
    return {
        "type": "function",
        "function": {**about, "parameters": json_schema(function["parameters"])},
    }


def json_schema(given: Mapping[str, Any]) -> dict[str, Any]:
    """A type of BFCL as JSON schema: what a grammar knows, and what a model reads."""
    kind = TYPES.get(given.get("type", "string"), given.get("type", "string"))
    made: dict[str, Any] = {"type": kind}
    made |= {key: given[key] for key in ANNOTATIONS if key in given}
    if kind == "object" and "properties" in given:
        made["properties"] = {k: json_schema(one) for k, one in given["properties"].items()}
        required = given.get("required", [])
        made["required"] = [name for name in required if name in made["properties"]]
    if kind == "array" and "items" in given:
        made["items"] = json_schema(given["items"])
    if "enum" in given:  # of a list it is meant for what is in it
        where = made.setdefault("items", {}) if kind == "array" else made
        where["enum"] = given["enum"]
    return made


def typed(value: Any, given: Mapping[str, Any]) -> Any:
    """A value as BFCL's checker wants it: JSON knows one kind of number, Python's floats are others
    than its integers."""
    kind, of = given.get("type"), given.get("items", {})
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        return [typed(one, of) for one in value]
    if isinstance(value, dict):
        known = given.get("properties", {})
        return {key: typed(one, known.get(key, {})) for key, one in value.items()}
    return value


def asked(model: BaseChatModel, case: Case) -> dict[str, Any]:
    """What the model makes of a case: its calls, or what it says instead."""
    began = time.perf_counter()
    arguments = {function["name"]: function["parameters"] for function in case.functions}
    try:
        bound = model.bind_tools([as_tool(function) for function in case.functions])
        message = bound.invoke(list(case.messages))
    except NomoatError as error:
        return {"calls": [], "said": "", "crash": str(error), "seconds": 0.0}
    return {
        "calls": [
            {call["name"]: typed(call["args"], arguments.get(call["name"], {}))}
            for call in message.tool_calls
        ],
        "said": str(message.text),
        "crash": "",
        "seconds": round(time.perf_counter() - began, 2),
    }


# -- judging ----------------------------------------------------------------------------------


def judge_of(folder: Path) -> Judge:
    """BFCL's own checker; of its table of models, which imports all their clients, one entry."""
    table: Any = ModuleType("bfcl_eval.constants.model_config")
    table.MODEL_CONFIG_MAPPING = {NAME: SimpleNamespace(underscore_to_dot=False)}
    sys.modules[table.__name__] = table
    sys.path.append(str(folder))
    check = import_module("bfcl_eval.eval_checker.ast_eval.ast_checker").ast_checker
    python = import_module("bfcl_eval.constants.enums").Language.PYTHON

    def judge(case: Case, calls: Sequence[Call]) -> str:
        if case.category == "irrelevance":  # as its runner does: no call is right
            return "called where nothing fits" if calls else ""
        said = check(
            list(case.functions), list(calls), list(case.right), python, case.category, NAME
        )
        return "" if said["valid"] else str(said.get("error", "wrong"))

    return judge


def measure(
    model: BaseChatModel, chosen: Sequence[Case], judge: Judge, kept: Kept
) -> Iterator[tuple[Case, dict[str, Any]]]:
    """Each case with what came of it; those that are kept are not asked again."""
    for number, case in enumerate(chosen, 1):
        result = kept.get(case.id)
        if result is None:
            result = asked(model, case)
            result["fault"] = result["crash"] or judge(case, result["calls"])
            kept.add(case.id, result)
            told = result["fault"] or "right"
            line = f"[{number}/{len(chosen)}] {case.id} {result['seconds']:.1f} s, {told}"
            print(line, file=sys.stderr, flush=True)
        yield case, result


# -- telling ----------------------------------------------------------------------------------


def summary(found: Iterable[tuple[Case, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """For each category: n, how many are right, seconds, and how many were no calls."""
    told: dict[str, dict[str, Any]] = {}
    for case, result in found:
        row = told.setdefault(case.category, {"n": 0, "right": 0, "seconds": 0.0, "no_call": 0})
        row["n"] += 1
        row["right"] += not result["fault"]
        row["no_call"] += not result["calls"]
        row["seconds"] = round(row["seconds"] + result["seconds"], 2)
    return told


def main() -> None:
    """Print the table, or all results as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default=DEFAULT_MODEL, help="catalogue name or GGUF file")
    parser.add_argument("--limit", type=int, help="only the first N of each category")
    parser.add_argument("--only", default=",".join(CATEGORIES), help="categories, with commas")
    parser.add_argument("--results", type=Path, default=results_file("bfcl"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := set(wanted) - set(CATEGORIES):
        parser.error(f"--only knows {', '.join(CATEGORIES)}, not {', '.join(unknown)}")
    folder = packages("bfcl", PACKAGE)
    chosen = [case for name in wanted for case in list(cases(folder, name))[: options.limit]]
    of = digest(PACKAGE, own_code(), Path(__file__).read_bytes(), same_file(locate(options.model)))
    kept = Kept(options.results, of)
    found = list(measure(ChatLlama(model=options.model), chosen, judge_of(folder), kept))
    rows = summary(found)
    if options.json:
        results = {case.id: result for case, result in found}
        facts = {"package": PACKAGE, "model": options.model, "date": date.today().isoformat()}
        print(json.dumps({**facts, "categories": rows, "results": results}, indent=1))
        return
    print(f"{PACKAGE}, {options.model}, {date.today().isoformat()}")
    for name, row in rows.items():
        seconds = row["seconds"] / row["n"]
        print(f"{name:14} {share(row['right'], row['n']):26} {seconds:6.1f} s a question")


if __name__ == "__main__":
    main()
