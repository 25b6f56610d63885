"""What the engine makes of a model file, beside llama.cpp's own bare loop on the same file."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nomoat.agent import prompts
from nomoat.agent.decision import decision_schema
from nomoat.agent.llm.chat_template import ChatTemplate
from nomoat.agent.llm.engine import Engine
from nomoat.agent.llm.generate import Generated, Sampling, Writer
from nomoat.agent.llm.llama import json_grammar
from nomoat.tools.builtin import builtin_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.toolbox import Toolbox

Say = Callable[[str], None]
"""Tells what is being measured."""

DEFAULT_BATCH = 512
"""Tokens llama.cpp evaluates at once where nothing else is said."""
DECISION_TOKENS = 300
FREE = (
    "Goal: What is 17.5 % of 2,340?",
    "Goal: Write the three largest cities of Norway to cities.txt, one a line.",
    "Goal: How many days are there from 2026-03-01 to 2026-11-22?",
)
"""Openings whose decisions have little to copy."""
COPYING = (
    "Goal: In which file of 2025 is the roof spoken of?\n\nFiles in the workspace:\n"
    "- minutes/2025-11-04-owners-meeting.md (2.1 KB)\n- minutes/2025-06-17-garden.md (1.4 KB)",
    "Goal: What is the total of these orders: 1,249.50, 387.20, 2,004.75 and 96.05?",
    "Goal: Write this line to quote.txt: The quick brown fox jumps over the lazy dog while the "
    "seven green frogs look on.",
)
"""Openings that hold a path, numbers or a line which the decision has to repeat."""
TEXT = "Private agents run on the machine of the person they work for, and nothing leaves it. "


@dataclass(frozen=True, slots=True)
class Pace:
    """Tokens, and the seconds they took."""

    tokens: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def __add__(self, other: Pace) -> Pace:
        return Pace(self.tokens + other.tokens, self.seconds + other.seconds)


@dataclass(slots=True)
class Decisions:
    """The same decisions made in several ways, in turn, so that all have the same machine."""

    raw: Pace = Pace()
    """So many tokens one after the other, with nothing in between."""
    made: Pace = Pace()
    """As the agent makes them."""
    with_lookup: Pace = Pace()
    """With tokens guessed by what was read (`nomoat.agent.llm.lookup`)."""
    one_by_one: Pace = Pace()
    """Every token sampled, the forced ones too."""
    forced: int = 0
    proposed: int = 0
    accepted: int = 0
    passes: int = 0
    same: int = 0
    """Decisions that are the same with lookup, token for token."""
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EngineSpeed:
    """What was measured on one file in one process."""

    load_seconds: float
    threads: int
    raw_read: Pace
    """A prompt, as llama.cpp reads it by default."""
    read: Pace
    """The same prompt, as the agent reads it."""
    free_text: Pace
    """A text without any grammar, beside `raw_text`."""
    raw_text: Pace
    free: Decisions
    copying: Decisions
    compile_ms: float
    tools: int


def measure_engine(path: Path, *, rounds: int, say: Say) -> EngineSpeed:
    """Measure a file; takes about a minute a round on two cores with the default model.

    Raises:
        ModelBroken: llama.cpp cannot load the file.
    """
    say("reading a prompt as llama.cpp does")
    began = time.perf_counter()
    engine = Engine(path, batch=DEFAULT_BATCH)
    load_seconds, threads = time.perf_counter() - began, engine.threads
    raw_read = _read(engine)
    engine.close()
    engine = Engine(path)
    try:
        say("reading the same prompt")
        read = _read(engine)
        writer = Writer(engine)
        writer.warm_up()
        with tempfile.TemporaryDirectory() as folder:
            toolbox = Toolbox(builtin_tools(Workspace(Path(folder))))
        grammar = json_grammar(decision_schema(toolbox))
        say("writing free text")
        free_text, raw_text = _text(writer)
        decisions = []
        for name, openings in (("free", FREE), ("copying", COPYING)):
            say(f"making decisions: {name}")
            prompts_ = [*_situations(engine, toolbox, openings)] * rounds
            decisions.append(_decisions(writer, prompts_, grammar))
        compile_ms = _compile_ms(writer, grammar)
    finally:
        engine.close()
    return EngineSpeed(
        load_seconds=load_seconds,
        threads=threads,
        raw_read=raw_read,
        read=read,
        free_text=free_text,
        raw_text=raw_text,
        free=decisions[0],
        copying=decisions[1],
        compile_ms=compile_ms,
        tools=len(toolbox.names),
    )


def _read(engine: Engine) -> Pace:
    prompt = engine.tokenize(TEXT * 40)[:DEFAULT_BATCH]
    engine.read(prompt[:8])  # first uses
    engine.read([prompt[1]])
    done = engine.read(prompt)
    return Pace(done.evaluated, done.seconds)


def _text(writer: Writer) -> tuple[Pace, Pace]:
    prompt = writer.engine.tokenize("A short story about a lighthouse keeper.\n\nOnce upon a time")
    done = _write(writer, prompt, "", Sampling(max_tokens=64))
    return _with_rest(writer, prompt, done), _raw(writer, prompt, len(done.tokens))


def _decisions(writer: Writer, given: Sequence[Sequence[int]], grammar: str) -> Decisions:
    made = Decisions()
    for prompt in given:
        done = _write(writer, prompt, grammar, Sampling(max_tokens=DECISION_TOKENS))
        made.made += _with_rest(writer, prompt, done)
        guessing = Sampling(max_tokens=DECISION_TOKENS, lookup=True)
        guessed = _write(writer, prompt, grammar, guessing)
        made.with_lookup += _with_rest(writer, prompt, guessed)
        made.one_by_one += _one_by_one(writer, prompt, grammar)
        made.raw += _raw(writer, prompt, len(done.tokens))
        made.forced += done.forced
        made.passes += done.passes
        made.proposed += guessed.proposed
        made.accepted += guessed.accepted
        made.same += guessed.tokens == done.tokens
        made.texts.append(done.text)
    return made


def _write(writer: Writer, prompt: Sequence[int], grammar: str, sampling: Sampling) -> Generated:
    writer.engine.read(prompt)
    *_, done = writer.write(prompt, grammar=grammar, sampling=sampling)
    if not isinstance(done, Generated):
        raise TypeError("what is written ends with what it cost")
    return done


def _with_rest(writer: Writer, prompt: Sequence[int], done: Generated) -> Pace:
    """All tokens evaluated: the agent evaluates the last ones with its next prompt."""
    began = time.perf_counter()
    writer.engine.extend(done.tokens[len(writer.engine.tokens) - len(prompt) :])
    return Pace(len(done.tokens), done.decode_seconds + time.perf_counter() - began)


def _raw(writer: Writer, prompt: Sequence[int], count: int) -> Pace:
    """The most likely token, `count` times, with nothing else done."""
    engine = writer.engine
    engine.read(prompt)
    began = time.perf_counter()
    for _ in range(count):
        engine.extend([int(engine.logits().argmax())])
    return Pace(count, time.perf_counter() - began)


def _one_by_one(writer: Writer, prompt: Sequence[int], grammar: str) -> Pace:
    """The same decision with every token sampled under a mask, forced or not."""
    engine, matcher = writer.engine, writer.matcher(grammar)
    engine.read(prompt)
    began, count = time.perf_counter(), 0
    while not matcher.is_stopped() and count < DECISION_TOKENS:
        logits = engine.logits()
        token = int(logits.argmax())
        if not matcher.validate_tokens([token]):
            bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
            allowed = np.unpackbits(bits, bitorder="little")[: len(logits)].astype(np.bool_)
            token = int(np.where(allowed, logits, -np.inf).argmax())
        matcher.consume_token(token)
        engine.extend([token])
        count += 1
    return Pace(count, time.perf_counter() - began)


def _situations(engine: Engine, toolbox: Toolbox, openings: Sequence[str]) -> Iterator[list[int]]:
    template = ChatTemplate(
        engine.chat_template, bos=engine.special_token("bos"), eos=engine.special_token("eos")
    )
    system = prompts.system(toolbox.signatures)
    for opening in openings:
        yield template.render([("system", system), ("user", opening)], engine.tokenize)


def _compile_ms(writer: Writer, grammar: str) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        writer.matcher(grammar)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000
