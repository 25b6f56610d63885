"""Source code and settings: what language a file is in, and its top-level parts as blocks."""

from __future__ import annotations

import re

from nomoat.memory.document import Block, BlockKind
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.text import lines_span

_ENDINGS = {
    "python": "py pyi pyw",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts tsx mts cts",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala",
    "c": "c h",
    "c++": "cc cpp cxx hpp hh hxx",
    "c#": "cs",
    "go": "go",
    "rust": "rs",
    "swift": "swift",
    "ruby": "rb",
    "php": "php",
    "perl": "pl pm",
    "lua": "lua",
    "r": "r",
    "julia": "jl",
    "haskell": "hs",
    "elixir": "ex exs",
    "clojure": "clj cljs",
    "dart": "dart",
    "zig": "zig",
    "shell": "sh bash zsh fish",
    "powershell": "ps1",
    "sql": "sql",
    "css": "css scss less",
    "vue": "vue",
    "protobuf": "proto",
    "terraform": "tf",
    "yaml": "yaml yml",
    "toml": "toml",
    "settings": "ini cfg conf properties",
    "make": "mk cmake",
    "tex": "tex",
}
_BY_ENDING = {f".{each}": name for name, all_ in _ENDINGS.items() for each in all_.split()}
_BY_NAME = {"makefile": "make", "dockerfile": "dockerfile", "cmakelists.txt": "make"}
_SHEBANG = re.compile(r"#!.{0,80}?\b(python|bash|zsh|sh|node|perl|ruby)")
_INTERPRETERS = {"node": "javascript", "bash": "shell", "zsh": "shell", "sh": "shell"}
_DEFINES = re.compile(
    r"(?:[a-z]+ ){0,4}?"
    r"(?:def|class|func|function|fn|struct|enum|trait|impl|interface|module|namespace|type) +"
    r"(?P<name>[A-Za-z_]\w*)"
)

LANGUAGES = frozenset(_ENDINGS) | frozenset(_BY_NAME.values())


def language_of(name: str, start: str) -> str:
    """The language by the file's name or its first line, or empty."""
    shebang = _SHEBANG.match(start)
    if shebang:
        return _INTERPRETERS.get(shebang[1], shebang[1])
    suffix = "." + name.lower().rpartition(".")[2]
    return _BY_NAME.get(name.lower()) or _BY_ENDING.get(suffix, "")


def read_code(source: Source) -> Parsed:
    """A block for each part that begins at the left edge after a blank line.

    A part that defines a function or a class has its name as title.
    """
    blocks = []
    lines = source.lines
    starts = [at for at, line in enumerate(lines) if _begins_part(lines, at)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        part = lines[start:end]
        while part and not part[-1].strip():
            part.pop()
        if part:
            span = lines_span(start + 1, start + len(part))
            blocks.append(Block("\n".join(part), BlockKind.CODE, span, _names(part)))
    return Parsed(blocks)


def _begins_part(lines: list[str], at: int) -> bool:
    if at == 0:
        return True
    line = lines[at]
    return (
        bool(line) and not line[0].isspace() and line[0] not in "})]" and not lines[at - 1].strip()
    )


def _names(part: list[str]) -> tuple[str, ...]:
    found = next((found for found in map(_DEFINES.match, part) if found), None)
    return (found["name"],) if found else ()
