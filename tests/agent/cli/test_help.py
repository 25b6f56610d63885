"""Every command says what it does, every option and argument what it is, and a misspelt one what
may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nomoat.agent.cli.main import cli


def below(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from below(found, f"{path} {name}")


COMMANDS = dict(below(cli, "nomoat"))


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_says_what_it_and_each_part_of_it_is(path: str) -> None:
    command = COMMANDS[path]
    context = click.Context(command, info_name=path)
    about = command.help or ""
    assert re.match(r"\w.*[.:]", about.strip().partition("\n\n")[0].replace("\n", " "))
    for one in command.get_params(context):
        if isinstance(one, click.Option):
            assert one.help, f"{path} {one.opts} has no help"
            assert one.help.strip().endswith((".", "?", ")")), f"{path} {one.opts}: no sentence"
        else:  # not every click takes help for an argument: the text of the command names it
            word = re.sub(r"\W+$|^\W+", "", one.make_metavar(context)).split("=")[0]
            named = word in about or "|" in word
            assert named, f"{path} does not say what {word} is"


def told(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments, prog_name="nomoat")
    assert result.exit_code == 2
    return result.stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--modle qwen hello", "'--model'"),
        ("--wrokspace=. hello there", "'--workspace'"),
        ("run --timeuot 3 hello", "'--timeout'"),
        ("--verson", "'--version'"),
        ("--debgu hello", "'--debug'"),
        ("memory add --memroy x y", "'--memory'"),
        ("runs --jsn", "'--json'"),
        ("show --htm page.html", "'--html'"),
        ("policy explain --aprove ask calculate", "'--approve'"),
        ("modles", "'models'"),
        ("memory serach x", "'search'"),
        ("tools tset x", "'test'"),
    ],
)
def test_what_is_misspelt_gets_a_suggestion(typed: str, meant: str) -> None:
    said = told(*typed.split())
    assert f"Did you mean {meant}?" in said
    assert "See: nomoat" in said


def test_an_option_in_the_wrong_place_is_told_where_it_stands() -> None:
    assert "It stands before the command: nomoat --debug …" in told("run", "--debug", "hello")


def test_an_option_of_a_short_command_line_is_no_misspelt_command(nomoat_home: Path) -> None:
    result = CliRunner().invoke(cli, ["--model", "nowhere.gguf", "hello"], prog_name="nomoat")
    assert "No such command" not in result.stderr
    assert result.exit_code != 2


@pytest.mark.parametrize("width", [40, 80])
def test_errors_are_not_broken_inside_a_word(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    from nomoat.agent.cli.main import say_error

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    text = "the server at http://127.0.0.1:8080/v1 said nothing at all for much too long a time"
    say_error(text, "Look whether it still runs, and whether this is where it listens, then again.")
    lines = re.sub(r"\x1b\[\d+m", "", capsys.readouterr().err).splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(lines).startswith(f"Error: {text} Look")
