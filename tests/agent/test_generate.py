"""Whatever a model would like to write, what it writes is valid: no parser has to repair it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, cast

import jsonschema
import numpy as np
import pytest
from numpy.typing import NDArray

from nomoat.agent.decision import decision_schema, plan_schema, read_decision
from nomoat.agent.engine import Engine
from nomoat.agent.errors import UsageError
from nomoat.agent.generate import Generated, Sampling, Writer
from nomoat.agent.llama import json_grammar
from nomoat.tools.base import tool
from nomoat.tools.toolbox import Toolbox


class NoiseEngine:
    """A real vocabulary, and logits of pure noise: the worst model there can be."""

    def __init__(self, real: Engine, seed: int) -> None:
        self.vocabulary = real.vocabulary
        self.piece, self.ends = real.piece, real.ends
        self.constraint_tokenizer = real.constraint_tokenizer
        self._random = np.random.default_rng(seed)
        # Noise hardly ever ends a text; a preference for what does keeps the test quick.
        self._closers = [real.tokenize(text)[-1] for text in ('"', '",', '"}', "}", "]", "0")]

    def read(self, prompt: list[int], **_: Any) -> Any:
        from nomoat.agent.engine import Evaluation

        return Evaluation(0, len(prompt), 0.0)

    def extend(self, tokens: list[int]) -> None:
        pass

    def logits(self) -> NDArray[np.float32]:
        noise = self._random.standard_normal(self.vocabulary, dtype=np.float32)
        noise[self._closers] += 9.0
        return noise


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
    return Engine(tiny_model_path, context=512)


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
