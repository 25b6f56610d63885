"""A contract as a person narrows or widens it before a run: `--may` and `--may-not`.

    write           any file of the workspace
    write:PATH      a file, a folder with all in it (`notes/`), or a pattern (`*.csv`)
    delete, move    files it may write
    network, code

What a person gives by name is inside the contract; the mode, the rules and the flow of private data
have their say about it all the same. What they take away is asked about, as all that is beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from nomoat.agent.trust.contract import Contract
from nomoat.memory.errors import UsageError
from nomoat.tools.base import Effect

WORDS = ("write", "write:PATH", "delete", "move", "network", "code")
_EFFECTS = {"network": Effect.NETWORK, "code": Effect.EXECUTE}


def checked(words: Iterable[str]) -> tuple[str, ...]:
    """The words as they are kept, each once.

    Raises:
        UsageError: one is unknown, or names a place outside the workspace.
    """
    return tuple(dict.fromkeys(map(_checked, words)))


def widened(contract: Contract, may: Iterable[str]) -> Contract:
    """The contract with what the person says it may do."""
    for word in may:
        kind, _, path = word.partition(":")
        if kind in _EFFECTS:
            contract = replace(contract, effects=contract.effects | {_EFFECTS[kind]})
            continue
        contract = replace(contract, effects=contract.effects | {Effect.WRITE})
        if kind == "delete":
            contract = replace(contract, removes=True)
        elif kind == "move":
            contract = replace(contract, moves=True)
        elif not path:
            contract = replace(contract, folders=(".",), changes=True, new_files=True)
        elif path.endswith("/") and "*" not in path:
            folders = tuple(dict.fromkeys([*contract.folders, path.rstrip("/")]))
            contract = replace(contract, folders=folders)
        else:
            pattern = f"{path}*" if path.endswith("/") else path
            contract = replace(contract, files=tuple(dict.fromkeys([*contract.files, pattern])))
    return contract


def narrowed(contract: Contract, may_not: Iterable[str]) -> Contract:
    """The contract without what the person says it may not do; that beats what it may."""
    for word in may_not:
        if word in _EFFECTS:
            contract = replace(contract, effects=contract.effects - {_EFFECTS[word]})
        elif word == "write":
            contract = replace(
                contract,
                effects=contract.effects - {Effect.WRITE},
                files=(),
                folders=(),
                new_files=False,
                removes=False,
                moves=False,
            )
        elif word == "delete":
            contract = replace(contract, removes=False)
        elif word == "move":
            contract = replace(contract, moves=False)
        contract = replace(contract, refused=tuple(dict.fromkeys([*contract.refused, word])))
    return contract


def _checked(word: str) -> str:
    kind, colon, path = (part.strip() for part in word.partition(":"))
    kind = kind.casefold()
    if kind == "write" and colon:
        pure = PurePosixPath(path)
        if not path or pure.is_absolute() or ".." in pure.parts or path.startswith("~"):
            raise UsageError(
                f"{word!r} names no place in the workspace.",
                hint="Name it from the workspace on: write:notes/ or write:summary.txt.",
            )
        folder = "/" if path.endswith("/") or str(pure) == "." else ""
        return f"write:{pure}{folder}"
    if colon or kind not in WORDS:
        raise UsageError(
            f"{word!r} is nothing that a run may or may not do.",
            hint=f"Say one of: {', '.join(WORDS)}.",
        )
    return kind
