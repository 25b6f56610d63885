"""The `nomoat` command: its sub-commands, loaded when they are used, and how errors are told."""

from __future__ import annotations

import difflib
import sys
from importlib import import_module
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "run": ("nomoat.agent.cli.run:run", "Reach a goal (the default command)."),
    "chat": ("nomoat.agent.cli.chat:chat", "Reach one goal after the other."),
    "resume": ("nomoat.agent.cli.run:resume", "Go on with a run that was interrupted."),
    "runs": ("nomoat.agent.cli.runs:runs", "List, copy, export and delete past runs."),
    "show": ("nomoat.agent.cli.runs:show", "Show a run, step by step."),
    "undo": ("nomoat.agent.cli.keep:undo", "Put files back as they were before a run."),
    "policy": ("nomoat.agent.cli.policy:policy", "Show what is allowed, and explain a call."),
    "models": ("nomoat.agent.cli.models:models", "List, pull and remove models."),
    "memory": ("nomoat.agent.cli.memory:memory", "Add, search and manage private documents."),
    "tools": ("nomoat.agent.cli.tools:tools", "List tools, and write your own."),
    "config": ("nomoat.agent.cli.config:config", "Show what is set for all runs."),
    "init": ("nomoat.agent.cli.init:init", "Choose a model, and write a configuration."),
    "doctor": ("nomoat.agent.cli.doctor:doctor", "Look at what is here and what is missing."),
    "completion": ("nomoat.agent.cli.completion:completion", "Let the shell complete words."),
    "bench": ("nomoat.agent.cli.bench:bench", "Measure how well goals are reached."),
}

EPILOG = """\
Exit status: 0 reached, 1 error, 2 usage, 3 answer not verified, 4 out of budget or stalled,
130 interrupted.
"""


class Commands(click.Group):
    """Sub-commands by name, imported when used; anything else is a goal for `run`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands by name, and this command's own options; none is imported for it."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=about)
            for name, (_, about) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags, args = (args[:1], args[1:]) if args[:1] == ["--debug"] else ([], args)
        if args and args[0] not in COMMANDS and args[0] not in ("--help", "-h", "--version"):
            first = args[0]
            near = difflib.get_close_matches(first, COMMANDS, n=1, cutoff=0.75)
            is_word = " " not in first and not first.startswith("-")
            if near and len(args) <= 3 and is_word and not ctx.resilient_parsing:
                raise UsageTold(
                    f"No such command {first!r}. Did you mean {near[0]!r}? "
                    f"(If it is a goal: nomoat run {first!r}.)",
                    ctx=ctx,
                )
            args = ["run", *args]
        return super().parse_args(ctx, [*flags, *args])

    def invoke(self, ctx: click.Context) -> Any:
        from nomoat.memory.errors import NomoatError, UsageError

        sys.excepthook = _crashed
        try:
            return super().invoke(ctx)
        except NomoatError as error:
            if ctx.params.get("debug"):
                raise
            from nomoat.tools.guard.secrets import masked

            say_error(masked(str(error)), masked(error.hint))
            sys.exit(2 if isinstance(error, UsageError) else 1)
        except click.UsageError as error:
            raise UsageTold(_suggesting(error, ctx), ctx=error.ctx or ctx) from error
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            sys.exit(130)


class UsageTold(click.UsageError):
    """A usage error as all other errors are told: what is wrong, and what to do."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Two lines on standard error."""
        command = self.ctx.command_path if self.ctx else "nomoat"
        say_error(self.format_message(), f"See: {command} --help", file)


def say_error(said: str, hint: str = "", file: IO[Any] | None = None) -> None:
    """What happened, and what to do; on a terminal no word is broken at the end of a line."""
    click.secho(_wrapped(f"Error: {said}", file), file=file, fg="red", err=True)
    if hint:
        click.echo(_wrapped(hint, file), file=file, err=True)


def _wrapped(text: str, file: IO[Any] | None) -> str:
    if not (file or sys.stderr).isatty():
        return text
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )


def _suggesting(error: click.UsageError, root: click.Context) -> str:
    """What is wrong; of a misspelt option also which one may be meant, of those before it too."""
    if not isinstance(error, click.NoSuchOption):
        return error.format_message()
    said = f"No such option {error.option_name!r}."
    at = error.ctx or root
    first = [name for one in root.command.get_params(root) for name in one.opts]
    here = [name for one in at.command.get_params(at) for name in one.opts]
    if error.option_name in first:
        return f"{said} It stands before the command: {root.command_path} {error.option_name} …"
    near = difflib.get_close_matches(error.option_name, [*here, *first], n=1)
    return f"{said} Did you mean {near[0]!r}?" if near else said


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The traceback, without the secrets that an error may quote."""
    import traceback

    from nomoat.tools.guard.secrets import masked

    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))


def _version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"nomoat {version('nomoat')}")
        ctx.exit()


@click.group(
    cls=Commands,
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version of nomoat.",
)
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
def cli(debug: bool) -> None:
    """nomoat: a private autonomous agent on your own machine.

    Give it a goal in plain words:

        nomoat "Which region sold the most in sales.csv?"

    It plans, acts with tools inside a folder, observes, and goes on until the goal is reached,
    on a local language model. Nothing leaves this machine unless you allow it.
    """
    _ = debug  # read by Commands.invoke
