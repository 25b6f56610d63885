"""The scenes that are recorded: what is typed, what is waited for, and when the screen is kept."""

from __future__ import annotations

from dataclasses import dataclass

from nomoat.agent.scripted import answer, call

REGION = "Which region sold the most in sales.csv? Write its name to best.txt"
MOST = "SELECT region, sum(amount) AS total FROM sales GROUP BY region ORDER BY total DESC"
COMPARE = "I have to compare the regions in sales.csv, so I ask the table for the sum of each."
SAYS = "The result says that North sold the most, 7,581.90 in all."


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a scene."""

    waits: str
    """Appears on the screen when it has come; empty: the command has ended."""
    name: str = ""
    """What the screen is kept as; empty: it is not kept."""
    gate: str = ""
    """What the scripted model waits for, and may go on with then."""
    types: str | None = None
    """A line that is typed then."""
    presses: str = ""
    """A key that is pressed then."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A command, and what happens until it ends."""

    name: str
    command: str
    moments: tuple[Moment, ...]
    lines: tuple[tuple[str, str], ...] = ()
    """What the scripted model says, each with the gate in its middle."""


WRITES = (
    (call("query_table", COMPARE, sql=MOST), "thought"),
    (
        call("write_file", f"{SAYS} Still to do: write North.", path="best.txt", content="North\n"),
        "second",
    ),
    (answer("North sold the most, 7,581.90 in all. Its name is in best.txt."), ""),
)

SCENES = (
    Scene(
        "run",
        f'nomoat --yes "{REGION}"',
        (
            Moment("reading 40 %, about", "reading", "reading"),
            Moment("I have to compare", "thinking", "thought"),
            Moment("The result says that", "second-step", "second"),
            Moment("", "end"),
        ),
        WRITES,
    ),
    Scene(
        "approval",
        f'nomoat "{REGION}"',
        (Moment("Allow?", "question", types="y"), Moment("", "end")),
        tuple((line, "") for line, _ in WRITES),
    ),
    Scene(
        "pause",
        f'nomoat --yes "{REGION}"',
        (
            Moment("The result says that", presses="C-c"),
            Moment("You:", "menu", "second", types="Write its total too."),
            Moment("", "end"),
        ),
        (
            (WRITES[0][0], ""),
            WRITES[1],
            (
                call(
                    "write_file",
                    f"{SAYS} Still to do: write North and 7,581.90.",
                    path="best.txt",
                    content="North 7,581.90\n",
                ),
                "",
            ),
            (answer("North sold the most. Its name and its total, 7,581.90, are in best.txt."), ""),
        ),
    ),
    Scene(
        "steps",
        'nomoat --max-steps 2 "Compute 17% of 2,340. Then 17% of 3,120. Then 17% of 4,050."',
        (Moment("", "end"),),
        (
            (call("calculate", "I begin with the first.", expression="2340 * 0.17"), ""),
            (
                call(
                    "calculate",
                    "The result says 397.8. Still to do: 17% of 3,120 and of 4,050.",
                    expression="3120 * 0.17",
                ),
                "",
            ),
            (answer("17% of 2,340 is 397.8, and of 3,120 it is 530.4. The third is missing."), ""),
        ),
    ),
    Scene(
        "no-model",
        'nomoat --model models/llama.gguf "What is 17% of 2,340?"',
        (Moment("", "end"),),
    ),
    Scene(
        "no-endpoint",
        'nomoat --endpoint http://127.0.0.1:9/v1 "What is 17% of 2,340?"',
        (Moment("", "end"),),
    ),
    Scene(
        "misspelt",
        'nomoat --wrokspace . "What is 17% of 2,340?"; nomoat modles; nomoat --verson',
        (Moment("", "end"),),
    ),
)
