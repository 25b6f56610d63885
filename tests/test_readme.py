"""README.md and docs/ say what is so: every block runs, every name and link is there.

    ```console         commands after `$`, and what they print, where `…` stands for anything
    ```console model   the same with the default language model
    ```console scripted  the same with what `<!-- script: … -->` on the line before says
    ```console endpoint  the same with what it says at the addresses of SERVED
    ```python          a script; or a file to be written, where the first line is `# name.py`
    ```python model    a script that uses the default language model
    ```python endpoint a script that uses what `<!-- script: … -->` says at the addresses of SERVED
    ```sh              lines for make, held against the Makefile: running them would begin anew;
                       and benchmarks, which take hours: they are asked for their help
    ```toml            a configuration, which is read
    ```{…}             what the site is built from

The blocks under one heading run in order, in a folder with a copy of examples/.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pytest

from nomoat.agent.cli.main import COMMANDS, cli
from nomoat.agent.config.config import load_config
from nomoat.agent.scripted import answer, call
from nomoat.agent.state import EXIT_STATUS
from nomoat.agent.weights.catalogue import catalogue
from nomoat.memory.home import home
from tests.spoken import speaking

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
HELD_ELSEWHERE = {"plugins.md"}  # by tests/agent/cli/test_tools.py
PAGES = [README, *(p for p in sorted(ROOT.glob("docs/**/*.md")) if p.name not in HELD_ELSEWHERE)]
SAID = {"console scripted", "console endpoint", "python endpoint"}
"""Blocks with a script of what the model says."""
RUN = SAID | {"console", "console model", "python", "python model"}
KINDS = RUN | {"sh", "toml", "{toctree}", "{eval-rst}"}
SERVED = {
    "http://127.0.0.1:8080/v1": ("a-model",),
    "http://127.0.0.1:8000/v1": ("a-model", "qwen3-8b"),
}
"""Addresses at which the pages have a server, and its models."""
FENCED = re.compile(
    r"^(?:<!-- script: ([^\n]*) -->\n)?```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
SCRIPTED = ROOT / "tests" / "scripted_site"
USAGE_ERROR = 2


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    kind: str
    text: str
    script: str
    """What the model says, for a block of a kind in SAID."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a page, and the blocks below it."""

    page: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def runs(self) -> bool:
        return any(block.kind in RUN for block in self.blocks)

    @property
    def uses_a_model(self) -> bool:
        return any(block.kind.endswith(" model") for block in self.blocks)


def sections(page: Path) -> Iterator[Section]:
    text = page.read_text("utf-8")
    blocks = {
        match.start(): Block(match[2], match[3], match[1] or "") for match in FENCED.finditer(text)
    }
    outside = FENCED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    heads = [(m.start(), m[1]) for m in re.finditer(r"^#+ (.+)$", outside, re.MULTILINE)]
    for (start, title), (end, _) in zip(heads, [*heads[1:], (len(text), "")], strict=True):
        inside = tuple(block for at, block in blocks.items() if start < at < end)
        yield Section(page.name, title, inside)


SECTIONS = [section for page in PAGES for section in sections(page)]


def lines_of(kind: str) -> list[str]:
    """The texts of all blocks of a kind."""
    return [block.text for one in SECTIONS for block in one.blocks if block.kind == kind]


SHELL = [line for text in lines_of("sh") for line in text.splitlines()]


def parameters() -> Iterator[object]:
    for section in SECTIONS:
        if section.runs:
            marks = [pytest.mark.model, pytest.mark.goals] if section.uses_a_model else []
            yield pytest.param(section, id=f"{section.page}: {section.title}", marks=marks)


# blocks that run


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder to run in, with a home beside it that holds the models and nothing else."""
    shutil.copytree(ROOT / "examples", tmp_path / "here" / "examples")
    kept, empty = home(), tmp_path / "home"
    empty.mkdir()
    (kept / "cache").mkdir(parents=True, exist_ok=True)
    for name in ("models", "cache"):
        (empty / name).symlink_to(kept / name)
    return tmp_path / "here"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("section", list(parameters()))
def test_a_section_is_as_it_says(section: Section, place: Path) -> None:
    for number, block in enumerate(section.blocks):
        with served(block) as ready:
            if block.kind.startswith("console"):
                run_commands(ready, place)
            elif block.kind.startswith("python"):
                run_script(ready, place, number)


@contextmanager
def served(block: Block) -> Iterator[Block]:
    """The block; where it needs a server, with the addresses of some that say all of its script."""
    if not block.kind.endswith(" endpoint"):
        yield block
        return
    lines, text = eval(block.script, {"call": call, "answer": answer}), block.text
    with ExitStack() as opened:
        for address, models in SERVED.items():
            text = text.replace(address, opened.enter_context(speaking(lines, *models)))
        assert text != block.text, "a block with a server names its address"
        yield replace(block, text=text, script="")
    assert lines == [], "all of the script is said"


def run_commands(block: Block, place: Path) -> None:
    for command, expected in commands(block.text):
        code, printed = run(["bash", "-c", command], place, block.script)
        assert code == 0, f"$ {command}\n{printed}"
        assert matches(expected, printed), f"$ {command}\n{printed}"


def run_script(block: Block, place: Path, number: int) -> None:
    """Run a script; or write it to a file, where its first line names one."""
    name = re.match(r"# (\S+\.py)\n", block.text)
    file = place / (name[1] if name else f"block{number}.py")
    file.write_text(block.text, "utf-8")
    if not name:
        code, printed = run([sys.executable, str(file)], place)
        assert code == 0, printed
        assert printed.strip(), "a script that says nothing shows nothing"


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, with what it should print."""
    before, *parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not before.strip(), f"a console block begins with $: {before}"
    for part in parts:
        command, _, printed = part.partition("\n")
        yield command, printed


