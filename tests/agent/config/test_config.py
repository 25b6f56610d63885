"""The configuration: what it may hold, what is said of what it may not, and `nomoat config`."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.cli.main import cli
from nomoat.agent.config.config import Config, config_file, load_config, settled_config
from nomoat.agent.config.keys import APPROVE, KEYS, PROJECT_KEYS, SERVER_KEYS
from nomoat.agent.config.read import variable
from nomoat.agent.trust.policy import Mode
from nomoat.memory import ChromaAddress
from nomoat.memory.errors import UsageError
from nomoat.tools.effect import Effect
from nomoat.tools.mcp_server import McpServer

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "configuration.md"
WHOLE = """
model = "qwen2.5-coder-0.5b"
approve = "edits"
episodes = true
[budget]
steps = 7
seconds = 90
[memory]
dir = "documents"
url = "http://127.0.0.1:8123"
[search]
searxng = "http://127.0.0.1:8888"
[mcp.servers.time]
command = "python"
args = ["-m", "mcp_server_time"]
env = { TZ = "UTC" }
effects = "none"
[mcp.servers.library]
url = "https://example.org/mcp"
headers = { Authorization = "Bearer canary-1" }
effects = "read, network"
seconds = 5
"""


@pytest.fixture
def file(nomoat_home: Path) -> Path:
    nomoat_home.mkdir()
    return config_file()


def nomoat(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["config", *arguments], prog_name="nomoat")


def test_without_a_file_the_defaults_hold(nomoat_home: Path) -> None:
    assert load_config() == Config()
    assert not nomoat_home.exists()


def test_every_key_is_read(file: Path) -> None:
    file.write_text(WHOLE)
    held = load_config()
    assert held == Config(
        model="qwen2.5-coder-0.5b",
        approve="edits",
        episodes=True,
        steps=7,
        seconds=90.0,
        memory_dir=file.parent / "documents",
        memory_url=ChromaAddress("127.0.0.1", 8123),
        searxng="http://127.0.0.1:8888",
        servers=(
            McpServer(
                "time",
                command=("python", "-m", "mcp_server_time"),
                env={"TZ": "UTC"},
                effects=frozenset(),
            ),
            McpServer(
                "library",
                url="https://example.org/mcp",
                headers={"Authorization": "Bearer canary-1"},
                effects=frozenset({Effect.READ, Effect.NETWORK}),
                seconds=5.0,
            ),
        ),
        given=dict.fromkeys(KEYS, "config.toml"),
    )


def test_the_names_of_modes_are_those_of_the_policy() -> None:
    assert set(APPROVE) == {mode.value for mode in Mode}


WRONG = [
    ("modle = 'x'", ["`modle` is unknown", "Did you mean `model`?", "There are: model, approve"]),
    ("model = 3", ["`model` is 3", "the name of a model"]),
    ("model = ' '", ["`model` is ' '"]),
    ("approve = 'always'", ["`approve` is 'always'", "one of ask, edits, never, plan"]),
    ("approve = ['ask']", ["`approve` is ['ask']"]),
    ("episodes = 1", ["`episodes` is 1", "true or false"]),
    ("episodes = 'yes'", ["`episodes` is 'yes'"]),
    ("budget = 3", ["`budget` has to be a table: [budget]"]),
    ("[budget]\nsteps = 0", ["`budget.steps` is 0", "a whole number from 1 on"]),
    ("[budget]\nsteps = true", ["`budget.steps` is True"]),
    ("[budget]\nsteps = 2.0", ["`budget.steps` is 2.0"]),
    ("[budget]\nseconds = inf", ["`budget.seconds` is inf", "a number from 1 on"]),
    ("[budget]\nseconds = nan", ["`budget.seconds` is nan"]),
    ("[budget]\ntokens = 5", ["`budget.tokens` is unknown"]),
    ("[memory]\nurl = 'ftp://x'", ["`memory.url` is 'ftp://x'", "http://127.0.0.1:8000"]),
    ("[search]\nsearxng = 'localhost'", ["`search.searxng` is 'localhost'"]),
    ("[search]\nsearxng = 'http://x:99999'", ["`search.searxng` is 'http://x:99999'"]),
    ("mcp = 1", ["`mcp` has to be a table"]),
    ("[mcp]\nservers = 1", ["`mcp.servers` is 1", "tables [mcp.servers.NAME]"]),
    ("[mcp.servers]\ntime = 1", ["`mcp.servers.time` has to be a table"]),
    ("[mcp.servers.'a b']\ncommand = 'x'", ["`mcp.servers.a b` has to be a table, its name of"]),
    ("[mcp.servers.t]", ["The MCP server 't' needs a command or a url"]),
    ("[mcp.servers.t]\ncommand = 'x'\nurl = 'http://x'", ["needs a command or a url"]),
    ("[mcp.servers.t]\ncomand = 'x'", ["`mcp.servers.t.comand`", "`mcp.servers.t.command`?"]),
    ("[mcp.servers.t]\ncommand = ['x']", ["`mcp.servers.t.command` is ['x']"]),
    ("[mcp.servers.t]\ncommand = 'x'\nargs = 'y'", ["`mcp.servers.t.args` is 'y'"]),
    ("[mcp.servers.t]\ncommand = 'x'\neffects = 'rad'", ["effects` is 'rad'", "of read, write"]),
    ("[mcp.servers.t]\nurl = 'http://x'\nargs = ['y']", ["goes with `mcp.servers.t.command`"]),
    ("[mcp.servers.t]\nurl = 'http://x'\nenv = {A = 'b'}", ["goes with `mcp.servers.t.command`"]),
    ("[mcp.servers.t]\ncommand = 'x'\nheaders = {A = 'b'}", ["goes with `mcp.servers.t.url`"]),
    ("model = 3\nstepps = 1", ["`model` is 3", "`stepps` is unknown"]),
    ("model = x", ["cannot be read", "line 1"]),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[text for text, _ in WRONG])
def test_what_cannot_be_is_named_with_what_is_allowed(
    file: Path, text: str, said: list[str]
) -> None:
    file.write_text(text)
    result = nomoat("show")
    assert (result.exit_code, result.stdout) == (2, "")
    first, _ = result.stderr.splitlines()
    assert first.startswith(f"Error: The configuration {file} ")
    assert [words for words in said if words not in first] == []


def test_secrets_are_not_shown_where_they_are_of_the_wrong_type(file: Path) -> None:
    file.write_text("[mcp.servers.t]\ncommand = 'x'\nenv = { KEY = ['canary-2'] }")
    result = nomoat("show")
    assert "`mcp.servers.t.env` is a table; it has to be a table of texts." in result.stderr
    assert "canary-2" not in result.output


@pytest.mark.parametrize("content", [b"model = '\xff'", b"\x00"])
def test_a_file_that_is_no_text_is_told(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        load_config()


def test_a_folder_in_its_place_is_told(file: Path) -> None:
    file.mkdir()
    with pytest.raises(UsageError, match="Is a directory"):
        load_config()


TOML_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=8).map(lambda text: text),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = sorted({part for key in KEYS for part in key.split(".")} | set(SERVER_KEYS))


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), TOML_VALUES, max_size=4))
def test_any_table_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: object
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    assert isinstance(data, dict)
    for table in ({}, {"mcp": {"servers": {"x": data}}}, {"budget": data}, {"memory": data}):
        whole = {**table} if table else data
        file.write_text("\n".join(f"{_toml(key)} = {_toml(value)}" for key, value in whole.items()))
        with suppress(UsageError):
            assert isinstance(load_config(file), Config)


def _toml(value: object) -> str:
    """A value as TOML writes it; JSON's texts, lists and numbers are TOML's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


