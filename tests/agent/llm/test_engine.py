"""The engine evaluates every token once, and remembers across processes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nomoat.agent.errors import ContextOverflow, Interrupted, ModelBroken
from nomoat.agent.llm.engine import Engine
from nomoat.agent.llm.engine_settings import PREFILL_CHUNK, Settings

pytestmark = pytest.mark.model
SAME_PLACE = 0.99
"""Correlation from which on two evaluations are of the same place in a text. Batches that are cut
in other places round otherwise, more so on some processors (0.9989 with AVX-512); the places right
before correlate with 0.3 to 0.45."""
TEXT = "Private agents run on the machine of the person they work for. " * 20


@pytest.fixture(scope="module")
def engine(tiny_model_path: Path) -> Engine:
    return Engine(tiny_model_path, context=1024, threads=1)


def test_of_a_prompt_only_what_is_new_is_evaluated(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)
    first = engine.read(tokens[:100])
    again = engine.read(tokens[:180])
    other = engine.read([*tokens[:50], *tokens[60:90]])
    assert first.cached + first.evaluated == 100
    assert (again.cached, again.evaluated) == (100, 80)
    assert (other.cached, other.evaluated) == (50, 30)


def test_the_same_prompt_again_costs_one_token(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)[:80]
    engine.read(tokens)
    before = engine.logits().copy()
    again = engine.read(tokens)
    assert again.evaluated == 1
    assert int(before.argmax()) == int(engine.logits().argmax())


def test_reuse_does_not_change_what_follows(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)[:150]
    engine.read([5])
    engine.read(tokens)
    at_once = engine.logits().copy()
    engine.read(tokens[:70])
    engine.read(tokens)
    # Other batch sizes sum in another order: what comes next has to be the same all the same.
    assert int(engine.logits().argmax()) == int(at_once.argmax())
    assert np.corrcoef(engine.logits(), at_once)[0, 1] > SAME_PLACE


def test_text_and_tokens(engine: Engine) -> None:
    text = "Zürich — 12,50 € <|im_end|> 你好"
    assert b"".join(engine.piece(t) for t in engine.tokenize(text)).decode() == text
    assert len(engine.tokenize("<|im_end|>", special=True)) == 1
    assert len(engine.tokenize("<|im_end|>")) > 1
    assert engine.ends(engine.end_of_turn)
    assert "im_start" in engine.chat_template


def test_what_does_not_fit_is_refused_before_it_is_evaluated(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)[:40]
    engine.read(tokens)
    with pytest.raises(ContextOverflow) as caught:
        engine.read([7] * 1024)
    assert caught.value.hint
    assert engine.tokens == tuple(tokens)


def test_reading_tells_its_progress_and_can_be_stopped(engine: Engine) -> None:
    tokens = (engine.tokenize(TEXT) * 4)[: 4 * PREFILL_CHUNK]
    engine.read([9])
    halt, told = threading.Event(), list[tuple[int, int]]()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        halt.set()

    with pytest.raises(Interrupted):
        engine.read(tokens, stop=halt, progress=progress)
    assert told == [(PREFILL_CHUNK, len(tokens))]
    rest = engine.read(tokens)
    assert rest.cached == PREFILL_CHUNK


def test_a_state_is_taken_by_another_engine(engine: Engine, tiny_model_path: Path) -> None:
    prompt = engine.tokenize(TEXT)[:200]
    engine.read(prompt[:150])
    state = engine.state().copy()
    engine.read(prompt)
    expected = engine.logits().copy()

    other = Engine(tiny_model_path, context=1024, threads=1)
    assert other.take(prompt[:150], state)
    read = other.read(prompt)
    assert (read.cached, read.evaluated) == (150, 50)
    np.testing.assert_allclose(other.logits(), expected, atol=0.2)
    assert not other.take(prompt[:150], state[:1000])
    assert other.read(prompt[:150]).evaluated == 150
    other.close()


def test_settings_are_llama_cpps(engine: Engine, tiny_model_path: Path) -> None:
    tokens = engine.tokenize(TEXT)[:100]
    other = Engine(tiny_model_path, context=512, settings=Settings(threads=1, batch=32))
    assert (other.settings.threads, other.settings.read_threads) == (1, 1)
    told: list[int] = []
    other.read(tokens, progress=lambda done, _total: told.append(done))
    assert told == [32, 64, 96, 100]
    expected = other.logits().copy()
    other.set_up(Settings(threads=1, read_threads=1, batch=64, flash="off"))
    assert other.tokens == ()
    assert other.read(tokens).evaluated == 100
    assert int(other.logits().argmax()) == int(expected.argmax())
    assert np.corrcoef(other.logits(), expected)[0, 1] > SAME_PLACE
    other.close()


def test_what_is_no_model_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(ModelBroken) as caught:
        Engine(file)
    assert caught.value.hint


def test_a_batch_scores_each_of_its_last_tokens(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)[:70]
    engine.read(tokens[:60])
    one_by_one = []
    for token in tokens[60:]:
        engine.extend([token])
        one_by_one.append(engine.logits().copy())
    engine.forget(10)
    assert engine.tokens == tuple(tokens[:60])
    engine.extend(tokens[60:], scored=4)
    for back in range(4):
        scores, expected = engine.logits(back), one_by_one[-1 - back]
        assert int(scores.argmax()) == int(expected.argmax())
        assert np.corrcoef(scores, expected)[0, 1] > SAME_PLACE


def test_what_was_taken_back_leaves_no_trace(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)[:80]
    engine.read([11])
    engine.read(tokens)
    expected = engine.logits().copy()
    engine.read(tokens[:64])
    engine.extend([21, 22, 23, 24, 25], scored=5)
    engine.forget(5)
    engine.extend(tokens[64:])
    assert engine.tokens == tuple(tokens)
    assert int(engine.logits().argmax()) == int(expected.argmax())
    assert np.corrcoef(engine.logits(), expected)[0, 1] > SAME_PLACE


def test_more_than_a_batch_is_scored_at_its_end(engine: Engine) -> None:
    tokens = (engine.tokenize(TEXT) * 4)[: PREFILL_CHUNK + 40]
    engine.read(tokens)
    expected = engine.logits().copy()
    engine.read(tokens[:8])
    engine.extend(tokens[8:], scored=5)
    assert engine.tokens == tuple(tokens)
    assert np.corrcoef(engine.logits(), expected)[0, 1] > SAME_PLACE


class StopsAfter(threading.Event):
    """Set by itself after so many questions whether it is."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self._left = questions

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_stop_is_heard_in_the_middle_of_a_batch(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)[:100]
    engine.read(tokens[:20])
    with ThreadPoolExecutor(1) as thread:  # the main thread's signals have to be heard
        reading = thread.submit(engine.read, tokens, stop=StopsAfter(30))
        with pytest.raises(Interrupted):
            reading.result()
    assert engine.tokens == tuple(tokens[:20])
    read = engine.read(tokens, stop=threading.Event())
    assert (read.cached, read.evaluated) == (20, 80)
    scores = engine.logits().copy()
    engine.read([12])
    engine.read(tokens)
    assert np.corrcoef(engine.logits(), scores)[0, 1] > SAME_PLACE
