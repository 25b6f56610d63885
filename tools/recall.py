"""`recall` and `remember`: the person's documents as quotes, and facts to keep.

A quote is headed by the name of its document, not by its citation. A citation looks like a path of
the workspace, and a model that sees one tries to read that file. Citations are in the `sources`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Protocol, runtime_checkable

from langchain_core.tools import BaseTool

from nomoat.memory.document import Passage
from nomoat.tools.base import Output, tool
from nomoat.tools.errors import Retry
from nomoat.tools.uses import USES

PASSAGES = 6
MAX_CHARS = 2_500
_LEAST = 200
"""Characters a passage is worth showing with."""


class Recallable(Protocol):
    """What `recall` needs of a memory: `nomoat.memory.Memory` is one."""

    def search(self, query: str, k: int = ...) -> list[Passage]: ...


@runtime_checkable
class Rememberer(Protocol):
    """A memory that also keeps facts."""

    def remember(self, fact: str) -> object: ...


def recall_tools(memory: Recallable) -> list[BaseTool]:
    """`recall`, and `remember` where the memory can keep facts."""
    tools = [_recall(memory)]
    if isinstance(memory, Rememberer):
        tools.append(_remember(memory))
    return tools


def _recall(memory: Recallable) -> BaseTool:
    @tool(effects="read", uses=USES["recall"])
    def recall(query: str) -> Output:
        """Find passages in the person's own documents, which are no files of the workspace.

        Args:
            query: What is looked for, in a few words or as a question.
        """
        if not query.strip():
            raise Retry("The query is empty.", hint="Say what is looked for.")
        passages = memory.search(query, PASSAGES)
        if not passages:
            text = f"The memory holds nothing about {query.strip()!r}."
            return Output(f"{text} Try other words once; if that finds nothing, it is not there.")
        text, shown = quotes(passages)
        sources = tuple(dict.fromkeys(str(passage.citation) for passage in shown))
        return Output(text, sources=sources, private=True)

    return recall


def _remember(memory: Rememberer) -> BaseTool:
    @tool(
        effects="write",
        preview=lambda arguments: f"Remember: {arguments.get('fact', '')}",
        uses=USES["remember"],
    )
    def remember(fact: str) -> Output:
        """Keep a fact for later runs; only when the person asked to remember it.

        Args:
            fact: One whole sentence that says it all without this conversation.
        """
        said = " ".join(fact.split())
        if not said:
            raise Retry("The fact is empty.", hint="Give one whole sentence.")
        memory.remember(said)
        return Output(f"Remembered: {said}", private=True)

    return remember


def quotes(passages: Sequence[Passage], chars: int = MAX_CHARS) -> tuple[str, list[Passage]]:
    """Passages as quotes, best first, in about `chars` characters in all, and those shown."""
    blocks: list[str] = []
    shown: list[Passage] = []
    left = chars
    for number, passage in enumerate(passages, 1):
        head = f"{heading(number, passage)}\n"
        room = left - len(head)
        if room < min(_LEAST, len(passage.text)) and blocks:
            break
        body = passage.text.strip()
        blocks.append(head + (body if len(body) <= room else f"{body[: max(room - 1, 0)]}…"))
        shown.append(passage)
        left -= len(blocks[-1]) + 2
    return "\n\n".join(blocks), shown


def heading(number: int, passage: Passage) -> str:
    """What a passage is shown under: `[document 2: house rules > Pets, 2024-05-01]`.

    The file's name stands in it as words, and not at all where the first heading repeats it.
    """
    name, titles = _words(PurePath(passage.citation.path).stem), list(passage.titles)
    parts = titles if titles and titles[0].casefold() == name.casefold() else [name, *titles]
    dated = f", {passage.date[:10]}" if passage.date else ""
    return f"[document {number}: {' > '.join(parts)}{dated}]"


def _words(name: str) -> str:
    """A file's name without what makes a name of it; dates and numbers stay as they are."""
    return " ".join(re.sub(r"_|(?<!\d)[-.]|[-.](?!\d)", " ", name).split())
