"""What a change would make of a text file, before it is made: the plan behind each diff."""

from __future__ import annotations

import difflib
import re
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher

from nomoat.tools.errors import Retry, ToolError
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.text import TextFile, counted, human, line_count, read_end, read_whole

_MAX_DIFF = 200
_MAX_COMPARED = 5_000
ELSEWHERE = "A part of it also stands in other words here:"
"""Stands before the lines that hold more of what was replaced."""
_MAX_SHOWN_LINES = 3
_MAX_TOLD = 12
"""Lines that differ and are told one by one."""
_MAX_TOLD_OF = 1_000
"""Lines of both texts together; more take their time to be compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a call would make of one text file."""

    path: str
    before: TextFile | None
    """None: the file is new."""
    after: str
    done: str
    """The sentence that tells it has been done."""
    style: TextFile | None = None
    """Whose encoding and line ends it gets; None: UTF-8 and `\\n`."""

    def data(self) -> bytes:
        """The file's new bytes."""
        return (self.style or TextFile("")).encode(self.after)

    def diff(self) -> str:
        """A unified diff of at most 200 lines."""
        old = [] if self.before is None else self.before.text.split("\n")
        name = "/dev/null" if self.before is None else f"a/{self.path}"
        lines = _diff(name, f"b/{self.path}", old, self.after.split("\n"))
        if len(lines) > _MAX_DIFF:
            left = len(lines) - _MAX_DIFF
            lines[_MAX_DIFF:] = [f"… {counted(left, 'more line')}"]
        return "\n".join(lines) or f"{self.path}: no line changes."


def written(workspace: Workspace, path: str, content: str) -> Change:
    """`content` as the whole of a file, in UTF-8; one that is replaced keeps its encoding and line
    ends, where it can."""
    path = workspace.writable(path)
    before = _before(workspace, path)
    after = _clean(content)
    if before is not None and before.text == after:
        raise Retry(f"{path!r} has exactly this text already: nothing was written.")
    size = len(after.encode())
    done = f"Wrote {counted(line_count(after), 'line')} ({counted(size, 'byte')}) to {path}."
    if before is not None:
        done += f" It replaces what was there ({human(workspace.stat(path).size)})."
        done += _told(before.text, after)
    return Change(path, before, after, done, style=_style(before, after))


def _style(before: TextFile | None, after: str) -> TextFile | None:
    """Whose encoding and line ends a new text gets."""
    with suppress(Retry):
        if before is not None:
            before.encode(after)
            return before
    return None


def _told(before: str, after: str) -> str:
    """The lines that differ: ` Changed:` and each with `-` or `+` before it; of many, how many."""
    old, new = (text.splitlines() for text in (before, after))
    if len(old) + len(new) > _MAX_TOLD_OF:
        return ""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    differ = [code for code in codes if code[0] != "equal"]
    gone = [f"- {line}" for _, a, b, _, _ in differ for line in old[a:b]]
    come = [f"+ {line}" for _, _, _, a, b in differ for line in new[a:b]]
    lines = [*gone, *come]
    if len(lines) > _MAX_TOLD:
        return f" {counted(len(gone), 'line')} went, {counted(len(come), 'line')} came."
    return "\n".join([" Changed:", *(line[:200] for line in lines)])


def appended(workspace: Workspace, path: str, content: str) -> Change:
    """`content` on lines of its own at the end of a file, whose last line ends as it did."""
    path = workspace.writable(path)
    if not content:
        raise Retry("There is nothing to add: the content is empty.", hint="Say what to add.")
    content = _clean(content)
    before = read_end(workspace, path) if workspace.exists(path) else None
    after = content
    if before is not None:
        is_open = bool(before.text) and not before.text.endswith("\n")
        ends = before.text.endswith("\n") and not content.endswith("\n")
        after = before.text + "\n" * is_open + content + "\n" * ends
    done = f"Added {counted(line_count(content), 'line')} to {path}."
    return Change(path, before, after, done, style=before)


