"""`python`: run a script, confined, on a copy of the workspace.

What it may do and what comes back are decided in `guard.sandbox` and `guard.stage`. A script that
fails changes nothing: its files come back only when it ended well.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.guard.sandbox import Finished, Limits, Sandbox
from nomoat.tools.guard.stage import Stage, TakenBack
from nomoat.tools.uses import USES

MAX_CODE = 50_000
MAX_SHOWN = 4_000
"""Characters of output that the model sees."""
MAX_NAMED = 20
_SCRIPT = "script.py"

_FENCE = re.compile(r"\A\s*```[a-zA-Z]*[ \t]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_STOPPED = {
    "time": ("did not finish in time", "Do less work, or look for an endless loop."),
    "disk": ("wrote too much", "Write less."),
    "output": ("printed too much", "Print only the result."),
    "processes": ("started too many processes", "Start none."),
}


def python_tools(
    workspace: Workspace, *, sandbox: Sandbox | None = None, limits: Limits | None = None
) -> list[BaseTool]:
    """`python` over a workspace. Where nothing can be confined, the tool says so and refuses."""
    box, bounds = sandbox or Sandbox(), limits or Limits()

    def preview(arguments: Arguments) -> str:
        return _plain(str(arguments.get("code", "")))

    @tool(effects="read, write, execute", preview=preview, uses=USES["python"])
    def python(code: str) -> Output:
        """Run a Python script in the workspace (no network); print() what you want to see.

        Args:
            code: The script.
        """
        script = _plain(code)
        if not script.strip() or len(script) > MAX_CODE:
            raise Retry("The script is empty or too long.", hint="Send a short Python script.")
        finished, taken = _run(script, workspace, box, bounds)
        return Output(_shown(finished, taken), files=taken.files, private=True)

    return [python]


def _run(
    script: str, workspace: Workspace, sandbox: Sandbox, limits: Limits
) -> tuple[Finished, TakenBack]:
    if sandbox.refusal:
        raise Failed(f"{sandbox.refusal}, so code is not run.", hint="Use the other tools.")
    with tempfile.TemporaryDirectory(prefix="nomoat-", ignore_cleanup_errors=True) as folder:
        file, work = Path(folder, _SCRIPT), Path(folder, "work")
        file.write_text(script, encoding="utf-8", errors="replace")
        work.mkdir()
        stage = Stage(workspace, work)
        stage.fill()
        finished = sandbox.run(
            [sys.executable, "-I", "-B", "-X", "utf8", str(file)],
            workspace=work,
            limits=limits,
            readable=[file, *stage.readable],
        )
        if finished.code or finished.stopped:
            raise _failure(finished, script, folder)
        return finished, stage.take_back()


def _plain(code: str) -> str:
    """Without the Markdown fence that models like to put around code."""
    fenced = _FENCE.match(code)
    return fenced[1] if fenced else code


def _shown(finished: Finished, taken: TakenBack) -> str:
    parts = [_cut(finished.stdout.rstrip())] if finished.stdout.strip() else []
    if finished.stderr.strip():
        parts.append(f"Warnings: {_cut(finished.stderr.strip(), 500)}")
    if taken.files:
        parts.append(f"Files made or changed: {_named(taken.files)}")
    parts += list(taken.problems[:MAX_NAMED])
    return "\n".join(parts) or "The script printed nothing and made no files. Use print()."


def _failure(finished: Finished, script: str, folder: str) -> Retry:
    """The last line first: a small model reads no further."""
    said = finished.stderr.replace(f"{folder}/work/", "").replace(f"{folder}/", "").strip()
    if finished.stopped:
        what, hint = _STOPPED.get(finished.stopped, ("was stopped", ""))
        return Retry(f"The script {what}; nothing was changed.", hint=hint)
    if finished.code < 0 and not said:
        return Retry(
            f"The script was ended by signal {-finished.code}; nothing was changed.",
            hint="It used too much memory or time, or a library crashed.",
        )
    last = said.splitlines()[-1] if said else f"exit status {finished.code}"
    printed = f" It had printed: {_cut(finished.stdout.strip(), 500)}" if finished.stdout else ""
    return Retry(
        f"The script failed, nothing was changed: {last[:500]}{_where(said, script)}.{printed}",
        hint="Correct the script and run the whole of it again.",
    )


def _where(said: str, script: str) -> str:
    """The script's own last line in a traceback, with its text."""
    numbers = re.findall(rf'File "{re.escape(_SCRIPT)}", line ([0-9]+)', said)
    lines = script.splitlines()
    if not numbers or int(numbers[-1]) > len(lines):
        return ""
    return f" (line {numbers[-1]}: {lines[int(numbers[-1]) - 1].strip()[:120]})"


def _named(files: Sequence[str]) -> str:
    more = f" and {len(files) - MAX_NAMED} more" if len(files) > MAX_NAMED else ""
    return ", ".join(files[:MAX_NAMED]) + more


def _cut(text: str, length: int = MAX_SHOWN) -> str:
    """The beginning and the end of a long text."""
    if len(text) <= length:
        return text
    half = length // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
