"""Facts in a text, however they are worded: numbers, words, dates, and saying no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

_TYPOGRAPHY = str.maketrans("’‘“”–—−\u2011\u00a0\u202f\u2009", "''\"\"----   ", "*`")

# What is made of digits and is no number: addresses, days, clock times, names of files.
_NO_NUMBER = re.compile(
    r"https?://\S+|\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b|[\w-]+\.[A-Za-z]\w{1,4}\b"
)
_NUMBER = re.compile(r"(?<![\w.,])-?\d+(?:[.,' ]\d+)*")
_CURRENCY = re.compile(r"\b(?:eur|usd|gbp|chf)(?=\d)")
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_TENS = "thirty forty fifty sixty seventy eighty ninety hundred".split()
_WORD_NUMBERS = {word: float(n) for n, word in enumerate(_UNITS)}
_WORD_NUMBERS |= {word: 10.0 * n for n, word in enumerate(_TENS, 3)}

_MONTHS = (
    "january february march april may june july august september october november december"
).split()

_DENIALS = re.compile(
    r"\b(?:no|not|none|nothing|nobody|nowhere|never|neither|nor|cannot|cant|unable|impossible|"
    r"missing|absent|unknown|unavailable|unclear|invalid|empty|lacks?|lacking|without|fail(?:s|ed)?|"
    r"404|contradict\w*|conflict\w*|inconsistent|incompatible|nonexistent|zero)\b|"
    r"n't\b|(?<![\d.,])0(?:[.,]0+)?(?![\d.,%])"
)


def plain(text: str) -> str:
    """Small letters without accents, emphasis, typography and double spaces."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHY))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


def holds_word(text: str, word: str) -> bool:
    """Whether a word or phrase stands in a text; `tulip*` is any word that begins so."""
    wanted = plain(word.removesuffix("*"))
    begin = r"(?<!\w)" if wanted[:1].isalnum() else ""
    end = r"(?!\w)" if wanted[-1:].isalnum() and not word.endswith("*") else ""
    return re.search(begin + re.escape(wanted) + end, plain(text)) is not None


def numbers_in(text: str) -> frozenset[float]:
    """Every value that a number in a text can have; `1.250` is 1.25 here and 1250 elsewhere."""
    rest = _CURRENCY.sub("", _NO_NUMBER.sub(" ", plain(text)))
    found = {value for match in _NUMBER.finditer(rest) for value in _values(match.group())}
    words = (_WORD_NUMBERS.get(word) for word in re.findall(r"[a-z]+", rest))
    return frozenset(found | {value for value in words if value is not None})


def _values(token: str) -> Iterator[float]:
    if " " in token:  # 1 250 000, or numbers in a row
        if re.fullmatch(r"-?\d{1,3}(?: \d{3})+(?:[.,]\d+)?", token):
            yield from _values(token.replace(" ", ""))
        for part in token.split(" "):
            yield from _values(part)
        return
    token = token.replace("'", "")
    marks = re.findall(r"[.,]", token)
    groups = re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", token)
    if not marks:
        yield float(token)
    elif len(marks) == 1:
        yield float(token.replace(",", "."))
        if groups:
            yield float(re.sub(r"[.,]", "", token))
    elif len(set(marks)) == 1:
        if groups:  # else it is 12.05.2026 or a version
            yield float(re.sub(r"[.,]", "", token))
    elif marks.count(marks[-1]) == 1:  # 1,250.50 and 1.250,50
        whole, _, rest = token.rpartition(marks[-1])
        yield float(re.sub(r"[.,]", "", whole) + "." + rest)


def lacking_numbers(text: str, wanted: Iterable[float], tolerance: float) -> list[float]:
    """Those numbers that stand nowhere in a text. Signs do not count: "12 less" is -12."""
    found = [abs(value) for value in numbers_in(text)]
    room = tolerance + 1e-9
    return [n for n in wanted if not any(abs(abs(n) - value) <= room for value in found)]


def holds_date(text: str, day: date) -> bool:
    """Whether a text names a day, in any usual spelling; the year may be left out, not be wrong."""
    name, d, m, y = _MONTHS[day.month - 1], day.day, day.month, day.year
    month = rf"(?:{name}|{name[:3]}|{name[:4]})\.?"
    year = rf"(?!,? (?:of )?(?!{y}\b)\d{{4}}\b)"
    short = rf"(?:{y}|{y % 100:02})"
    spellings = (
        rf"\b{y}[-/.]0?{m}[-/.]0?{d}\b",
        rf"\b0?{d}(?:st|nd|rd|th)?(?: of)? {month}(?!\w){year}",
        rf"\b{month} 0?{d}(?:st|nd|rd|th)?\b{year}",
        rf"\b0?{d}[./-]0?{m}[./-]{short}\b",
        rf"\b0?{m}/0?{d}/{short}\b",
        rf"\b0?{d}\.0?{m}\.(?!\d)",
    )
    return any(re.search(spelling, plain(text)) for spelling in spellings)


def denies(text: str) -> bool:
    """Whether a text says that something is not there or cannot be done."""
    return _DENIALS.search(plain(text)) is not None
