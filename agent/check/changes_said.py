"""What an answer tells of files, held against the files: changes that nobody made, and files that
are there though it says that they are not.

A small model that has corrected one file tells of three, and where it found no place for a change
it says that there is no such file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from nomoat.agent.check.evidence import Claim
from nomoat.agent.goal.asked import FILE

_A_FILE = rf"(?:the\s+)?[`'\"]?(?:{FILE.pattern})[`'\"]?(?:\s+(?:file|table|list))?"
_SAID = re.compile(
    rf"(?P<files>{_A_FILE}(?:(?:,\s*(?:and\s+)?|\s+and\s+){_A_FILE})*)\s+"
    r"(?:has|have|was|were)\s+(?:both\s+|all\s+|also\s+)?(?:been\s+)?(?:successfully\s+)?"
    r"(?:updated|changed|edited|corrected|modified|fixed|written|created|overwritten)\b",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"\b(?:of|from|in|to)\s*$", re.IGNORECASE)
"""Before a file that is not what was changed: `the text of notes.txt has been written to …`."""


def changes_not_made(answer: str, changed: Iterable[str]) -> tuple[Claim, ...]:
    """The changes of files that an answer tells of, and that nobody made.

    Args:
        answer: the answer.
        changed: paths of the files that were changed.
    """
    there = {path.rsplit("/", 1)[-1].casefold() for path in changed}
    said = (m for m in _SAID.finditer(answer) if not _INSIDE.search(answer[: m.start()]))
    told = (name for match in said for name in FILE.findall(match["files"]))
    wrong = (name for name in told if name.rsplit("/", 1)[-1].casefold() not in there)
    return tuple(Claim(f"a change of {name}", "change") for name in dict.fromkeys(wrong))


_MISSED = re.compile(
    rf"({FILE.pattern})[`'\"]?(?:\s+(?:file|table|list))?\s+(?:(?:does\s+not|doesn['’]t)\s+exist\b|"
    r"(?:is|are|was|were)\s+not\s+(?:(?:there|found|available|present)\b|"
    r"in\s+(?:the|this|your)\s+(?:workspace|folder)\b))|"
    rf"\bno\s+(?:file\s+)?(?:named\s+|called\s+)?[`'\"]?({FILE.pattern})",
    re.IGNORECASE,
)


def files_denied(answer: str, exists: Callable[[str], bool]) -> tuple[Claim, ...]:
    """The files of which an answer says that they are not there, and that are.

    Args:
        answer: the answer.
        exists: whether there is a file of this name.
    """
    said = (match[1] or match[2] for match in _MISSED.finditer(answer))
    there = (name for name in dict.fromkeys(said) if exists(name))
    return tuple(Claim(f"{name} is not there", "change") for name in there)
