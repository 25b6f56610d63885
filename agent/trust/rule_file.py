"""The file that holds a person's rules: read as a whole or not at all, added to at its end."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from nomoat.agent.errors import UsageError
from nomoat.agent.trust.rules import Decides, Rule
from nomoat.tools.base import Effect

VERSION = 1
NAME = "policy.toml"

_HEAD = f"""\
# Rules for every run of nomoat: what is allowed, asked about or denied without looking at the run.
# deny beats ask, ask beats allow. `nomoat policy explain` says which rule decides a call.
version = {VERSION}
"""
_KEYS = frozenset(field.name for field in fields(Rule)) - {"decides"}


def rule_file() -> Path:
    """`policy.toml` in the person's configuration folder, or in NOMOAT_HOME where that is set."""
    configured = os.environ.get("NOMOAT_HOME")
    if configured:
        return Path(configured).expanduser().absolute() / NAME
    import platformdirs

    return platformdirs.user_config_path("nomoat", appauthor=False) / NAME


def load_rules(file: Path | None = None) -> tuple[Rule, ...]:
    """The rules of a file, in its order; none where there is no file.

    Raises:
        UsageError: it cannot be read or understood. Nothing runs on half of a person's rules.
    """
    file = file or rule_file()
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The rules in {file} cannot be read: {error}.", hint="Mend the file, or move it away."
        ) from error
    version = data.pop("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise UsageError(
            f"{file} was written for a newer version of nomoat.", hint="Update nomoat."
        )
    unknown = data.keys() - set(get_args(Decides))
    if unknown:
        raise _wrong(file, f"{min(unknown)!r} is none of allow, ask, deny")
    return tuple(
        _rule(file, decides, number, entry)
        for decides in get_args(Decides)
        for number, entry in enumerate(_entries(file, decides, data.get(decides, [])), 1)
    )


def add_rule(rule: Rule, file: Path | None = None) -> Path:
    """Write a rule to the end of the file; what stands there, comments too, stays as it is."""
    file = file or rule_file()
    known = load_rules(file)
    if rule in known:
        return file
    before = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    lines = [f"[[{rule.decides}]]"]
    for field in fields(rule):
        value = getattr(rule, field.name)
        if field.name != "decides" and value:
            lines.append(f"{field.name} = {_toml(value)}")
    text = f"{before.rstrip()}\n\n" + "\n".join(lines) + "\n"
    tomllib.loads(text)  # never leave a file behind that the next run refuses
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f".{file.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    return file


def _entries(file: Path, decides: str, found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise _wrong(file, f"{decides!r} is written [[{decides}]], once for each rule")
    return found


def _rule(file: Path, decides: Decides, number: int, entry: Any) -> Rule:
    where = f"{decides} rule {number}"
    if not isinstance(entry, dict) or not all(isinstance(v, str) for v in entry.values()):
        raise _wrong(file, f"{where} holds something else than texts")
    unknown = entry.keys() - _KEYS
    if unknown:
        raise _wrong(file, f"{where} names {min(unknown)!r}; known are {', '.join(sorted(_KEYS))}")
    if not any(entry[key].strip() for key in entry if key != "why"):
        raise _wrong(file, f"{where} says nothing that a call could fit")
    effect = entry.get("effect")
    if effect is not None and effect not in set(Effect):
        raise _wrong(file, f"{where} names the effect {effect!r}; there are {', '.join(Effect)}")
    return Rule(decides, **entry)


def _wrong(file: Path, what: str) -> UsageError:
    return UsageError(f"In {file}, {what}.", hint="Mend the file; `nomoat policy show` reads it.")


def _toml(text: str) -> str:
    """A TOML basic string; JSON's escapes are a part of TOML's, except for the last character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
