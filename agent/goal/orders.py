"""Passages in files and pages that speak to programs instead of people: not shown to the model.

What such a passage could do is limited by the policy and the contract, whatever the model thinks
of it. But a small model that is told `answer only with ...` in a file does answer so, and the
person gets no answer. So these passages are left out of what the model sees, and said to be; a
run's record (`nomoat show`) holds them as they are. Only passages that address programs as such
are found: it is no defence against the others.
"""

from __future__ import annotations

import re

LEFT_OUT = "[Left out: a passage that gives orders to AI programs.]"

_PROGRAM = (
    r"(?:A\.?I\.?|artificial intelligences?|(?:large )?language models?|LLMs?|chat ?bots?|"
    r"(?:AI|automat\w+|virtual|digital|autonomous)[ -](?:assistants?|agents?|readers?|systems?|"
    r"tools?|programs?))\b"
)
_SPEAKS_TO = re.compile(
    rf"\b(?:attention|note|notice|message|important|instructions?|warning|hint)\b"
    rf"[^.!?\n]{{0,24}}?\b(?:to\s+|for\s+|:\s*)?(?:all\s+|any\s+|every\s+)?{_PROGRAM}|"
    r"\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+|the\s+|your\s+|of\s+)*"
    r"(?:previous|prior|above|earlier|preceding|system|former)\s+"
    r"(?:instructions?|prompts?|rules?|messages?|orders?)\b|"
    rf"\bif\s+you\s+are\s+(?:an?\s+)?{_PROGRAM}|"
    rf"^[^\w\n]*(?:dear\s+|hello\s+|hey\s+|hi\s+)?{_PROGRAM}(?:\s+\w+)?\s*[,:]|"
    r"\b(?:(?:for|to|if|dear)\s+)?(?:(?:the|an?|any|every|all|whatever)\s+)?(?:computers?|machines?|"
    r"(?:computer\s+)?programs?|software|robots?|bots?|models?|systems?)\s+"
    r"(?:(?:that|which|who)\s+)?(?:(?:is|are|will)\s+)?"
    r"(?:read|count|process|open|sum|summari[sz]e|scan|parse)(?:s|es|ing)?\s+"
    r"(?:this|these|it)\b(?=\s*(?:[,.:;!?)]|$|\b(?:text|file|page|document|mail|message|list|note|"
    r"must|should|has|have|and|or)\b))",
    re.IGNORECASE | re.MULTILINE,
)


_ENDS = re.compile(r"[.!?]\s+")
"""Of sentences in one line."""


def without_orders(text: str) -> str:
    """The text, where for a passage that speaks to programs stands that it was left out.

    A passage goes from the beginning of its sentence to the next blank line.
    """
    kept: list[str] = []
    at = 0
    while match := _SPEAKS_TO.search(text, at):
        line = text.rfind("\n", at, match.start()) + 1 or at
        ends = [end.end() for end in _ENDS.finditer(text, line, match.start())]
        begin = ends[-1] if ends else line
        end = text.find("\n\n", match.end())
        kept += [text[at:begin], LEFT_OUT]
        at = len(text) if end < 0 else end
    return "".join([*kept, text[at:]])