def edited(workspace: Workspace, path: str, old: str, new: str) -> Change:
    """A file with `old` replaced by `new` wherever that stands.

    A passage that is only there in other letters' case, once, is the one that is meant.
    """
    path = workspace.writable(path)
    before = read_whole(workspace, path)
    old, new = (text.replace("\r\n", "\n") for text in (old, new))
    if not old:
        raise Retry("The passage to replace is empty.", hint="Use append_file to add lines.")
    if old == new:
        raise Retry("The old and the new passage are the same.", hint="Change the new one.")
    asked, places = old, _places(before.text, old)
    if not places:
        old = _in_other_case(before.text, old)
        places = _places(before.text, old) if old else []
    if not places:
        raise Retry(
            f"{path!r} does not contain that passage exactly.", hint=_nearest(before, asked)
        )
    lines = ", ".join(map(str, places[:10])) + (", …" if len(places) > 10 else "")
    where = f"line {lines}" if len(places) == 1 else f"{len(places)} places, lines {lines}"
    after = before.text.replace(old, _clean(new))
    done = f"Replaced the passage in {path} ({where}).{_remaining(after, old, _clean(new))}"
    return Change(path, before, after, done, before)


_WORD = re.compile(r"[\w'’-]{4,}")


def _remaining(text: str, old: str, new: str) -> str:
    """Where the words that were changed still stand elsewhere: a name in its other forms."""
    was, now = set(_WORD.findall(old)), set(_WORD.findall(new))
    gone = was - now
    if not gone or not was & now:
        return ""  # it is not a part of it that was changed
    held = re.compile("|".join(rf"\b{re.escape(word)}\b(?![-\w])" for word in sorted(gone)))
    lines = text.replace(new, "\0" * bool(new)).split("\n")
    left = [f"{n}: {line.strip()}" for n, line in enumerate(lines, 1) if held.search(line)]
    shown = "\n".join(line.replace("\0", new)[:200] for line in left[:_MAX_SHOWN_LINES])
    return f" {ELSEWHERE}\n{shown}" if shown else ""


def _places(text: str, passage: str) -> list[int]:
    """The line numbers where `passage` begins, without overlaps."""
    places: list[int] = []
    at = line = 0
    while (found := text.find(passage, at)) >= 0:
        line += text.count("\n", at, found)
        places.append(line + 1)
        line += passage.count("\n")
        at = found + len(passage)
    return places


def _in_other_case(text: str, passage: str) -> str:
    """How a passage stands in a text that writes it with other capitals, once; else empty."""
    found = re.findall(re.escape(passage), text, re.IGNORECASE)
    return str(found[0]) if len(found) == 1 else ""


def _nearest(file: TextFile, passage: str) -> str:
    """The lines most like the passage's first one, exactly as they stand."""
    lines = file.text.split("\n")[:20_000]
    first = next((line for line in passage.split("\n") if line.strip()), "").strip()
    stripped: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            stripped.setdefault(line.strip()[:500], number)
    near = difflib.get_close_matches(first[:500], list(stripped), n=_MAX_SHOWN_LINES, cutoff=0.5)
    if not near:
        return "Read the file, and copy the passage from it."
    shown = "\n".join(f"{stripped[line]}: {lines[stripped[line] - 1][:500]}" for line in near)
    return f"The closest lines are:\n{shown}"


def _diff(old_name: str, new_name: str, old: list[str], new: list[str]) -> list[str]:
    """A unified diff; of long files only the one stretch that differs, which is quick to find."""
    old, new = (lines[:-1] if lines and not lines[-1] else lines for lines in (old, new))
    if len(old) + len(new) <= _MAX_COMPARED:
        return list(difflib.unified_diff(old, new, old_name, new_name, lineterm=""))
    start, end = 0, 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    if not gone and not come:
        return []
    place = f"@@ -{start + 1},{len(gone)} +{start + 1},{len(come)} @@"
    changed = [*(f"-{line}" for line in gone), *(f"+{line}" for line in come)]
    return [f"--- {old_name}", f"+++ {new_name}", place, *changed]


def _before(workspace: Workspace, path: str) -> TextFile | None:
    """What is in a file that gets replaced; a file that is no text counts as one line."""
    if not workspace.exists(path):
        return None
    size = workspace.stat(path).size
    try:
        return read_whole(workspace, path)
    except Retry:
        raise
    except ToolError:
        return TextFile(f"({human(size)}, not shown)")


def _clean(text: str) -> str:
    """Line ends as `\\n`.

    Raises:
        Retry: halves of characters, which cannot be written.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Retry("The text holds half a character.", hint="Write it without that.") from None
    return text.replace("\r\n", "\n")
