"""A run as one page: a single file that asks nobody for anything and needs no script to be read.

Whatever a run has read may stand in it, so every text is cleaned of what changes how text is shown,
and escaped; the page's own policy forbids everything but its one style sheet, which it names by
hash. Nothing that comes from a run gets into that style sheet but numbers.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.agent.printable import clean
from nomoat.agent.ui.page_diff import FileDiff, diffs
from nomoat.agent.ui.page_view import (
    bar,
    claims,
    course,
    doubts,
    is_table,
    passages_of,
    refused,
    seen_in,
    sources,
    steps_of,
    table,
    texts,
    tokens,
)
from nomoat.tools.guard.secrets import masked_all

if TYPE_CHECKING:
    from jinja2 import Template

    from nomoat.agent.runs import RunFolder

TITLE_CHARS = 80


@dataclass(frozen=True, slots=True)
class Effects:
    """What a run may do, and what it did to the world."""

    contract: tuple[tuple[str, str], ...] = ()
    files: tuple[FileDiff, ...] = ()
    receipt: tuple[str, ...] = ()
    problem: str = ""
    """Why this is not known."""


def page(folder: RunFolder, record: Mapping[str, Any]) -> str:
    """The page of a run, as HTML, without what looks like a secret.

    Args:
        folder: Where the run lies; its journal is read, and the files it changed.
        record: What its run.json says.
    """
    effects = _effects(folder, Path(str(record.get("workspace", ""))))
    # together: what one text calls a secret is none to be read in another
    told = masked_all(
        {"record": dict(record), "effects": asdict(effects), "passages": _passages(folder)}
    )
    return render(folder.run_id, told["record"], _shown(told["effects"]), told["passages"])


def _passages(folder: RunFolder) -> list[list[str]]:
    """`[citation, text]` of what the run was told before its first step, as far as it is kept."""
    from nomoat.agent.errors import RunError

    if not (folder.path / "checkpoints.sqlite").exists():
        return []
    from nomoat.agent.steer import values_of

    try:
        with folder.checkpoints() as saver:
            found = values_of(saver, folder.run_id).get("passages", ())
    except RunError:  # the rest of the run stays readable
        return []
    return [[str(citation), str(text)] for citation, text in found]


def _shown(told: Mapping[str, Any]) -> Effects:
    """Effects that were plain data on their way."""
    return Effects(
        tuple((name, words) for name, words in told["contract"]),
        tuple(
            FileDiff(**{**file, "lines": tuple((kind, line) for kind, line in file["lines"])})
            for file in told["files"]
        ),
        tuple(told["receipt"]),
        told["problem"],
    )


def render(
    run_id: str,
    record: Mapping[str, Any],
    effects: Effects,
    told: Sequence[Sequence[str]] = (),
) -> str:
    """The page of a run of which all is known; `told` are its passages, `[citation, text]`."""
    from markupsafe import Markup

    run = table(record.get("run"))
    steps, whole, row = steps_of(run), bar("whole", run), course(run)
    style = _style([*(step.bar.rules() for step in steps), *(one.rules_in_a_row() for one in row)])
    passages = passages_of(told)
    goal = " ".join(str(record.get("goal", "")).split())
    return _template().render(
        policy=policy(style),
        style=Markup(style),  # noqa: S704 - of this package, and numbers
        title=goal if len(goal) <= TITLE_CHARS else f"{goal[:TITLE_CHARS]}…",
        run_id=run_id,
        facts={
            name: str(record.get(name, "")) for name in ("goal", "status", "model", "workspace")
        },
        ended=bool(run),
        answer=str(run.get("answer") or ""),
        error=str(run.get("error") or ""),
        plan=texts(run.get("plan")),
        may=texts(run.get("may")),
        refused=refused(run.get("refused")),
        sources=sources(run.get("sources"), seen_in(run, passages)),
        passages=passages,
        doubts=doubts(run),
        claims=claims(run.get("evidence")),
        missing=texts(run.get("missing_files")),
        whole=whole,
        row=row,
        tokens=tokens(run),
        steps=steps,
        effects=effects,
    )


def policy(style: str) -> str:
    """The Content-Security-Policy under which this style sheet, and nothing else, is taken."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _effects(folder: RunFolder, root: Path) -> Effects:
    from nomoat.agent.errors import RunError
    from nomoat.agent.trust.journal import Journal
    from nomoat.agent.trust.receipt import receipt_of

    try:
        journal = Journal(folder.path)
    except RunError as error:  # the rest of the run stays readable
        return Effects(problem=f"{error} {error.hint}".strip())
    return Effects(
        _contract(journal.contract or {}),
        diffs(journal, root),
        tuple(receipt_of(journal.deeds).lines()),
    )


def _contract(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the goal was read to allow, in words."""
    if not told:
        return ()
    also = {
        "new_files": "make new files",
        "changes": "change what is there",
        "removes": "delete",
        "moves": "move",
        "remembers": "remember",
    }
    rows = (
        ("may", ", ".join(texts(told.get("effects")))),
        ("files", ", ".join(texts(told.get("files")))),
        ("folders", ", ".join(texts(told.get("folders")))),
        ("and", ", ".join(words for name, words in also.items() if told.get(name) is True)),
    )
    return tuple((name, words) for name, words in rows if words)


def _style(rules: list[str]) -> str:
    sheet = files("nomoat.agent.ui").joinpath("page.css").read_text(encoding="utf-8")
    return sheet + "\n".join(rules) + "\n"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return value if isinstance(value, Markup) else clean(str(value))

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["table"] = is_table
    text = files("nomoat.agent.ui").joinpath("page.html").read_text(encoding="utf-8")
    return environment.from_string(text)
