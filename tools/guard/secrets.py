"""Values that look like secrets, made unreadable wherever a run is shown or told of.

What a service's key looks like is published by the service, and collected by the scanners of
repositories (gitleaks, GitHub secret scanning); each shape here is the narrow one, so that an
ordinary text stays as it is. What is kept of a run for a later goal is masked more generously, in
`nomoat.memory.masked`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

MASK = "[secret]"
SHORTEST = 8
"""Characters of a variable's value from which on it counts as a secret."""

_SHAPES = {
    # RFC 7468 and OpenPGP armour; a block whose end is cut off is masked to the end
    "private key": r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    "GitHub": r"\b(?:gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_\w{22,})",
    "GitLab": r"\bgl(?:pat|ptt|dt|rt|oas|cbt|ft|soat)-[\w-]{20,}",
    "OpenAI, Anthropic and alike": r"\bsk-[A-Za-z0-9_-]{20,}",
    "Stripe": r"\b[prs]k_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9]{16,}",
    "Slack": r"\bxox[abeoprs]-[\w-]{10,}|\bxapp-[\w-]{10,}|(?<=hooks\.slack\.com/services/)[\w/]+",
    "AWS": r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    "Google": r"\bAIza[\w-]{35}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}",
    "Hugging Face": r"\bhf_[A-Za-z0-9]{30,}",
    "package indexes": r"\bnpm_[A-Za-z0-9]{36}|\bpypi-AgE[\w-]{40,}",
    "SendGrid": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "Telegram": r"\b\d{8,10}:AA[\w-]{33}\b",
    "Discord": r"\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
    "age": r"\bAGE-SECRET-KEY-1[A-Z0-9]{40,}",
    "JSON web token (RFC 7519)": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*",
    "header of a request": r"(?i:(?<=\bbearer )|(?<=\bbasic ))[\w+/.~-]{12,}={0,2}",
    "password in an address": r"(?<=://)[^/\s:@]{0,200}:[^/\s@]{1,200}(?=@)",
}
_SHAPED = re.compile("|".join(_SHAPES.values()))
_NAME = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api[ _-]?key|access[ _-]?key|credentials?|"
    r"private[ _-]?key|secret[ _-]?key|auth[ _-]?key)"
)
_NAMED = re.compile(rf"(?:.*[\W_])?{_NAME}", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(
    rf"""(?<![\w.-])((?:[\w.-]{{0,40}}[_.-])?{_NAME}["']?[ \t]{{0,3}}(?:=|:(?!//))[ \t]{{0,3}})"""
    r"""(?!(?:none|null|true|false|str|int)\b)("[^"\n]+"|'[^'\n]+'|[^\s"']{3,})""",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"""({_NAME}[ ](?:is|was)[ ]["']?)((?=[^\s"']*\d)[^\s"']{{4,}})""", re.IGNORECASE
)
_LONG, _LETTERS = 6, re.compile(r"[^\W\d_]+")
_VARIABLE = re.compile(
    r"(?:^|_)(?:(?:api|access|secret|private|auth|master|sign(?:ing)?)?keys?|[a-z]*tokens?|"
    r"[a-z]*secrets?|[a-z]*passw(?:or)?d|passphrase|pass|pwd|pat|credentials?|auth)(?:_|$)",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """The text without what looks like a secret, and without this process's own.

    Private key blocks, keys and tokens of well-known form, what stands behind `password=`,
    `token:` and the like, and values of variables whose names say that they are secrets.
    """
    text = _SHAPED.sub(MASK, without_environment(text))
    return _SAID.sub(rf"\1{MASK}", _PAIR.sub(_hidden, text))


def masked_all(data: Any) -> Any:
    """Plain data with every text in it masked, and every value whose key names a secret.

    What one text calls a secret is masked in all the others, unless it is a short or a plain word.
    """
    called = {value for text in _texts(data) for value in _called_secret(text)}

    def mask(value: Any) -> Any:
        if isinstance(value, str):
            text = masked(value)
            for secret in called:
                text = text.replace(secret, MASK)
            return text
        if isinstance(value, Mapping):
            return {key: _value_of(str(key), inner, mask) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [mask(inner) for inner in value]
        return value

    return mask(data)


def without_environment(text: str) -> str:
    """The text without the values of environment variables whose names say they are secrets."""
    for name, value in sorted(_secrets().items(), key=lambda pair: -len(pair[1])):
        for written in {value, quote(value, safe="")}:
            text = text.replace(written, f"[secret {name}]")
    return text


def _secrets() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if _VARIABLE.search(name) and len(value) >= SHORTEST
        if not (_is_plain(value) or _is_path(value))
    }


def _is_plain(value: str) -> bool:
    """A word or a number (`SESSION_KEY=production`): masked, it would be missed everywhere."""
    return len(value) < 2 * SHORTEST and (value.isalpha() or value.isdigit())


def _is_path(value: str) -> bool:
    """A variable may name the place of a secret, or of a socket (`SSH_AUTH_SOCK`)."""
    try:
        return value.startswith(("/", "~")) and Path(value).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _value_of(key: str, value: Any, mask: Callable[[Any], Any]) -> Any:
    named = isinstance(value, str) and value and _NAMED.fullmatch(key)
    return MASK if named else mask(value)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping | list | tuple):
        for inner in data.values() if isinstance(data, Mapping) else data:
            yield from _texts(inner)


def _called_secret(text: str) -> Iterator[str]:
    for pair in _PAIR.finditer(text):
        value = pair[2].strip("\"'").rstrip(".,;:)]}")
        if len(value) >= _LONG and not _LETTERS.fullmatch(value):
            yield value


def _hidden(pair: re.Match[str]) -> str:
    quoted = pair[2][0] if pair[2][0] in "\"'" else ""
    return f"{pair[1]}{quoted}{MASK}{quoted}"
