"""Whatever a model would like to write, what it writes is valid: no parser has to repair it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, cast

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nomoat.agent.decision import decision_schema, plan_schema, read_decision
from nomoat.agent.errors import ContextOverflow, UsageError
from nomoat.agent.llm.engine import Engine, Evaluation
from nomoat.agent.llm.generate import Generated, Sampling, Writer
from nomoat.agent.llm.llama import json_grammar
from nomoat.tools.base import tool
from nomoat.tools.toolbox import Toolbox

TIE = 0.05
"""Two logits nearer than this are a tie: sums in another order differ by less."""


class NoiseEngine:
    """A real vocabulary, and logits of pure noise: the worst model there can be."""

    def __init__(self, real: Engine, seed: int) -> None:
        self.vocabulary = real.vocabulary
        self.piece, self.ends = real.piece, real.ends
        self.constraint_tokenizer = real.constraint_tokenizer
        self._random = np.random.default_rng(seed)
        # Noise hardly ever ends a text; a preference for what does keeps the test quick.
        self.can_forget, self.room = True, 1_000_000
        self._closers = [real.tokenize(text)[-1] for text in ('"', '",', '"}', "}", "]", "0")]

    def read(self, prompt: list[int], **_: Any) -> Evaluation:
        return Evaluation(0, len(prompt), 0.0)

    def extend(self, tokens: list[int], *, scored: int = 1) -> None:
        pass

    def forget(self, count: int) -> None:
        pass

    def logits(self, back: int = 0) -> NDArray[np.float32]:
        noise = self._random.standard_normal(self.vocabulary, dtype=np.float32)
        noise[self._closers] += 9.0
        return noise


class CopyingEngine:
    """A small vocabulary and a model that mostly goes on as it did before, and sometimes not.

    What comes next follows from what is held alone, as with a real model; logits are had only
    where they were asked for.
    """

    vocabulary, end, can_forget = 12, 0, True

    def __init__(self, window: int = 10_000) -> None:
        self.held: list[int] = []
        self.evaluated = 0
        self._window = window
        self._rows: list[NDArray[np.float32]] = []

    @property
    def room(self) -> int:
        return self._window - len(self.held)

    def read(self, prompt: list[int], **_: Any) -> Evaluation:
        self.held = []
        self.extend(prompt)
        return Evaluation(0, len(prompt), 0.0)

    def extend(self, tokens: list[int], *, scored: int = 1) -> None:
        if len(tokens) > self.room:
            raise ContextOverflow("full")
        self._rows = []
        for i, token in enumerate(tokens):
            self.held.append(token)
            if i >= len(tokens) - scored:
                self._rows.append(self._scores())
        self.evaluated += len(tokens)

    def _scores(self) -> NDArray[np.float32]:
        scores = np.zeros(self.vocabulary, dtype=np.float32)
        last, copied = self.held[-2:], None
        for at in range(len(self.held) - 3, -1, -1):
            if self.held[at : at + 2] == last:
                copied = self.held[at + 2]
                break
        turn = (sum(self.held[-5:]) * 7 + len(self.held)) % 11
        scores[turn % self.vocabulary if copied is None or turn == 3 else copied] = 1.0
        return scores

    def forget(self, count: int) -> None:
        if count:
            del self.held[-count:]

    def logits(self, back: int = 0) -> NDArray[np.float32]:
        return self._rows[-1 - back]

    def ends(self, token: int) -> bool:
        return token == self.end

    def piece(self, token: int, *, special: bool = True) -> bytes:
        return b"abcdefghijkl"[token : token + 1]


@tool(effects="none")
def order(
    item: str, count: int, price: float, size: Literal["S", "M", "L"] = "M", gift: bool = False
) -> str:
    """Order something."""
    return item


@tool(effects="none")
def tag(name: str, words: list[str], notes: dict[str, int] | None = None) -> str:
    """Tag something."""
    return name


@tool(effects="none")
def stop() -> str:
    """Stop."""
    return ""


@pytest.fixture(scope="module")
def tiny(tiny_model_path: Path) -> Engine:
    return Engine(tiny_model_path, context=512, threads=1)


def written(writer: Writer, grammar: str, **sampling: Any) -> Generated:
    *_, last = writer.write([1], grammar=grammar, sampling=Sampling(**sampling))
    assert isinstance(last, Generated)
    return last


@pytest.mark.model
def test_a_thousand_decisions_of_noise_are_all_valid(tiny: Engine) -> None:
    noise = cast(Engine, NoiseEngine(tiny, seed=20_261_122))
    writer = Writer(noise)
    box = Toolbox([order, tag, stop])
    schema = decision_schema(box)
    grammar = json_grammar(schema)
    seen: set[str] = set()
    for number in range(1_000):
        done = written(writer, grammar, max_tokens=6_000, temperature=number % 2, seed=number)
        assert done.finish == "stop", done.text[-200:]
        said = json.loads(done.text)
        jsonschema.validate(said, schema)
        decision = read_decision(done.text)
        seen.add(decision.call.tool if decision.call else "answer")
        if decision.call is not None:
            observed = box.call(decision.call.tool, decision.call.args)
            assert observed.error_kind != "invalid", observed.text
    assert seen == {"order", "tag", "stop", "answer"}


@pytest.mark.model
def test_plans_of_noise_are_valid(tiny: Engine) -> None:
    writer = Writer(cast(Engine, NoiseEngine(tiny, seed=7)))
    schema = plan_schema()
    grammar = json_grammar(schema)
    for seed in range(50):
        done = written(writer, grammar, max_tokens=4_000, seed=seed)
        jsonschema.validate(json.loads(done.text), schema)


@pytest.mark.model
def test_a_schema_that_cannot_be_compiled_is_refused_in_words(tiny: Engine) -> None:
    writer = Writer(tiny)
    with pytest.raises(UsageError, match="cannot be compiled") as caught:
        writer.matcher(json_grammar({"type": "no such type"}))
    assert caught.value.hint


@pytest.mark.model
def test_forced_tokens_change_no_text(tiny: Engine) -> None:
    """Evaluating forced tokens in a batch gives what taking them one by one gives."""
    prompt = tiny.tokenize("The order is: ")
    grammar = json_grammar(decision_schema(Toolbox([order])))
    writer = Writer(tiny)
    *_, batched = writer.write(prompt, grammar=grammar, sampling=Sampling(max_tokens=200))
    assert isinstance(batched, Generated)
    assert batched.forced > 0

    matcher, one_by_one = writer.matcher(grammar), list[int]()
    tiny.read(prompt)
    while not matcher.is_stopped() and len(one_by_one) < len(batched.tokens):
        forced = matcher.compute_ff_tokens()
        bits = np.unpackbits(
            np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little"
        )[: tiny.vocabulary].astype(bool)
        token = forced[0] if forced else int(np.where(bits, tiny.logits(), -np.inf).argmax())
        matcher.consume_token(token)
        one_by_one.append(token)
        tiny.extend([token])
    assert one_by_one == list(batched.tokens)


# -- prompt lookup --------------------------------------------------------------------------------


def both(writer: Writer, prompt: list[int], grammar: str = "", limit: int = 150) -> list[Generated]:
    """The same output with lookup and without."""
    outputs = []
    for lookup in (True, False):
        sampling = Sampling(max_tokens=limit, lookup=lookup)
        *_, done = writer.write(prompt, grammar=grammar, sampling=sampling)
        assert isinstance(done, Generated)
        outputs.append(done)
    return outputs


@given(st.lists(st.integers(1, 11), min_size=1, max_size=40), st.integers(1, 80))
def test_lookup_writes_what_is_written_without_it(prompt: list[int], limit: int) -> None:
    engine = CopyingEngine()
    looked, plain = both(Writer(cast(Engine, engine)), prompt, limit=limit)
    assert (looked.tokens, looked.text, looked.finish) == (plain.tokens, plain.text, plain.finish)
    assert plain.proposed == plain.accepted == 0
    assert looked.accepted <= looked.proposed
    assert looked.passes <= plain.passes


@given(st.lists(st.integers(1, 11), min_size=1, max_size=40), st.integers(1, 80))
def test_what_was_guessed_in_vain_is_not_kept(prompt: list[int], limit: int) -> None:
    engine = CopyingEngine()
    sampling = Sampling(max_tokens=limit)
    *_, done = Writer(cast(Engine, engine)).write(prompt, sampling=sampling)
    assert isinstance(done, Generated)
    kept = [*prompt, *done.tokens]
    assert engine.held == kept[: len(engine.held)]
    wasted = engine.evaluated - len(engine.held)
    assert wasted == done.proposed - done.accepted


def test_copying_takes_fewer_passes() -> None:
    prompt = [5, 6, 7, 8, 9, 10, 11, 1, 2, 3, 4] * 4
    looked, plain = both(Writer(cast(Engine, CopyingEngine())), prompt, limit=60)
    assert looked.accepted > 0
    assert looked.passes < 0.7 * plain.passes


@given(st.lists(st.integers(1, 11), min_size=1, max_size=20))
def test_guesses_do_not_fill_the_window_sooner(prompt: list[int]) -> None:
    ends = []
    for lookup in (True, False):
        engine = CopyingEngine(window=len(prompt) + 15)
        pieces = []
        try:
            for piece in Writer(cast(Engine, engine)).write(
                prompt, sampling=Sampling(max_tokens=60, lookup=lookup)
            ):
                pieces.append(piece if isinstance(piece, str) else piece.text)
        except ContextOverflow:
            pieces.append("full")
        ends.append("".join(pieces))
    assert ends[0] == ends[1]


def test_where_chance_decides_nothing_is_guessed() -> None:
    prompt = [5, 6, 7, 8, 9, 10, 11, 1, 2, 3, 4] * 4
    sampling = Sampling(max_tokens=40, temperature=0.5)
    *_, done = Writer(cast(Engine, CopyingEngine())).write(prompt, sampling=sampling)
    assert isinstance(done, Generated)
    assert done.proposed == 0


LINES = (
    "The invoice 2025-0417 of Nordwind Logistik amounts to 1,249.50 euros",
    "minutes/2025-11-04-owners-meeting.md",
    "Anna Brandt, Marta Osei and Jonas Lind were present",
    "def total(rows): return sum(row.amount for row in rows)",
)
ASKED = (
    "{line}.\nPlease repeat the line above.\n{start}",
    "Notes:\n- {line}\n- The garden stays as it is\nThe first note says: {start}",
    "one {line}\ntwo {line}\nthree {start}",
)


def same_but_for_ties(engine: Engine, prompt: list[int], outputs: list[Generated]) -> bool:
    """Whether two outputs are the same, or part where the model itself is undecided.

    Batches of other sizes sum in another order, which is as much as tips a tie of two tokens.
    """
    one, other = (list(output.tokens) for output in outputs)
    parted = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if parted is None:
        return len(one) == len(other)
    engine.read([*prompt, *one[:parted]])
    scores = engine.logits()
    return abs(float(scores[one[parted]] - scores[other[parted]])) < TIE


def looked_and_plain(
    engine: Engine, grammar: str, limit: int
) -> tuple[list[list[Generated]], list[bool]]:
    writer, outputs, same = Writer(engine), list[list[Generated]](), list[bool]()
    for line in LINES:
        for form in ASKED:
            text = form.format(line=line, start="" if grammar else line.split()[0])
            prompt = engine.tokenize(text)
            outputs.append(both(writer, prompt, grammar, limit))
            same.append(same_but_for_ties(engine, prompt, outputs[-1]))
    return outputs, same


@pytest.mark.model
@pytest.mark.parametrize("constrained", [False, True])
def test_lookup_changes_no_token_of_a_model(tiny: Engine, constrained: bool) -> None:
    grammar = json_grammar(decision_schema(Toolbox([order, tag]))) if constrained else ""
    outputs, same = looked_and_plain(tiny, grammar, 60)
    assert all(same)
    assert sum(looked.tokens == plain.tokens for looked, plain in outputs) >= len(outputs) - 2
    assert sum(looked.accepted for looked, _ in outputs) > 0
    passes = [sum(each.passes for each in way) for way in zip(*outputs, strict=True)]
    assert passes[0] < passes[1]
