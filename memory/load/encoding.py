"""Bytes to text: marks first, then UTF-8, then the best guess that reads as a language."""

from __future__ import annotations

import codecs

from nomoat.memory.errors import DocumentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 1 << 13
_CODE_PAGES = (
    *("cp1252", "cp1251", "cp932", "gb18030", "euc_jp", "big5", "euc_kr", "cp1250", "koi8_r"),
    *("iso8859_2", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp437", "cp850"),
)
"""What text that is not UTF-8 was saved in; the first of them wins when it does no worse."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b"))


def decode(data: bytes) -> str:
    """The text of `data` with line ends as `\\n`; DocumentError when no encoding fits it."""
    text = _decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def looks_binary(head: bytes) -> bool:
    """Whether the beginning of a file is not text in any usual encoding."""
    if head.startswith(tuple(mark for mark, _ in _MARKS)):
        return False
    if b"\0" in head:
        return not _wide(head)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > len(head) * 0.02


def _decode(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    if b"\0" in data[:_SAMPLE]:
        wide = _wide(data[:_SAMPLE])
        if wide:
            return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _nearly_utf8(data) or _guessed(data)


def _wide(head: bytes) -> str:
    """The name of the two-byte encoding that unmarked text is in, or nothing.

    Text of the alphabets has a zero in nearly every second byte.
    """
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.1:
        return "utf-16-be"
    return ""


def _nearly_utf8(data: bytes) -> str:
    """UTF-8 with a few damaged places stays UTF-8: a guess would spoil all of its letters."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    sound = len(data) - len(data.translate(None, bytes(range(0x80, 0xC0))))
    return text if damaged * 10 <= sound else ""


def _guessed(data: bytes) -> str:
    import charset_normalizer

    sample = _telling(data)
    matches = charset_normalizer.from_bytes(sample, cp_isolation=list(_CODE_PAGES))
    best = matches.best()
    if best is None:
        raise DocumentError(
            "Its text is in no encoding that could be recognised, or it is not text.",
            hint="Save it as UTF-8.",
        )
    usual = next((match for match in matches if match.encoding == _CODE_PAGES[0]), best)
    if usual.chaos <= best.chaos and usual.coherence >= best.coherence:
        best = usual
    return data.decode(best.encoding, "replace")


def _telling(data: bytes) -> bytes:
    """The lines at the beginning that are not plain ASCII: only those tell code pages apart."""
    lines = (line for line in data[: 1 << 20].split(b"\n") if not line.isascii())
    sample = b"\n".join(lines)[:_SAMPLE]
    # A sample that ends within a letter of two bytes would count against the right answer.
    return sample[: sample.rfind(b"\n") + 1] or sample
