"""The page of a run: whole, self-contained, and unharmed by whatever a run has read."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nomoat.agent.printable import clean
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import answer, call
from nomoat.agent.trust.journal import Journal
from nomoat.agent.ui.page import Effects, policy, render
from nomoat.agent.ui.page_diff import MAX_COMPARED, FileDiff, diffs
from nomoat.agent.ui.page_view import bar, course, is_web
from tests.agent.conftest import Nomoat

VOID = {"meta"}
TAGS = set(
    """html head meta title style body main header section article h1 h2 h3 p ul ol li dl div dt dd
    a code pre span strong i details summary""".split()
)
ATTRIBUTES = set(
    """charset http-equiv content name lang class id dir rel href role aria-label aria-labelledby
    tabindex open""".split()
)
GOAL = "Write hello to out.txt, and then change hello to goodbye in out.txt"
WRITE = [
    call("write_file", path="out.txt", content="hello\nworld\n"),
    call("edit_file", path="out.txt", old="hello", new="goodbye"),
    answer("I wrote hello to out.txt and changed it to goodbye."),
]


class Parsed(HTMLParser):
    """A page as a browser would take it: every tag opened and closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.tags if "id" in attributes]

    def of(self, tag: str) -> list[str]:
        return [data for inside, data in self.texts if inside == tag]


def held(text: str) -> Parsed:
    """A page that can do no harm: only these tags and attributes, no address that is loaded."""
    assert clean(text) == text
    page = Parsed(text)
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {name for _, attributes in page.tags for name in attributes} <= ATTRIBUTES
    for tag, attributes in page.tags:
        if "href" in attributes:
            href = attributes["href"] or ""
            assert tag == "a"
            assert re.match(r"#(step|seen|told)-\d+\Z|https?://", href)
            assert not href.startswith(("#seen", "#told")) or href[1:] in page.ids
            assert href.startswith("#") or "noreferrer" in (attributes["rel"] or "").split()
    (style,) = page.of("style")
    allowed = [a["content"] for t, a in page.tags if a.get("http-equiv")]
    assert allowed == [policy(style)]
    assert not re.search(r"url\(|@import|expression", style)
    return page


def record(text: str = "x", **run: Any) -> dict[str, Any]:
    """A run in which every text is this one."""
    step = {
        "n": 1,
        "thought": text,
        "tool": text,
        "args": {text: text, "deep": {text: [text, 1, None]}},
        "observation": {"text": text, "ok": False, "files": [text], "sources": [text]},
        "seconds": 4.0,
        "parts": {"prefill": 1.0, "decode": 2.0, "tool": 0.5},
        "tokens": {"prompt": 1300, "cached": 1000, "generated": 40, "forced": 2},
    }
    told = {
        "answer": text,
        "error": text,
        "plan": [text],
        "evidence": [{"claim": text, "kind": "name", "steps": [0, 1]}, {"claim": text}],
        "sources": [text, "https://example.org/a?b=c&d=e"],
        "missing_files": [text],
        "doubts": [text],
        "may": [text],
        "refused": [{"n": 1, "tool": text, "args": {text: text}, "why": text}],
        "steps": [step],
        "seconds": 10.0,
    }
    facts = dict.fromkeys(("goal", "status", "model", "workspace"), text)
    return {**facts, "run": {**told, **run}}


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                *("<script>alert(1)</script>", "</style>", "</title>", "</pre>", "<!--", "-->"),
                *("]]>", "<img src=x onerror=alert(1)>", "\"><a href='javascript:x'>", "' x='"),
                *("javascript:alert(1)", "https://e.org/\"onclick='x", "data:text/html,x", "&lt;"),
                *(
                    "{{ 7*7 }}",
                    "{% raw %}",
                    "\x1b[2J",
                    "\u202e",
                    "\u2066",
                    "\x00",
                    "\r",
                    "\n",
                    "\t",
                ),
                *(
                    "\ud800",
                    "\ufeff",
                    "\u2028",
                    "http://[::1",
                    "//e.org/x",
                    "}*{background:url(x)}",
                ),
            ]
        ),
        max_size=5,
    ).map("".join),
)


