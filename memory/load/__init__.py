"""Files become Documents: what a file is, how it is read, and within which limits.

`parse` reads in this process; `Parser` and `parse_safely` read in a child that may only use so
much time and memory, which is what anything that came from outside should go through.
"""

from __future__ import annotations

from nomoat.memory.load.parser import Parser, parse_safely
from nomoat.memory.load.reader import parse
from nomoat.memory.load.source import Limits

__all__ = ["Limits", "Parser", "parse", "parse_safely"]
