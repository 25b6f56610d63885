"""CSV and its kin: the dialect is found out, rows say what their values are."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from io import StringIO

from nomoat.memory.load.rows import Row, table_blocks
from nomoat.memory.load.source import Parsed, Source

_DELIMITERS = ",\t;|"
_SAMPLE_ROWS = 20


def read_csv(source: Source) -> Parsed:
    """Rows are counted as a spreadsheet shows them: the header is row 1."""
    text = source.text
    default = "\t" if source.suffix == ".tsv" else ","
    return Parsed(list(table_blocks(_rows(text, delimiter_of(text) or default))))


def delimiter_of(text: str) -> str:
    """What parts the values of a row, or empty when the text does not look like a table.

    The delimiter that gives each of the first rows the same number of values, the most of them.
    """
    sample = "\n".join(text[:50_000].split("\n")[: _SAMPLE_ROWS + 1])
    best, most = "", 1
    for delimiter in _DELIMITERS:
        counts = [len(row) for _, row in itertools.islice(_rows(sample, delimiter), _SAMPLE_ROWS)]
        counts = counts[:-1] if len(counts) > 2 else counts  # the last may be cut
        if counts and min(counts) == max(counts) > most:
            best, most = delimiter, counts[0]
    return best


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """Numbered rows, empty ones left out of the result but counted."""
    # The limit is the process's, not ours alone: it may only grow.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return ((number, row) for number, row in enumerate(reader, 1) if any(map(str.strip, row)))
