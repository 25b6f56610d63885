"""What `nomoat show --receipt` and `nomoat runs export` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nomoat.agent.runs import RunFolder
    from nomoat.agent.trust.receipt import Receipt


def receipt(folder: RunFolder) -> Receipt:
    """The receipt of a run.

    Raises:
        RunError: its journal cannot be read.
    """
    from nomoat.agent.trust.journal import Journal
    from nomoat.agent.trust.receipt import receipt_of

    return receipt_of(Journal(folder.path).deeds)


def exported(folder: RunFolder, record: dict[str, Any]) -> dict[str, Any]:
    """All of a run as plain data."""
    from nomoat.agent.errors import RunError

    try:
        told: dict[str, Any] = receipt(folder).to_dict()
    except RunError as error:  # what is intact stays readable
        told = {"error": str(error)}
    return {"run_id": folder.run_id, **record, "receipt": told}


def as_markdown(data: dict[str, Any]) -> str:
    """A run as a document to read."""
    run = data.get("run") or {}
    parts = [f"# {_line(data['goal'])}", f"Run {data['run_id']}, {data['status']}."]
    if data.get("may"):
        parts.append(f"It may: {_line(', '.join(data['may']))}.")
    if run.get("answer"):
        parts += ["## Answer", run["answer"]]
    if run.get("plan"):
        parts += ["## Plan", "\n".join(f"{n}. {step}" for n, step in enumerate(run["plan"], 1))]
    for step in run.get("steps", ()):
        parts += _step(step)
    if run.get("refused"):
        refused = [f"- {r['tool']} in step {r['n']}: {_line(r['why'])}" for r in run["refused"]]
        parts += ["## Refused", "\n".join(refused)]
    told = data["receipt"]
    parts += ["## Receipt", "\n".join(f"- {line}" for line in _receipt_lines(told))]
    return "\n\n".join(parts) + "\n"


def _step(step: dict[str, Any]) -> list[str]:
    parts = [f"## Step {step['n']}", step["thought"]]
    if step["tool"]:
        parts.append(f"`{step['tool']}`")
        parts += [f"- {name}:\n\n{_quoted(str(value))}" for name, value in step["args"].items()]
    return [*parts, "Result:", _quoted(step["observation"]["text"])]


def _quoted(text: str) -> str:
    """As a block of code, whatever fences the text itself holds."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _receipt_lines(told: dict[str, Any]) -> list[str]:
    if "error" in told:
        return [told["error"]]
    lines = [f"{h['host']}: {h['bytes_sent']} bytes sent" for h in told["hosts"]]
    lines += [f"{file['change']} {file['path']}" for file in told["files"]]
    lines += [f"ran {_line(command)}" for command in told["commands"]]
    lines += [f"called {call}" for call in told["others"]]
    lines += [f"unknown whether it happened: {call}" for call in told["unknown"]]
    return lines or ["Nothing was contacted, written or run."]
