"""The benchmarks that need packages or data from outside: what of them needs neither."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher

from nomoat.agent.bench.place import prepared
from nomoat.agent.bench.reading import numbers_in
from nomoat.agent.bench.suite import load_suite, own_suite
from nomoat.agent.llm.tool_calls import ToolCalling
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.tools.calc_read import compute

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a benchmark, or what it reads, by its name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module


@pytest.fixture
def child() -> ModuleType:
    """The program that runs in the peers' own environment."""
    spec = spec_from_file_location("peers_child", BENCHMARKS / "peers" / "child.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- results that are kept --------------------------------------------------------------------


def test_results_are_there_again_and_only_for_what_they_follow_from(
    benchmark: Any, tmp_path: Path
) -> None:
    kept = benchmark("kept")
    file = tmp_path / "new" / "results.jsonl"
    first = kept.Kept(file, "one model")
    assert first.get("a") is None
    first.add("a", {"right": True})
    first.add("b", {"right": False})
    again = kept.Kept(file, "one model")
    assert again.get("a") == {"right": True}
    assert again.get("b") == {"right": False}
    assert kept.Kept(file, "another model").get("a") is None


def test_a_line_that_was_cut_off_spoils_no_other(benchmark: Any, tmp_path: Path) -> None:
    kept = benchmark("kept")
    file = tmp_path / "results.jsonl"
    kept.Kept(file, "x").add("a", {"n": 1})
    kept.Kept(file, "x").add("b", {"n": 2})
    file.write_text(file.read_text()[:-5])
    kept.Kept(file, "x").add("c", {"n": 3})
    again = kept.Kept(file, "x")
    assert [again.get(key) for key in "abc"] == [{"n": 1}, None, {"n": 3}]


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_the_share(passed: int, n: int) -> None:
    sys.path.insert(0, str(BENCHMARKS))
    kept = import_module("kept")
    sys.path.remove(str(BENCHMARKS))
    passed = min(passed, n)
    low, high = kept.interval(passed, n)
    assert 0 <= low <= passed / n + 1e-12
    assert passed / n - 1e-12 <= high <= 1
    assert high - low > 0


def test_the_interval_is_wilson_s(benchmark: Any) -> None:
    low, high = benchmark("kept").interval(43, 50)
    assert (round(low, 3), round(high, 3)) == (0.738, 0.930)


def test_other_pins_have_another_folder(benchmark: Any, nomoat_home: Path) -> None:
    folder_for = benchmark("environments").folder_for
    assert folder_for("x", "a==1") == folder_for("x", "a==1")
    assert folder_for("x", "a==1") != folder_for("x", "a==2")
    assert folder_for("x", "a==1").is_relative_to(nomoat_home)


def test_a_folder_left_half_made_is_made_again(benchmark: Any, tmp_path: Path) -> None:
    environments = benchmark("environments")
    folder, filled = tmp_path / "env", list[int]()

    def fill() -> None:
        folder.mkdir()
        filled.append(1)
        if len(filled) == 1:
            (folder / "half").touch()
            raise SystemExit("pip failed")

    with pytest.raises(SystemExit):
        environments._made(folder, fill)
    assert environments._made(folder, fill) == folder
    assert not (folder / "half").exists()
    environments._made(folder, fill)
    assert len(filled) == 2


# -- BFCL -------------------------------------------------------------------------------------

ROUTE: dict[str, Any] = {
    "name": "maps.route",
    "description": "Find a way.",
    "parameters": {
        "type": "dict",
        "properties": {
            "between": {"type": "tuple", "items": {"type": "float"}, "description": "From, to."},
            "by": {"type": "array", "items": {"type": "string"}, "enum": ["bus", "foot"]},
            "limits": {"type": "dict", "properties": {"km": {"type": "float"}}, "required": ["km"]},
            "stops": {"type": "integer", "default": 0, "format": "int8", "optional": True},
            "note": {"type": "any"},
        },
        "required": ["between", "limits", "gone"],
    },
}


def test_a_function_of_bfcl_is_a_tool_with_a_grammar(benchmark: Any) -> None:
    tool = benchmark("bfcl").as_tool(ROUTE)
    assert tool["function"]["name"] == "maps.route"
    schema = tool["function"]["parameters"]
    jsonschema.Draft202012Validator.check_schema(schema)
    right = {"between": [1.5, 2], "by": ["bus"], "limits": {"km": 3}, "stops": 1, "note": "n"}
    jsonschema.validate(right, schema)
    for wrong in ({**right, "by": ["car"]}, {**right, "limits": {}}, {**right, "note": 4}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    assert schema["required"] == ["between", "limits"]
    assert LLMatcher.validate_grammar(ToolCalling([tool], None).grammar) == ""


def test_cases_are_read_with_what_is_right(benchmark: Any, tmp_path: Path) -> None:
    data = tmp_path / "bfcl_eval" / "data"
    (data / "possible_answer").mkdir(parents=True)
    question = [[{"role": "user", "content": "Which way?"}]]
    row = {"id": "multiple_0", "question": question, "function": [ROUTE]}
    (data / "BFCL_v4_multiple.json").write_text(json.dumps(row) + "\n")
    (data / "BFCL_v4_irrelevance.json").write_text(json.dumps({**row, "id": "irrelevance_0"}))
    answer_row = {"id": "multiple_0", "ground_truth": [{"maps.route": {"stops": [1]}}]}
    (data / "possible_answer" / "BFCL_v4_multiple.json").write_text(json.dumps(answer_row))
    (case,) = benchmark("bfcl").cases(tmp_path, "multiple")
    assert case.messages == (("user", "Which way?"),)
    assert case.right == ({"maps.route": {"stops": [1]}},)
    (none,) = benchmark("bfcl").cases(tmp_path, "irrelevance")
    assert none.right == ()


def test_bfcl_goes_on_where_it_was_stopped(benchmark: Any, tmp_path: Path) -> None:
    bfcl, kept = benchmark("bfcl"), benchmark("kept")
    cases = [
        bfcl.Case(f"irrelevance_{n}", "irrelevance", (("user", "?"),), (ROUTE,), ())
        for n in range(3)
    ]
    asked: list[str] = []

    def judge(case: Any, calls: Any) -> str:
        asked.append(case.id)
        return "called" if calls else ""

    class Bound(ScriptedModel):
        def bind_tools(self, tools: Any, **_: Any) -> Any:
            return self

    file = tmp_path / "results.jsonl"
    for count, lines in ((1, ["none"]), (3, ["none", "none"])):
        with Bound(lines) as model:
            found = list(bfcl.measure(model, cases[:count], judge, kept.Kept(file, "x")))
    assert asked == [case.id for case in cases]
    row = bfcl.summary(found)["irrelevance"]
    assert (row["n"], row["right"], row["no_call"]) == (3, 3, 3)


# -- word problems ----------------------------------------------------------------------------


def test_every_problem_is_worked_out(benchmark: Any) -> None:
    """The answer is what the calculation comes to, of two to five steps with given numbers."""
    known = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 100.0, 1000.0}  # of months, shares, metres
    problems = benchmark("word_problems").problems()
    assert len(problems) == 50
    assert len({problem.text for problem in problems}) == 50
    for problem in problems:
        worked = compute(problem.work)
        assert float(worked) == pytest.approx(problem.answer, abs=1e-9), problem  # type: ignore[arg-type]
        assert 2 <= sum(sign in "+-*/" for sign in problem.work) <= 6, problem
        named = numbers_in(problem.text)
        used = {float(number) for number in re.findall(r"[\d.]+", problem.work)}
        assert used <= named | known, problem
        assert problem.answer not in named, problem
        assert problem.text.endswith("?") or "in euros?" in problem.text


def test_the_last_new_number_of_an_answer_counts(benchmark: Any) -> None:
    problem = benchmark("word_problems").problems()[0]
    for said in ("23", "23.0", "Each class gets 23 apples.", "(14 × 24 − 37) : 13 = **23**."):
        assert problem.right(said), said
    for said in ("", "22", "First 23, so it is 299.", "14", "twenty-two", "The answer is 230"):
        assert not problem.right(said), said


def test_both_sides_are_asked(benchmark: Any, tmp_path: Path) -> None:
    module, kept = benchmark("word_problems"), benchmark("kept")
    problems = module.problems()[:2]
    first = [call("calculate", expression=problems[0].work), answer("It is 23 apples.")]
    second = [call("calculate", expression=problems[1].work), answer("360 km.")]
    alone = ["14 times 24 is 336 …", '{"answer": 22}'], ["4 times 15 …", '{"answer": 360}']
    script = [*first, *alone[0], *alone[1], *second]
    with ScriptedModel(script) as model:
        found = list(module.measure(model, problems, kept.Kept(tmp_path / "r.jsonl", "x")))
    assert [side for side, _ in found] == ["nomoat", "alone", "alone", "nomoat"]
    assert [result["right"] for _, result in found] == [True, False, True, True]
    assert found[0][1]["tools"] == ("calculate",)


# -- peers ------------------------------------------------------------------------------------

SCRIPT = """
import json, sys, time
print(json.dumps({"ready": "x"}), flush=True)
for line in sys.stdin:
    order = json.loads(line)["run"]
    if order["goal"] == "sleep":
        time.sleep(60)
    if order["goal"] == "die":
        sys.exit(1)
    call = {"tool": order["tools"][0]["name"], "arguments": {"path": "a.txt"}}
    print(json.dumps({"call": call}), flush=True)
    read = json.loads(sys.stdin.readline())["result"]
    print(json.dumps({"done": {"answer": read, "ended": "answered", "steps": 1}}), flush=True)
"""


def _order(goal: str) -> dict[str, Any]:
    return {"goal": goal, "tools": [{"name": "read_file"}]}


def test_a_peer_calls_tools_here_and_is_started_again(benchmark: Any, tmp_path: Path) -> None:
    script = tmp_path / "peer.py"
    script.write_text(SCRIPT)
    calls: list[tuple[str, dict[str, Any]]] = []

    def tool(name: str, arguments: dict[str, Any]) -> str:
        calls.append((name, arguments))
        return "ä line"

    with benchmark("peer_child").Child([sys.executable, str(script)], tmp_path / "log") as child:
        said = child.run(_order("read"), tool, 20)
        assert (said.answer, said.ended, said.steps, said.error) == ("ä line", "answered", 1, "")
        late = child.run(_order("sleep"), tool, 0.2)
        assert (late.answer, late.ended) == ("", "out of time")
        gone = child.run(_order("die"), tool, 20)
        assert (gone.ended, gone.error) == ("failed", "the process ended")
        assert child.run(_order("read"), tool, 20).ended == "answered"
    assert calls == [("read_file", {"path": "a.txt"})] * 2


def test_a_peer_that_does_not_start_is_told(benchmark: Any, tmp_path: Path) -> None:
    child = benchmark("peer_child").Child([sys.executable, "-c", "1/0"], tmp_path / "log")
    with pytest.raises(SystemExit, match="does not start"):
        child.run(_order("read"), lambda _name, _given: "", 20)
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()


def test_a_framework_s_failure_is_its_outcome(child: ModuleType) -> None:
    import io

    out = io.StringIO()
    orders = io.StringIO('{"run": {}}\n{"run": {"x": 1}}\n')

    def run(order: dict[str, Any], _call: Any) -> dict[str, Any]:
        return {"answer": str(order["x"]), "ended": "answered", "steps": 2}

    child.serve(child.Wire(orders, out), run)
    failed, done = (json.loads(line)["done"] for line in out.getvalue().splitlines())
    assert (failed["ended"], failed["error"]) == ("failed", "KeyError: 'x'")
    assert done == {"answer": "1", "ended": "answered", "steps": 2}


def test_arguments_in_smolagents_form(child: ModuleType) -> None:
    schema = {
        "properties": {
            "path": {"type": "string", "description": "The file."},
            "start_line": {"type": "integer", "default": 1, "description": "Where."},
        },
        "required": ["path"],
    }
    assert child.inputs_of(schema) == {
        "path": {"type": "string", "description": "The file."},
        "start_line": {"type": "integer", "description": "Where. Default: 1.", "nullable": True},
    }
    assert child.given(["path", "start_line"], ("a",), {"start_line": None}) == {"path": "a"}
    assert child.given(["path", "start_line"], ("a", 3), {}) == {"path": "a", "start_line": 3}


def test_everyone_has_the_same_tools(benchmark: Any) -> None:
    module = benchmark("peer_tasks")
    suite = load_suite(own_suite())
    site = next(task for task in suite.tasks if task.entry.site)
    plain = next(task for task in suite.tasks if task.entry.folder and not task.entry.site)
    for task, web in ((site, True), (plain, False)):
        with prepared(task) as place:
            theirs = module.toolbox_of(place, None)
            ours = module.Equal(
                ScriptedModel([]), workspace=place.workspace, allow_hosts=place.allow_hosts
            )
            assert theirs.names == ours.toolbox.names
            assert ("browse" in theirs.names) == web
            lacking = {"recall"} if web else {"recall", "browse"}
            assert set(theirs.names) == set(module.TOOLS) - lacking
            told = {one["name"]: one for one in module.described(theirs)}
            assert told["read_file"]["schema"]["required"] == ["path"]
            assert "enum" not in json.dumps(told)  # what a grammar adds is no part of a tool


def test_a_task_is_checked_by_the_suite(benchmark: Any) -> None:
    module = benchmark("peer_tasks")
    task = next(t for t in load_suite(own_suite()).tasks if t.category.startswith("arithmetic"))
    right = task.entry.reference
    assert right is not None
    said = [
        benchmark("peer_child").Said(right.answer, "answered", 2, 1.5),
        benchmark("peer_child").Said("No idea.", "answered", 1, 1.0),
        benchmark("peer_child").Said(right.answer, "failed", 1, 1.0, "it broke"),
    ]

    class Peer:
        def run(self, order: dict[str, Any], tool: Any, seconds: float) -> Any:
            assert seconds == 9
            assert order["goal"] == task.entry.goal
            assert tool("calculate", {"expression": "2+2"}) == "2+2 = 4"
            return said.pop(0)

    class Server:
        address = "http://127.0.0.1:1"
        read = 100

        def tokens(self) -> Any:
            self.read += 10
            return benchmark("peer_server").Tokens(self.read, self.read // 10)

    limits, server = module.Limits(8, 9), Server()
    results = [module.under_peer("p", task, Peer(), server, limits) for _ in range(3)]
    assert [one.passed for one in results] == [True, False, False]
    assert results[2].why == "it broke"
    assert (results[0].tokens_read, results[0].tokens_written) == (10, 1)
    assert (results[0].steps, results[0].seconds) == (2, 1.5)


def test_nomoat_s_side_is_checked_by_the_suite(benchmark: Any) -> None:
    module = benchmark("peer_tasks")
    task = next(t for t in load_suite(own_suite()).tasks if t.category.startswith("arithmetic"))
    lines = [call("calculate", expression="2+2"), answer("It is 4.")]
    with ScriptedModel(lines) as model:
        result = module.under_nomoat(task, model, module.Limits(8, 60))
    assert (result.peer, result.passed, result.steps) == ("nomoat", False, 1)
    assert result.why


METRICS = """# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 5120
# TYPE llamacpp:tokens_predicted_total counter
llamacpp:tokens_predicted_total 1.2e+03
llamacpp:prompt_tokens_cached_total 7
"""


def test_tokens_are_the_server_s_own_count(benchmark: Any) -> None:
    server = benchmark("peer_server")
    tokens = server.counted(METRICS)
    assert (tokens.read, tokens.written) == (5120, 1200)
    assert tokens.since(server.Tokens(5000, 1000)) == server.Tokens(120, 200)


def test_the_server_listens_on_this_machine_only(benchmark: Any) -> None:
    server = benchmark("peer_server")
    load = server.Load(Path("m.gguf"), 16384, 2)
    command = server.compiled(Path("s"), load, 4711)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert "--jinja" in command
    assert server.prebuilt(Path("python"), load, 4711)[2:] == ["m.gguf", "4711", "16384", "2"]


SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"llamacpp:prompt_tokens_total 3\\nllamacpp:tokens_predicted_total 2\\n")

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_server_runs_for_the_block(benchmark: Any, tmp_path: Path) -> None:
    import httpx

    module = benchmark("peer_server")

    def command(port: int) -> list[str]:
        return [sys.executable, "-c", SERVER, str(port)]

    with module.serving(command, tmp_path / "log") as server:
        assert server.tokens() == module.Tokens(3, 2)
    with pytest.raises(httpx.TransportError):
        httpx.get(server.address, trust_env=False)


def test_a_server_that_does_not_start_is_told(benchmark: Any, tmp_path: Path) -> None:
    module = benchmark("peer_server")
    command = [sys.executable, "-c", "raise SystemExit('no such model')"]
    with (
        pytest.raises(SystemExit, match="does not start"),
        module.serving(lambda _port: command, tmp_path / "log"),
    ):
        pass
    assert "no such model" in (tmp_path / "log").read_text()


def test_results_stand_side_by_side(benchmark: Any) -> None:
    module = benchmark("peer_results")

    def result(peer: str, category: str, passed: bool, seconds: float) -> Any:
        return module.Result(
            peer, "t", category, "held", passed, "", "answered", "", seconds, 2, 1000, 50
        )

    results = [
        *(result("nomoat", "tables", passed, 4) for passed in (True, True, False)),
        *(result("create_agent", "tables", False, 9) for _ in range(3)),
        *(result("code_agent", "tables", passed, 16) for passed in (True, False, False)),
    ]
    lines = list(module.table(results))
    assert lines[1].split()[:2] == ["nomoat", "2/3"]
    assert next(line for line in lines if line.startswith("tables")).split() == [
        "tables",
        "2/3",
        "0/3",
        "1/3",
    ]
    assert "2.00 times as often as code_agent" in lines[-1]
    assert "in 0.25 times its seconds" in lines[-1]
    assert "No peer passed" in list(module.table(results[:6]))[-1]
