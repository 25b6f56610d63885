"""The pages of docs/ as a site: built without a warning, true to the code, and alone.

What stands in the pages is held by `test_readme.py`; here is what comes of them.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import click
import pytest
from selenium.webdriver import Chrome

import nomoat.agent
import nomoat.memory
import nomoat.tools
from nomoat.agent.cli.main import cli
from nomoat.agent.config.keys import KEYS, SERVER_KEYS
from nomoat.agent.config.read import variable
from tests.agent.ui.test_page_browser import browser

__all__ = ["browser"]  # a fixture, used by its name

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html"]
    state = ["-d", str(folder.with_name("state"))]
    done = subprocess.run(
        [*command, *state, str(DOCS), str(folder)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


class Read(HTMLParser):
    """The text of a page, and all that a browser would load for it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.words = ""
        self.loaded: list[str] = []
        self.feed(file.read_text("utf-8"))

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        names = {"link": ["href"], "a": [], "form": [], "area": []}.get(tag, ["src", "srcset"])
        self.loaded += [found[name] or "" for name in (*names, "data", "poster") if name in found]


def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("nomoat_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- true to the code --------------------------------------------------------------------------


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


def test_every_command_and_option_is_told(site: Path) -> None:
    page = (site / "reference" / "commands.html").read_text("utf-8")
    told = dict(re.findall(r'<section id="(nomoat[\w-]*)">(.*?)</section>', page, re.DOTALL))
    known = {path.replace(" ", "-"): command for path, command in commands(cli, "nomoat")}
    assert set(told) == set(known)
    for path, command in known.items():
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert [one.opts for one in options if not all(o in told[path] for o in one.opts)] == []


def test_every_key_is_told(site: Path) -> None:
    text = Read(site / "reference" / "configuration.html").words
    assert [key for key in (*KEYS, *SERVER_KEYS) if key not in text] == []
    named = [variable(key) for key in KEYS if key != "mcp.servers"]
    assert [name for name in named if name not in text] == []
    assert variable("mcp.servers") not in text


def test_every_event_and_field_is_told(site: Path) -> None:
    from nomoat.agent.events import Event

    text = Read(site / "reference" / "events.html").words
    for kind in Event.__args__:
        names = [kind.__name__, *kind.__dataclass_fields__]
        assert [name for name in names if name not in text] == []


def test_every_tool_and_argument_is_told(site: Path, nomoat_home: Path) -> None:
    text = Read(site / "reference" / "tools.html").words
    tools = generate().built_in()
    assert {"recall", "ask_user", "query_table", "browse", "python"} <= {one.name for one in tools}
    for one in tools:
        assert one.description.split("\n")[0] in text
        assert [name for name in (one.name, *one.args) if name not in text] == []


@pytest.mark.parametrize("module", [nomoat.agent, nomoat.tools, nomoat.memory])
def test_every_exported_name_is_told(site: Path, module: ModuleType) -> None:
    page = (site / "reference" / "python.html").read_text("utf-8")
    told = set(re.findall(r'id="(nomoat\.[\w.]+)"', page))
    names = {f"{module.__name__}.{name}" for name in module.__all__} - {"nomoat.agent.Event"}
    assert names - told == set()  # events have a page of their own


def test_an_unknown_part_is_no_page() -> None:
    with pytest.raises(KeyError):
        generate().filled("<!-- made from the code: nothing -->")


def test_the_drawing_has_the_nodes_of_the_loop() -> None:
    code = (ROOT / "agent" / "graph.py").read_text("utf-8")
    drawn = re.findall(r">(\w+)</text>", (DOCS / "loop.svg").read_text("utf-8"))
    assert set(re.findall(r'add_node\("(\w+)"', code)) | {"goal", "END"} <= set(drawn)


def test_the_picture_of_a_run_is_one_of_today_and_loads_nothing() -> None:
    drawn = (DOCS / "run.svg").read_text("utf-8")
    words = "".join(ElementTree.fromstring(drawn).itertext()).replace("\N{NO-BREAK SPACE}", " ")
    # what `nomoat show` prints of every run, so that the picture is made anew when that changes
    for part in ("Plan", "Step 1 ", "│ ", "sources: ", "evidence: step ", "all in ", "cached"):
        assert part in words, part
    assert set(re.findall(r"\w+://[^\"\s]+", drawn)) == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"url\((?!#)|@import|@font-face|<script|<image", drawn) == []


# -- alone -------------------------------------------------------------------------------------


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    loaded = {(page.name, one) for page in pages for one in Read(page).loaded}
    assert loaded
    assert [one for one in loaded if re.match(r"\w+:|//", one[1])] == []
    styles = "".join(file.read_text("utf-8") for file in site.rglob("*.css"))
    addresses = re.findall(r"(?:@import|url\()\s*['\"]?([^'\")\s]+)", styles)
    assert [one for one in addresses if re.match(r"(?!data:)\w+:|//", one)] == []


def test_a_browser_asks_nobody(site: Path, browser: Chrome) -> None:
    for name in ("index.html", "architecture.html", "reference/python.html"):
        page = (site / name).as_uri()
        browser.get(page)
        entries = browser.get_log("performance")  # type: ignore[no-untyped-call]
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        asked = [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
            and message["params"]["documentURL"] == page
        ]
        assert page in asked
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
