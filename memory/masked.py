"""Secrets in a text made unreadable before it is kept.

Generous on purpose: a sentence too many that is masked costs nothing, a password that is kept does.
"""

from __future__ import annotations

import re

MASK = "****"

_SHAPES = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*-----|\Z)",
    "name and password in an address": r"(?<=://)[^/\s@]+(?=@)",
    "a service's key": r"\b(?:[spr]k|gh[a-z]|github_pat|glpat|hf|xox[a-z]|npm|pypi)[-_][\w-]{8,}",
    "a key of a cloud": r"\b(?:AKIA|ASIA|AIza|ya29\.)[\w-]{12,}",
    "a JSON web token": r"\beyJ[\w-]+(?:\.[\w-]+)+",
    "a header": r"\b(?:Bearer|Basic) [\w+/=.~-]{8,}",
    "a long key": r"\b(?=[A-Za-z_]*\d)(?=[\d_]*[A-Za-z])\w{24,}",
    "an IBAN": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",
    "a card": r"\b\d(?:[ -]?\d){12,18}\b",
}
_SHAPED = re.compile("|".join(_SHAPES.values()))
_NAMED = re.compile(
    r"(?i)(?:\b|_)(?:pass(?:word|phrase|code|wd)s?|pwd|pins?|puk|secrets?|credentials?|otp|cvv|cvc|"
    r"(?:api|access|private|licen[cs]e)[ _-]?keys?|tokens?)(?:\b|_)"
)
_SENTENCE = re.compile(r"[.!?;]\s+")


def masked(text: str) -> str:
    """The text without what looks like a key, and without what is called a secret.

    What looks like one is masked where it stands. From the sentence on that names one (`password`,
    `PIN`, `token`, …), nothing is left: how the secret itself looks, nobody knows.
    """
    text = _SHAPED.sub(MASK, text)
    named = _NAMED.search(text)
    if named is None:
        return text
    before = [end.end() for end in _SENTENCE.finditer(text, 0, named.start())]
    return text[: before[-1] if before else 0] + MASK
