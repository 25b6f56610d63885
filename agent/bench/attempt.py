"""Outcomes that a suite itself gives for a task: the right one, and wrong ones a model may have.

They hold the checks to account without a model: the right one has to pass, each wrong one to fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nomoat.agent.bench.ended import Ended, text_of
from nomoat.agent.bench.file_checks import edited


@dataclass(frozen=True, slots=True)
class Edit:
    """A file's text, told by how it comes from what was there before."""

    of: str | tuple[str, ...]
    """Files of the folder; the texts of several come one after the other."""
    replace: tuple[tuple[str, str], ...] = ()
    append: str = ""

    def text(self, before: Mapping[str, bytes]) -> str:
        """The file's text after the edit."""
        names = (self.of,) if isinstance(self.of, str) else self.of
        whole = "".join(text_of(before[name]) for name in names)
        return edited(whole, self.replace, self.append)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a run could leave."""

    answer: str = ""
    files: Mapping[str, str | Edit] = field(default_factory=dict)
    """Files written, by path."""
    removed: tuple[str, ...] = ()
    visited: tuple[str, ...] = ()
    reached: bool = True

    def ended(self, before: Mapping[str, bytes]) -> Ended:
        """This outcome in a folder that held `before`.

        Raises:
            KeyError: it edits or removes a file that is not there.
        """
        after = dict(before)
        for path, given in self.files.items():
            text = given if isinstance(given, str) else given.text(before)
            after[path] = text.encode()
        for path in self.removed:
            del after[path]
        return Ended(self.answer, before, after, self.reached, self.visited)