def matches(expected: str, printed: str) -> bool:
    """Whether text is as the page shows it, where `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def run(command: list[str], place: Path, script: str = "") -> tuple[int, str]:
    """The exit status, and standard output and error as a terminal shows them."""
    scripted = {"SCRIPT": script, "PYTHONPATH": str(SCRIPTED)} if script else {}
    done = subprocess.run(
        command,
        cwd=place,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NOMOAT_HOME": str(place.parent / "home"),
            "COLUMNS": "100",
            **scripted,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
        check=False,
    )
    return done.returncode, done.stdout


def test_every_block_is_of_a_kind_that_is_held() -> None:
    kinds = {block.kind for section in SECTIONS for block in section.blocks}
    assert kinds <= KINDS
    assert kinds >= RUN | {"sh", "toml"}
    blocks = [block for section in SECTIONS for block in section.blocks]
    assert all(bool(block.script) == (block.kind in SAID) for block in blocks)
    fences = sum(page.read_text("utf-8").count("```") for page in PAGES)
    assert fences == 2 * sum(len(section.blocks) for section in SECTIONS)


def test_matching_can_fail() -> None:
    assert matches("a … d\n", "a b\nc d")
    assert not matches("a … d", "a b c")
    assert not matches("a", "a b")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs" / "plugins.md"], ids=lambda p: p.name)
def test_no_block_is_set_apart_by_spaces_only(page: Path) -> None:
    text = FENCED.sub("", page.read_text("utf-8"))
    assert re.findall(r"^\n(?: {4}|\t)\S.*", text, re.MULTILINE) == []


@pytest.mark.parametrize("text", lines_of("toml"))
def test_a_configuration_that_is_shown_can_be_read(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    assert set(load_config(file).given) >= set(tomllib.loads(text)) - {
        *("budget", "memory", "search", "mcp")
    }


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("python ")])
def test_a_benchmark_that_is_named_can_be_begun(line: str) -> None:
    script = ROOT / shlex.split(line)[1]
    done = subprocess.run(
        [sys.executable, str(script), "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.startswith("usage: ")) == (0, True), done.stderr


@pytest.mark.parametrize("line", [line for line in SHELL if not line.startswith("python ")])
def test_make_knows_what_is_asked_of_it(line: str) -> None:
    words = shlex.split(line, comments=True)
    assert words[0] == "make"
    done = subprocess.run(
        ["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if "run" in words:
        assert 'nomoat run --yes --workspace "' in done.stdout
    settings = {word.partition("=")[0] for word in words[1:] if "=" in word}
    assert settings <= set(re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(), re.M))


# names in the text


def inline() -> list[str]:
    """What stands between single backticks, in all pages."""
    texts = [FENCED.sub("", page.read_text("utf-8")) for page in PAGES]
    return [code for text in texts for code in re.findall(r"`([^`\n]+)`", text)]


def command_of(words: list[str]) -> click.Command:
    """The command that words lead to; a goal leads to `run`."""
    command: click.Command = cli
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            assert command is cli, f"there is no `nomoat {' '.join(words)}`"
            break
        command = found
    return command if command is not cli else command_of(["run"])


def options_of(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


def test_commands_and_options_in_the_text_exist() -> None:
    named = [shlex.split(code) for code in inline() if code.startswith("nomoat ")]
    assert named
    for words in named:
        used = {word.partition("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
        known = options_of(command_of(words[1:])) | {"--help", "--version"}
        assert used <= known, words
    run_options = options_of(command_of(["run"]))
    alone = {code.split()[0] for code in inline() if code.startswith("--")}
    assert alone, "the README tells of options"
    assert alone - {"--help", "--version"} <= run_options


def test_the_readme_tells_of_every_command() -> None:
    text = README.read_text("utf-8")
    assert [name for name in COMMANDS if f"nomoat {name}" not in text and name != "run"] == []


def test_exit_statuses_are_those_of_the_program() -> None:
    told = re.findall(r"^\| (\d+) \|", README.read_text("utf-8"), re.MULTILINE)
    assert {int(code) for code in told} == {*EXIT_STATUS.values(), USAGE_ERROR}


def test_the_model_is_the_default_and_its_size_is_true() -> None:
    text = README.read_text("utf-8")
    model = catalogue().default("chat")
    assert model.name in text
    assert f"{model.bytes / 1e9:.1f} GB" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    text = FENCED.sub("", page.read_text("utf-8"))
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_folders_that_are_named_exist() -> None:
    named = {
        code for code in inline() if re.fullmatch(r"(?:agent|tools|memory|examples)/\S*", code)
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