@given(HOSTILE)
@example("</style><script>alert(1)</script>")
def test_whatever_a_run_has_read_is_text(text: str) -> None:
    diff = FileDiff(text, text, (("add", text),), text)
    effects = Effects(((text, text),), (diff,), (text,), text)
    page = held(render(text, record(text), effects, [[text, text]]))
    assert "".join(page.of("h1")) == clean(text)
    assert not any("49" in data for _, data in page.texts if "7*7" in text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(
        ["steps", "plan", "evidence", "sources", "seconds", "tokens", "parts", "answer"]
    ),
)
def test_a_damaged_record_is_shown_as_far_as_it_goes(value: Any, name: str) -> None:
    damaged = record(**{name: value})
    held(render("r", damaged, Effects()))
    if name in ("seconds", "tokens", "parts"):
        damaged["run"]["steps"] = [{"n": value, name: value}]
        held(render("r", damaged, Effects()))


def test_a_run_that_has_not_ended_has_a_page() -> None:
    page = held(render("r", {"goal": "g", "status": "running", "model": "m"}, Effects()))
    assert any("has not ended" in data for data in page.of("p"))


# -- what stands there ------------------------------------------------------------------------


def test_time_is_told_in_parts() -> None:
    one = bar("b1", record()["run"]["steps"][0], longest=8.0)
    assert one.words() == "4.0 s: prefill 1.0 s, decode 2.0 s, tool 0.5 s, rest 0.5 s"
    assert one.rules().startswith(".b1{width:50.00%}.b1>.prefill{flex-grow:1.000}")
    assert bar("b1", {"seconds": 3.0}).words() == "3.0 s"  # a record from before there were parts
    resumed = bar("whole", {"seconds": 1.0, "parts": {"prefill": 2.0, "decode": 3.0}})
    assert (resumed.seconds, dict(resumed.parts).get("rest")) == (5.0, None)


def test_sources_on_the_web_are_links() -> None:
    assert is_web("https://example.org/a?b=c#d")
    for text in (
        "notes.md:3-4",
        "javascript:alert(1)",
        "https://",
        "https://e.org/a b",
        "https://e.org/\u202e",
        "ftp://e.org",
        "http://[::1",
        "",
    ):
        assert not is_web(text), text
    page = held(render("r", record("notes.md:3"), Effects()))
    hrefs = [a["href"] or "" for t, a in page.tags if t == "a"]
    assert [href for href in hrefs if not href.startswith("#")] == ["https://example.org/a?b=c&d=e"]


def test_a_source_leads_to_what_was_read_of_it() -> None:
    told = record("x", sources=["notes.md:3", "lease.md:9", "https://e.org/", "gone.md"])
    told["run"]["steps"][0]["observation"] |= {"sources": ["notes.md:3", "https://e.org/"]}
    page = held(render("r", told, Effects(), [["lease.md:9", "Three months' notice."]]))
    hrefs = [a["href"] for t, a in page.tags if t == "a" and a["href"] != "#step-1"]
    assert hrefs[:4] == ["#seen-1", "#told-1", "https://e.org/", "#seen-1"]
    assert any("Three months' notice." in data for data in page.of("pre"))
    assert "gone.md" in page.of("code")


def test_the_passages_of_a_run_are_on_its_page(nomoat: Nomoat, place: Path) -> None:
    (place / "lease.md").write_text("The tenant gives three months' notice.\n")
    goal = "How many months' notice does the tenant give?"
    nomoat(goal, script=[answer("The tenant gives three months' notice.")])
    page = held(nomoat("show", "--html", "-").stdout)
    assert any("gives three months' notice" in data for data in page.of("pre"))
    hrefs = [a["href"] for t, a in page.tags if t == "a"]
    assert "#told-1" in hrefs
    (RunStore().find("last").path / "checkpoints.sqlite").write_bytes(b"no database" * 100)
    assert "told-1" not in held(nomoat("show", "--html", "-").stdout).ids


