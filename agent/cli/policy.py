"""`nomoat policy`: the rules there are, and what they say of a call."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.config.keys import APPROVE

if TYPE_CHECKING:
    from nomoat.agent.trust.policy import Situation

MARKS = ("private", "untrusted")


@click.group()
def policy() -> None:
    """What is allowed without a question, what is asked about, and what is denied."""


@policy.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def show(as_json: bool) -> None:
    """Show your rules, and where they stand."""
    from nomoat.agent.printable import clean
    from nomoat.agent.trust.rule_file import load_rules, rule_file

    rules = load_rules()
    if as_json:
        told = [{"rule": str(rule), "why": rule.why} for rule in rules]
        click.echo(json.dumps({"file": str(rule_file()), "rules": told}, ensure_ascii=False))
        return
    click.echo(f"Rules in {rule_file()}; deny beats ask, ask beats allow:")
    for rule in sorted(rules, key=lambda rule: ("deny", "ask", "allow").index(rule.decides)):
        why = f"  # {rule.why}" if rule.why else ""
        click.echo(f"  {clean(str(rule))}{clean(why)}")
    if not rules:
        click.echo("  none yet. Answer a question of a run with `always`, or write one:")
        click.echo('\n  [[allow]]\n  tool = "write_file"\n  folder = "~/reports"')


@policy.command()
@click.argument("tool")
@click.argument("arguments", metavar="[KEY=VALUE]…", nargs=-1)
@click.option("--goal", default="", help="The goal of the run, which sets limits of its own.")
@click.option(
    "--approve",
    type=click.Choice(APPROVE),
    default="ask",
    show_default=True,
    help="What passes unasked in that run, as for `nomoat run`.",
)
@click.option(
    "--after",
    type=click.Choice(MARKS),
    multiple=True,
    help="What the run has read before: private data, untrusted text; repeatable.",
)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The folder the run works in. Default: here.",
)
@click.option(
    "--tools",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    help="A file or folder of your own tools; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def explain(tool: str, arguments: tuple[str, ...], as_json: bool, **facts: Any) -> None:
    """Say what would happen to a call of TOOL with arguments KEY=VALUE, and which rule decides.

    The exit status is 0 if it passes, 1 if it would ask, 3 if it is denied.
    """
    from nomoat.agent.cli.tools import call_of
    from nomoat.agent.decision import ToolCall
    from nomoat.agent.printable import clean
    from nomoat.agent.trust.policy import Mode, Policy
    from nomoat.agent.trust.rule_file import load_rules
    from nomoat.tools.base import spec_of
    from nomoat.tools.guard.paths import Workspace
    from nomoat.tools.toolbox import Toolbox

    work = Workspace(facts["workspace"])
    rules = Policy(Mode(facts["approve"]), load_rules(), work.root)
    with call_of(tool, arguments, facts["tools"], facts["workspace"]) as (one, args):
        call, spec = ToolCall(tool, Toolbox([one]).validate(tool, args)), spec_of(one)
        situation = _situation(facts["goal"], facts["after"], one.description, work)
        found = rules.considered(call, spec, (), situation)
        ruling = rules.rule(call, spec, (), situation)
    if as_json:
        told = [{"verdict": f.verdict, "reason": f.reason, "by": f.by} for f in found]
        said = {"verdict": ruling.verdict, "reason": ruling.reason, "by": ruling.by}
        click.echo(json.dumps({**said, "considered": told}, ensure_ascii=False, indent=2))
    else:
        click.secho(f"{ruling.verdict}: {clean(ruling.reason)}", bold=True)
        click.echo(f"effects: {', '.join(sorted(spec.effects)) or 'none'}")
        for one_said in found:
            click.echo(clean(f"  {one_said.verdict:5} by {one_said.by}: {one_said.reason}"))
    sys.exit({"allow": 0, "ask": 1, "deny": 3}[ruling.verdict])


def _situation(goal: str, after: tuple[str, ...], about: str, work: Any) -> Situation:
    from functools import partial

    from nomoat.agent.trust.contract_read import read_goal
    from nomoat.agent.trust.flow import Marks
    from nomoat.agent.trust.once import empty_files, there
    from nomoat.agent.trust.policy import Situation

    exists = partial(there, work)
    contract = read_goal(goal, exists, partial(empty_files, work)) if goal else None
    marks = Marks(**dict.fromkeys(after, True))
    return Situation(goal, contract, marks, exists=exists, about=about)