# -- the commands -----------------------------------------------------------------------------


def test_show_says_where_each_value_comes_from(file: Path) -> None:
    assert nomoat("show").stdout.startswith(f"{file} (not there: the defaults hold)\n")
    file.write_text(WHOLE)
    lines = nomoat().stdout.splitlines()
    assert lines[0] == str(file)
    assert [re.split(r"  +", line) for line in lines[1:]] == [
        ["model", "qwen2.5-coder-0.5b", "config.toml"],
        ["approve", "edits", "config.toml"],
        ["episodes", "true", "config.toml"],
        ["budget.steps", "7", "config.toml"],
        ["budget.seconds", "90.0", "config.toml"],
        ["memory.dir", str(file.parent / "documents"), "config.toml"],
        ["memory.url", "http://127.0.0.1:8123", "config.toml"],
        ["search.searxng", "http://127.0.0.1:8888", "config.toml"],
        ["mcp.servers.time", "python -m mcp_server_time; env TZ; effects none", "config.toml"],
        [
            "mcp.servers.library",
            "https://example.org/mcp; headers Authorization; effects network, read",
            "config.toml",
        ],
    ]


def test_show_as_json(file: Path) -> None:
    file.write_text('model = "x"')
    facts = json.loads(nomoat("show", "--json").stdout)
    assert facts["model"] == {"value": "x", "from": "config.toml"}
    assert facts["budget.steps"] == {"value": 20, "from": "default"}
    assert facts["memory.url"] == {"value": "", "from": "default"}
    assert facts["memory.dir"]["value"] == str(file.parent / "memory" / "default")


