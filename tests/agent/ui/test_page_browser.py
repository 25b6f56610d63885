"""The page of a run in a real browser: Chromium from the system, without a screen.

Where there is none these tests fail and name the command that installs it; `make test` does that
itself where it may.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from nomoat.agent.ui.page import Effects, render
from nomoat.agent.ui.page_diff import FileDiff

ROOT = Path(__file__).resolve().parents[3]
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
HOSTILE = "</pre></style><script>window.harmed = 1</script><img src=https://e.org/x.png>\u202e"
LONG = "a-name-without-any-place-to-break-it-" * 20
TABLE = "\n".join(" | ".join(f"column {n} of row {row}" for n in range(20)) for row in range(9))
OUTSIDE = """
return [...document.querySelectorAll('body *')].filter(one =>
  !one.closest('pre') && one.getBoundingClientRect().right > innerWidth + 0.5
).map(one => one.tagName + ' ' + one.textContent.slice(0, 40))
"""


def installing() -> str:
    """The command of this machine that installs the browser."""
    spec = importlib.util.spec_from_file_location("nomoat_setup", ROOT / ".ci" / "setup.py")
    assert spec
    assert spec.loader
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    return str(setup.advice(setup.BROWSER))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    names = ("chromium", "chromium-browser", "google-chrome")
    program, driver = next(filter(None, map(shutil.which, names)), ""), shutil.which("chromedriver")
    if not program or not driver:
        pytest.fail(f"There is no Chromium with its driver: {installing()}", pytrace=False)
    options = ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    for flag in (
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={tmp_path_factory.mktemp('browser')}",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # its own does not work for root
    ):
        options.add_argument(flag)
    chrome = Chrome(options=options, service=Service(executable_path=driver))
    try:
        yield chrome
    finally:
        chrome.quit()


@pytest.fixture
def opened(browser: Chrome, tmp_path: Path) -> Iterator[Chrome]:
    """The browser on a page full of what is wide, long and hostile, on a phone."""
    file = tmp_path / "run.html"
    file.write_text(render("20261122-000000", RECORD, EFFECTS), "utf-8")
    browser.get_log("performance"), browser.get_log("browser")  # type: ignore[no-untyped-call]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    browser.get(file.as_uri())
    yield browser
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def step(n: int, text: str, parts: dict[str, float]) -> dict[str, Any]:
    return {
        "n": n,
        "thought": text,
        "tool": "read_file",
        "args": {"path": LONG, "text": text, LONG: 1},
        "observation": {"text": text, "ok": n == 1, "sources": [LONG, "https://e.org/" + LONG]},
        "seconds": sum(parts.values()),
        "parts": parts,
        "tokens": {"prompt": 900, "cached": 600, "generated": 40},
    }


RECORD: dict[str, Any] = {
    "goal": f"{HOSTILE} {LONG}",
    "status": "reached",
    "model": "m",
    "workspace": f"/{LONG}",
    "run": {
        "answer": f"{LONG} {HOSTILE}",
        "plan": [LONG, HOSTILE],
        "evidence": [{"claim": LONG, "steps": [1]}, {"claim": HOSTILE, "steps": []}],
        "sources": ["https://e.org/" + LONG, LONG],
        "steps": [
            step(1, TABLE, {"prefill": 1.0, "decode": 2.0, "tool": 1.0}),
            step(2, f"{HOSTILE}\n{LONG}", {"prefill": 0.5, "decode": 0.5, "tool": 1.0}),
        ],
        "seconds": 7.0,
        "parts": {"prefill": 1.5, "decode": 2.5, "tool": 2.0},
    },
}
EFFECTS = Effects(
    (("files", LONG),),
    (FileDiff(f"{LONG}.txt", "changed", (("del", f"-{LONG}"), ("add", f"+{HOSTILE}"))),),
    (f"made {LONG}",),
)


def script(chrome: Chrome, code: str) -> Any:
    return chrome.execute_script(code)  # type: ignore[no-untyped-call]


def test_nothing_is_asked_for_and_nothing_complained_of(opened: Chrome) -> None:
    entries = opened.get_log("performance")  # type: ignore[no-untyped-call]
    messages = [json.loads(entry["message"])["message"] for entry in entries]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
        # the browser's own first page goes on loading parts of itself
        and not message["params"]["documentURL"].startswith("chrome://")
    ]
    assert asked == [opened.current_url]
    assert opened.get_log("browser") == []  # type: ignore[no-untyped-call]
    assert script(opened, "return window.harmed === undefined && !document.images.length")


def test_the_policy_holds_what_a_page_would_do(opened: Chrome) -> None:
    """The policy is in force: what a run would have brought in is not loaded, and complained of."""
    script(opened, "document.body.append(Object.assign(new Image(), {src: 'https://e.org/x.png'}))")
    script(opened, "document.body.setAttribute('style', 'color: red')")
    said = json.dumps(opened.get_log("browser"))  # type: ignore[no-untyped-call]
    assert "Content Security Policy" in said
    assert "https://e.org/x.png" in said
    assert script(opened, "return getComputedStyle(document.body).color") != "rgb(255, 0, 0)"


def test_a_phone_shows_the_page_without_scrolling_sideways(opened: Chrome) -> None:
    script(opened, "document.querySelectorAll('details').forEach(one => one.open = true)")
    assert script(opened, "return innerWidth") == PHONE["width"]
    assert script(opened, "return document.documentElement.scrollWidth") == PHONE["width"]
    assert script(opened, OUTSIDE) == []
    scrolls = (
        "return [...document.querySelectorAll('pre')].some(p => p.scrollWidth > p.clientWidth)"
    )
    assert script(opened, scrolls), "what is wide scrolls in its own box"


def test_bars_are_as_long_as_what_they_stand_for(opened: Chrome) -> None:
    widths = script(
        opened,
        "return [...document.querySelectorAll('article .bar')].map(bar =>"
        " [bar, ...bar.children].map(one => one.getBoundingClientRect().width))",
    )
    (long, *parts), (short, *_) = widths
    assert short == pytest.approx(long / 2, rel=0.02)
    assert [part / long for part in parts] == pytest.approx([0.25, 0.5, 0.25], rel=0.02)


def test_dark_mode_has_colours_of_its_own(opened: Chrome) -> None:
    seen = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        style = "const s = getComputedStyle(document.documentElement);"
        seen.append(script(opened, f"{style} return [s.backgroundColor, s.color]"))
    light, dark = seen
    assert light[0] == "rgb(255, 255, 255)"
    assert light[0] != dark[0]
    assert light[1] != dark[1]


def test_on_paper_everything_is_open(opened: Chrome) -> None:
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    height = (
        "return document.querySelector('details:not([open]) pre').getBoundingClientRect().height"
    )
    assert script(opened, height) > 0
    assert script(opened, "return document.querySelector('details').open") is False


def test_a_source_opens_what_was_read_of_it(opened: Chrome) -> None:
    held = "document.getElementById('seen-1').closest('details').open"
    assert script(opened, f"return {held}") is False
    opened.find_element("css selector", "section .sources a[href='#seen-1']").click()
    assert script(opened, f"return {held}") is True
    assert script(opened, "return document.querySelector(':target').id") == "seen-1"


def test_a_thumb_meets_what_it_is_to_open(opened: Chrome) -> None:
    heights = (
        "return [...document.querySelectorAll('summary, li > a')]"
        ".map(one => one.getBoundingClientRect().height)"
    )
    found = script(opened, heights)
    assert len(found) > 5
    assert min(found) >= 36


def test_prose_is_broken_and_tables_are_not(opened: Chrome) -> None:
    script(opened, "document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = (
        "return [...document.querySelectorAll('article pre')]"
        ".map(one => [one.className, one.scrollWidth > one.clientWidth])"
    )
    found = script(opened, wide)
    assert ["", True] in found
    assert ["wrap", True] not in found
    assert ["wrap", False] in found


def test_an_observation_opens_without_a_script(opened: Chrome) -> None:
    opened.find_element("css selector", "summary").click()
    assert script(opened, "return document.querySelector('details').open") is True
