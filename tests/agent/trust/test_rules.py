"""A person's rules: which calls they fit, and the file they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.decision import ToolCall
from nomoat.agent.errors import UsageError
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.agent.trust.rule_file import add_rule, load_rules, rule_file
from nomoat.agent.trust.rules import Decides, Rule, generalised, touched_by
from nomoat.tools.base import Effect, ToolSpec

ROOT = Path("/srv/home/anna/work")
WRITE = ToolSpec(frozenset({Effect.WRITE}), targets=lambda a: [a["path"]])
READ = ToolSpec(frozenset({Effect.READ}))
WEB = ToolSpec(frozenset({Effect.NETWORK}), targets=lambda a: [a["host"]])
SHELL = ToolSpec(frozenset({Effect.EXECUTE}))


def verdict(
    rules: list[Rule], spec: ToolSpec, tool: str = "t", mode: Mode = Mode.ASK, **args: Any
) -> str:
    return Policy(mode, tuple(rules), ROOT).rule(ToolCall(tool, args), spec).verdict


@pytest.mark.parametrize(
    ("folder", "path", "passes"),
    [
        ("reports", "reports/may.md", True),
        ("reports", "reports", True),
        ("reports", "reports-evil/may.md", False),
        ("reports", "reports/../may.md", False),
        ("reports/", "may.md", False),
        ("/srv/home/anna/work/reports", "reports/a/b.md", True),
        ("/srv/home/anna", "reports/a.md", True),
        ("/home/ann", "reports/a.md", False),
        (".", "a.md", True),
    ],
)
def test_a_folder_lets_pass_what_is_below_it(folder: str, path: str, passes: bool) -> None:
    expected = "allow" if passes else "ask"
    assert verdict([Rule("allow", folder=folder)], WRITE, path=path) == expected


def test_a_tilde_is_the_persons_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/home/anna")
    assert verdict([Rule("allow", folder="~/work")], WRITE, path="a.md") == "allow"
    assert verdict([Rule("allow", folder="~/other")], WRITE, path="a.md") == "ask"


@pytest.mark.parametrize(
    ("domain", "host", "passes"),
    [
        ("example.org", "example.org", True),
        ("example.org", "www.example.org", True),
        ("*.example.org", "www.Example.ORG.", True),
        ("example.org", "evilexample.org", False),
        ("example.org", "example.org.evil.com", False),
    ],
)
def test_a_domain_lets_pass_the_hosts_below_it(domain: str, host: str, passes: bool) -> None:
    expected = "allow" if passes else "ask"
    assert verdict([Rule("allow", domain=domain)], WEB, host=host) == expected


@pytest.mark.parametrize(
    ("command", "passes"),
    [
        ("git status", True),
        ("git status -s", True),
        ("git push", False),
        ("git status; rm -rf x", False),
        ("git status && rm x", False),
        ("git status `rm x`", False),
        ("git status $(rm x)", False),
        ("git status > x", False),
        ("git status\nrm x", False),
        ("git status $X", False),
    ],
)
def test_a_command_lets_pass_nothing_beside_it(command: str, passes: bool) -> None:
    expected = "allow" if passes else "ask"
    assert verdict([Rule("allow", command="git status*")], SHELL, command=command) == expected


@pytest.mark.parametrize("command", ["rm -rf x", "ls; rm -rf x", "ls && rm x", "ls | rm x"])
def test_a_denied_command_is_denied_behind_another(command: str) -> None:
    assert (
        verdict([Rule("deny", command="rm *")], SHELL, mode=Mode.NEVER, command=command) == "deny"
    )


def test_deny_beats_ask_and_ask_beats_allow() -> None:
    allow, ask, deny = (Rule(d, tool="t") for d in ("allow", "ask", "deny"))
    assert verdict([allow], WRITE, path="a") == "allow"
    assert verdict([allow, ask], WRITE, path="a", mode=Mode.NEVER) == "ask"
    for order in ([allow, ask, deny], [deny, ask, allow]):
        assert verdict(order, WRITE, path="a", mode=Mode.NEVER) == "deny"


def test_a_rule_denies_reading_too_and_asks_where_a_call_does_not_say_what_it_reads() -> None:
    deny = [Rule("deny", folder="private")]
    says = ToolSpec(frozenset({Effect.READ}), targets=lambda a: [a["path"]])
    assert verdict(deny, says, path="private/x") == "deny"
    assert verdict(deny, says, path="x") == "allow"
    assert verdict(deny, READ, sql="SELECT 1") == "ask"


def test_a_rule_for_files_lets_no_code_run_and_nothing_leave() -> None:
    everything = ToolSpec(targets=lambda a: ["reports/x"])
    both = ToolSpec(frozenset({Effect.WRITE, Effect.EXECUTE}), targets=lambda a: ["reports/x"])
    rule = [Rule("allow", folder="reports")]
    assert verdict(rule, everything) == verdict(rule, both) == "ask"
    assert verdict([Rule("allow", "t", folder="reports")], both) == "allow"
    assert verdict([Rule("allow", "t", effect="write")], both) == "ask"


def test_all_that_a_call_touches_has_to_be_allowed_and_any_of_it_can_be_denied() -> None:
    move = ToolSpec(frozenset({Effect.WRITE}), targets=lambda a: [a["source"], a["target"]])
    allow, deny = Rule("allow", folder="in"), Rule("deny", folder="out")
    assert verdict([allow], move, source="in/a", target="in/b") == "allow"
    assert verdict([allow], move, source="in/a", target="b") == "ask"
    assert verdict([allow, deny], move, source="in/a", target="out/b") == "deny"


def test_what_a_copy_only_reads_has_to_be_allowed_and_can_be_denied_too() -> None:
    copy = ToolSpec(
        frozenset({Effect.WRITE}),
        targets=lambda a: [a["target"]],
        reads=lambda a: [a["source"]],
    )
    out, denied = Rule("allow", folder="out"), Rule("deny", folder="private")
    assert verdict([out], copy, source="out/a", target="out/b") == "allow"
    assert verdict([out], copy, source="private/a", target="out/b") == "ask"
    assert verdict([out, denied], copy, source="private/a", target="out/b") == "deny"
    assert verdict([out, denied], copy, source="out/a", target="out/b") == "allow"


def test_a_tools_own_code_that_fails_says_nothing() -> None:
    def broken(_arguments: Any) -> list[str]:
        raise RuntimeError

    spec = ToolSpec(frozenset({Effect.WRITE}), targets=broken)
    assert verdict([Rule("allow", folder=".")], spec) == "ask"


@pytest.mark.parametrize(
    ("spec", "args", "rule"),
    [
        (WRITE, {"path": "reports/may.md"}, Rule("allow", "t", folder=f"{ROOT}/reports")),
        (WRITE, {"path": "may.md"}, Rule("allow", "t", folder=str(ROOT))),
        (WEB, {"host": "example.org"}, Rule("allow", "t", domain="example.org")),
        (SHELL, {"command": "ls"}, Rule("allow", "t")),
    ],
)
def test_always_is_this_folder_this_domain_or_this_tool(
    spec: ToolSpec, args: dict[str, Any], rule: Rule
) -> None:
    touched = touched_by(ToolCall("t", args), spec, ROOT)
    assert generalised(touched) == rule
    assert verdict([rule], spec, **args) == "allow"
    assert verdict([rule], spec, "other", **args) == "ask"


# -- the file ---------------------------------------------------------------------------------

words = st.text(min_size=1, max_size=30).filter(lambda text: text.strip())


@given(
    decides=st.sampled_from(["allow", "ask", "deny"]),
    tool=words,
    folder=st.just("") | words,
    why=st.just("") | words,
)
def test_a_rule_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, decides: Decides, tool: str, folder: str, why: str
) -> None:
    file = tmp_path_factory.mktemp("rules") / "policy.toml"
    rule = Rule(decides, tool, folder=folder, why=why)
    try:
        add_rule(rule, file)
    except (ValueError, UnicodeEncodeError):  # halves of characters have no place in a file
        assert not file.exists()
        return
    assert load_rules(file) == (rule,)


def test_a_rule_is_added_at_the_end_and_comments_stay(tmp_path: Path) -> None:
    file = tmp_path / "c" / "policy.toml"
    assert load_rules(file) == ()
    add_rule(Rule("allow", "write_file", folder="/r"), file)
    file.write_text(file.read_text() + "# mine\n")
    add_rule(Rule("deny", domain="example.org"), file)
    add_rule(Rule("deny", domain="example.org"), file)
    assert "# mine" in file.read_text()
    assert load_rules(file) == (
        Rule("allow", "write_file", folder="/r"),
        Rule("deny", domain="example.org"),
    )
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 2", "newer version"),
        ("[[alow]]\ntool='x'", "'alow' is none of"),
        ("[allow]\ntool='x'", "once for each rule"),
        ("[[allow]]\ntoll='x'", "names 'toll'"),
        ("[[allow]]\nwhy='x'", "says nothing"),
        ("[[allow]]\ntool=' '", "says nothing"),
        ("[[deny]]\ntool=3", "something else than texts"),
        ("[[deny]]\neffect='fly'", "'fly'"),
        ("not toml", "cannot be read"),
    ],
)
def test_nothing_runs_on_half_of_the_rules(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        load_rules(file)
    assert caught.value.hint


def test_the_file_is_in_the_persons_configuration(nomoat_home: Path) -> None:
    assert rule_file() == nomoat_home / "policy.toml"