def test_path(file: Path) -> None:
    file.write_text("model = ")  # it is found where it is to be mended
    assert nomoat("path").stdout == f"{file}\n"


# -- the environment --------------------------------------------------------------------------


VARIABLES = {
    "NOMOAT_MODEL": ("3", "3"),
    "NOMOAT_APPROVE": ("plan", "plan"),
    "NOMOAT_EPISODES": ("true", True),
    "NOMOAT_BUDGET_STEPS": ("7", 7),
    "NOMOAT_BUDGET_SECONDS": ("90.5", 90.5),
    "NOMOAT_MEMORY_DIR": ("/documents", Path("/documents")),
    "NOMOAT_MEMORY_URL": ("http://127.0.0.1:8123", ChromaAddress("127.0.0.1", 8123)),
    "NOMOAT_SEARCH_SEARXNG": ("http://127.0.0.1:8888", "http://127.0.0.1:8888"),
}


def test_a_variable_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(WHOLE)
    for name, (text, _) in VARIABLES.items():
        monkeypatch.setenv(name, text)
    held = settled_config()
    keys = {variable(key): key for key in KEYS if key != "mcp.servers"}
    assert set(keys) == set(VARIABLES)
    for name, (_, value) in VARIABLES.items():
        assert getattr(held, KEYS[keys[name]].field) == value
        assert held.given[keys[name]] == name
    assert held.given["mcp.servers"] == "config.toml"
    assert ["model", "3", "NOMOAT_MODEL"] in [
        re.split(r"  +", line) for line in nomoat().stdout.splitlines()
    ]


def test_an_empty_variable_sets_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMOAT_MODEL", " ")
    assert settled_config() == Config()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("NOMOAT_BUDGET_STEPS", "many", "'many'; it has to be a whole number from 1 on."),
        ("NOMOAT_BUDGET_SECONDS", "1e999", "'1e999'; it has to be a number from 1 on."),
        ("NOMOAT_APPROVE", "\x1b[2J", r"'\x1b[2J'; it has to be one of ask, edits, never, plan."),
        ("NOMOAT_EPISODES", "1", "'1'; it has to be true or false."),
    ],
)
def test_a_variable_that_cannot_be_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.setenv(name, text)
    done = nomoat()
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        f"Error: The variable {name} is {said}",
        "Set it to that, or unset it.",
    ]


# -- the page ---------------------------------------------------------------------------------


def test_the_page_shows_a_file_that_can_be_read(file: Path) -> None:
    text = PAGE.read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(model.*?)^```$", text, re.MULTILINE | re.DOTALL)
    file.write_text(example)
    assert set(load_config().given) == set(KEYS)


def test_the_page_tells_of_every_key() -> None:
    text = PAGE.read_text("utf-8")
    told = re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)
    assert told == [*(key for key in KEYS if key != "mcp.servers"), *PROJECT_KEYS, *SERVER_KEYS]