def test_why_an_answer_is_not_verified_is_told_once() -> None:
    told = record("x", evidence=[{"claim": "412", "steps": []}], missing_files=["a.txt"])
    told["run"]["doubts"] = ["not observed: 412", "not written: a.txt", "nothing was changed"]
    page = held(render("r", told, Effects()))
    said = [data for data in page.of("p") if "not" in data and data != "x"]
    assert said == ["nothing was changed"]
    assert page.of("strong") == ["not observed", "not written"]


def test_the_steps_stand_in_a_row_as_wide_as_they_took() -> None:
    told = record()["run"] | {"parts": {"prefill": 3.0, "decode": 4.0, "tool": 1.0}}
    told["steps"] = [told["steps"][0], told["steps"][0] | {"n": 2, "seconds": 5.0}]
    row = course(told)
    assert [(one.name, one.seconds) for one in row] == [("t1", 4.0), ("t2", 5.0), ("beside", 1.0)]
    assert row[0].rules_in_a_row().startswith(".t1{flex-grow:4.000}.t1>.prefill{flex-grow:1.000}")
    assert course({"steps": [{"n": 1}], "seconds": 2.0}) == ()  # a record from before there were


def test_what_fits_on_a_line_is_not_folded() -> None:
    told = record("one line")
    page = held(render("r", told, Effects()))
    assert "details" not in {tag for tag, _ in page.tags}
    told["run"]["steps"][0]["observation"]["text"] = "a | b\n1 | 2\n"
    told["run"]["steps"][0]["args"] = {"content": "long words " * 20}
    page = held(render("r", told, Effects()))
    assert [a.get("class") for t, a in page.tags if t == "pre"] == ["wrap", None]


def test_a_page_tells_all_of_a_run(nomoat: Nomoat, place: Path, tmp_path: Path) -> None:
    assert nomoat(GOAL, "--yes", script=WRITE).exit_code == 0
    file = tmp_path / "run.html"
    done = nomoat("show", "last", "--html", str(file))
    assert (done.exit_code, done.stdout) == (0, f"wrote {file}\n")
    assert file.stat().st_mode & 0o777 == 0o600
    page = held(file.read_text("utf-8"))
    shown = " ".join(" ".join(data for _, data in page.texts).split())
    for part in (
        GOAL,
        "I wrote hello to out.txt and changed it to goodbye.",
        "What the goal allows",
        "write_file path out.txt content hello world",
        "out.txt made @@ -0,0 +1,2 @@ +goodbye +world",
        "made out.txt (14 bytes)",
    ):
        assert part in shown, part
    assert [a["id"] for t, a in page.tags if t == "article"] == ["step-1", "step-2"]
    assert nomoat("show", "last", "--html", "-").stdout == file.read_text("utf-8")


def test_what_a_goal_allows_is_told_from_the_journal_where_the_record_is_silent() -> None:
    silent = record(may=None)
    page = held(render("r", silent, Effects((("may", "read, write"), ("files", "out.txt")))))
    assert page.of("dd")[:2] == ["read, write", "out.txt"]
    assert [
        data
        for data in held(render("r", record(may=["make reports.md"]), Effects())).of("li")
        if "reports" in data
    ] == ["make reports.md"]


def test_a_page_that_cannot_be_written_is_told(nomoat: Nomoat) -> None:
    nomoat("What is 2+2?")
    refused = nomoat("show", "last", "--html", "nowhere/run.html")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 2)
    assert "nowhere/run.html cannot be written: No such file" in refused.stderr


def test_a_damaged_journal_leaves_the_rest_readable(nomoat: Nomoat) -> None:
    nomoat("What is 2+2?")
    (RunStore().find("last").path / "journal.jsonl").write_text("no JSON\n")
    page = held(nomoat("show", "--html", "-").stdout)
    assert any("is damaged at line 1" in data for data in page.of("p"))
    assert any("The sum is 4." in data for data in page.of("p"))


