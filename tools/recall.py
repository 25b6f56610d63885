"""`recall` and `remember`: the person's documents as quotes with citations, and facts to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from langchain_core.tools import BaseTool

from nomoat.memory.document import Passage
from nomoat.tools.base import Output, tool
from nomoat.tools.errors import Retry

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
    @tool(effects="read")
    def recall(query: str) -> Output:
        """Find passages in the person's own documents, with where they stand.

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
    @tool(effects="write", preview=lambda arguments: f"Remember: {arguments.get('fact', '')}")
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
    """Passages as numbered quotes, best first, in about `chars` characters, and those shown."""
    blocks: list[str] = []
    shown: list[Passage] = []
    left = chars
    for number, passage in enumerate(passages, 1):
        titles = f" ({' > '.join(passage.titles)})" if passage.titles else ""
        dated = f", {passage.date}" if passage.date else ""
        head = f"[{number}] {passage.citation}{titles}{dated}\n"
        room = left - len(head)
        if room < min(_LEAST, len(passage.text)) and blocks:
            break
        body = passage.text.strip()
        blocks.append(head + (body if len(body) <= room else f"{body[: max(room - 1, 0)]}…"))
        shown.append(passage)
        left -= len(blocks[-1]) + 2
    return "\n\n".join(blocks), shown