def test_a_step_in_the_terminal_has_its_parts_too(nomoat: Nomoat) -> None:
    nomoat("What is 2+2?")
    file = RunStore().find("last").path / "run.json"
    told = json.loads(file.read_text())
    told["run"]["steps"][0] |= record()["run"]["steps"][0] | {"observation": {"text": "4"}}
    file.write_text(json.dumps(told))
    assert (
        "Step 1 x (4.0 s: prefill 1.0 s, decode 2.0 s, tool 0.5 s, rest 0.5 s; "
        "40 tokens written, 300 read, 1,000 cached)\n"
    ) in nomoat("show").stdout


# -- files ------------------------------------------------------------------------------------


@pytest.fixture
def changed(nomoat: Nomoat, place: Path) -> Path:
    """A workspace in which a run changed `out.txt`, which was there before."""
    (place / "out.txt").write_text("one\nhello\nthree\n")
    script = ["```\none\ngoodbye\nthree\n```", answer("I changed it to goodbye.")]
    assert nomoat("Change hello to goodbye in out.txt", "--yes", script=script).exit_code == 0
    return place


def of_last(place: Path) -> tuple[FileDiff, ...]:
    return diffs(Journal(RunStore().find("last").path), place)


def test_a_changed_file_is_compared_with_what_it_was(changed: Path) -> None:
    (diff,) = of_last(changed)
    assert (diff.path, diff.change, diff.said) == ("out.txt", "changed", "")
    assert diff.lines == (
        ("at", "@@ -1,3 +1,3 @@"),
        ("same", " one"),
        ("del", "-hello"),
        ("add", "+goodbye"),
        ("same", " three"),
    )


def test_what_somebody_wrote_since_is_not_shown_as_the_runs(changed: Path) -> None:
    (changed / "out.txt").write_text("my secret\n")
    (diff,) = of_last(changed)
    assert (diff.change, diff.lines) == ("changed", ())
    assert "changed since" in diff.said


def test_what_was_undone_is_told(nomoat: Nomoat, changed: Path) -> None:
    assert nomoat("undo").exit_code == 0
    (diff,) = of_last(changed)
    assert (diff.change, diff.lines) == ("changed", ())
    assert diff.said == "It was undone: what the run wrote is gone."


def test_a_page_tells_no_secret(nomoat: Nomoat, place: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n"
    (place / "out.txt").write_text(f"{key}password=correct-horse-7\nhello\n")
    script = [WRITE[1], answer("It says correct-horse-7.")]
    nomoat("Change hello to goodbye in out.txt", "--yes", script=script)
    text = nomoat("show", "--html", "-").stdout
    page = held(text)
    assert "[secret]" in "".join(page.of("span"))
    for secret in ("MIIEvQIBADANBg", "kqhkiG9w0BAQEF", "correct-horse-7"):
        assert secret not in text


def test_without_the_workspace_only_the_names_are_told(changed: Path, tmp_path: Path) -> None:
    (diff,) = of_last(tmp_path / "gone")
    assert (diff.path, diff.change, diff.lines) == ("out.txt", "changed", ())


@pytest.mark.parametrize("content", ["a\0b", "line\n" * (MAX_COMPARED + 1)])
def test_what_cannot_be_compared_is_told_by_its_size(
    nomoat: Nomoat, place: Path, content: str
) -> None:
    (place / "out.txt").write_text(content)
    script = [call("delete_file", path="out.txt"), answer("I deleted out.txt.")]
    assert nomoat("Delete out.txt", "--yes", script=script).exit_code == 0
    (diff,) = of_last(place)
    assert (diff.change, diff.lines) == ("deleted", ())
    assert f"{len(content):,} bytes before, 0 after" in diff.said


# -- looks ------------------------------------------------------------------------------------


def test_every_colour_of_text_can_be_read_on_every_ground() -> None:
    sheet = (Path(__file__).parents[3] / "agent" / "ui" / "page.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    for scheme in (light, dark):
        colours = dict(re.findall(r"--(\w+): (#\w+);", scheme))
        for text in ("ink", "soft", "link", "good", "bad", "warn"):
            for ground in ("paper", "box"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        for ground in ("add", "del"):
            assert contrast(colours["ink"], colours[ground]) >= 4.5, ground


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
