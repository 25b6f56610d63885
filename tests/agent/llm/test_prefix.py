"""States of prefixes on disk: the nearest is taken, and nothing that is broken breaks a run."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nomoat.agent.llm import prefix, prefix_file
from nomoat.agent.llm.engine import Engine, Evaluation, common
from nomoat.agent.llm.engine_settings import Settings
from nomoat.agent.llm.prefix import WORTH, PrefixStore
from tests.agent.llm.test_engine import SAME_PLACE

TEXT = "Private agents run on the machine of the person they work for. " * 20
SYSTEM = list(range(1_000, 1_300))
GOAL = [7, 8, 9]


class FakeEngine:
    """Holds tokens; its state is a digest of them. It counts what it evaluates."""

    def __init__(self, model: Path, *, can_forget: bool = True, context: int = 4096) -> None:
        self.path, self.can_forget, self.context = model, can_forget, context
        self.form: tuple[Any, ...] = (128, "auto", "f16")
        self.tokens: tuple[int, ...] = ()
        self.taken: list[tuple[int, ...]] = []

    def held(self, prompt: Sequence[int]) -> int:
        shared = common(self.tokens, prompt)
        return shared if self.can_forget or shared == len(self.tokens) else 0

    def read(self, prompt: Sequence[int], *, stop: Any = None, progress: Any = None) -> Evaluation:
        assert stop is None
        cached = self.held(prompt)
        self.tokens = tuple(prompt)
        if progress is not None:
            progress(len(prompt) - cached, len(prompt) - cached)
        return Evaluation(cached, len(prompt) - cached, 0.5)

    def state(self) -> NDArray[np.uint8]:
        return np.frombuffer(repr(self.tokens).encode(), dtype=np.uint8)

    def take(self, tokens: Sequence[int], state: NDArray[np.uint8]) -> bool:
        assert state.tobytes() == repr(tuple(tokens)).encode(), "a state of other tokens"
        self.tokens = tuple(tokens)
        self.taken.append(self.tokens)
        return True


Make = Callable[..., FakeEngine]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Engines of one model file, each of a process of its own."""
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    return lambda **options: FakeEngine(model, **options)


def restore(engine: FakeEngine, folder: Path, tokens: Sequence[int], **more: Any) -> Evaluation:
    store = PrefixStore(cast(Engine, engine), folder)
    return store.restore([*tokens, *GOAL], len(tokens), **more)


def states(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.state"))


def test_a_second_process_evaluates_nothing_of_a_prefix(make: Make, tmp_path: Path) -> None:
    first = restore(make(), tmp_path / "kept", SYSTEM)
    assert (first.cached, first.evaluated) == (0, len(SYSTEM))
    second = restore(make(), tmp_path / "kept", SYSTEM)
    assert (second.cached, second.evaluated) == (len(SYSTEM), 0)


def test_with_one_more_tool_only_its_line_is_evaluated(make: Make, tmp_path: Path) -> None:
    folder, more = tmp_path / "kept", [*SYSTEM, *range(50, 90)]
    restore(make(), folder, SYSTEM)
    engine = make()
    read = restore(engine, folder, more)
    assert (read.cached, read.evaluated) == (len(SYSTEM), 40)
    assert engine.tokens == tuple(more)
    assert restore(make(), folder, more).evaluated == 0
    # and without it again: the longer state is cut as well
    fewer = restore(make(), folder, [*SYSTEM[:280], 5, 6])
    assert (fewer.cached, fewer.evaluated) == (280, 2)


def test_the_state_with_most_in_common_is_taken(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    for tokens in (SYSTEM[:100], SYSTEM[:200], [*SYSTEM[:120], *range(100)]):
        restore(make(), folder, tokens)
    engine = make()
    assert restore(engine, folder, SYSTEM).cached == 200
    assert engine.taken == [tuple(SYSTEM[:200])]


def test_a_few_new_tokens_are_not_worth_a_file(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    restore(make(), folder, SYSTEM)
    few = [*SYSTEM, *range(prefix.WORTH_SAVING - 1)]
    assert restore(make(), folder, few).evaluated == prefix.WORTH_SAVING - 1
    assert len(states(folder)) == 1
    restore(make(), folder, [*few, 99])
    assert len(states(folder)) == 2


def test_what_is_held_already_is_not_read_from_disk(make: Make, tmp_path: Path) -> None:
    folder, engine = tmp_path / "kept", make()
    restore(engine, folder, SYSTEM)
    engine.read([*SYSTEM, *GOAL, 4, 5])
    again = restore(engine, folder, SYSTEM)
    assert (again.cached, again.evaluated, engine.taken) == (len(SYSTEM), 0, [])
    assert len(engine.tokens) == len(SYSTEM) + 5


def test_a_short_prefix_is_left_alone(make: Make, tmp_path: Path) -> None:
    engine = make()
    assert restore(engine, tmp_path / "kept", SYSTEM[: WORTH - 1]).evaluated == 0
    assert engine.tokens == ()
    assert not (tmp_path / "kept").exists()


def test_a_recurrent_state_is_never_cut(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    restore(make(can_forget=False), folder, [*SYSTEM[:200], *range(50)])
    other = make(can_forget=False)
    assert restore(other, folder, SYSTEM).cached == 0
    assert other.taken == []
    assert restore(make(can_forget=False), folder, SYSTEM).evaluated == 0
    # one that is the beginning of a prompt as a whole needs no cut
    longer = restore(make(can_forget=False), folder, [*SYSTEM, *range(60, 100)])
    assert (longer.cached, longer.evaluated) == (len(SYSTEM), 40)


def test_states_of_other_models_forms_and_windows_are_not_taken(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    restore(make(), folder, SYSTEM)
    small = make(context=len(SYSTEM))
    assert restore(small, folder, SYSTEM[:200]).cached == 0
    assert len(states(folder)) == 2  # it was not taken for broken
    other = make()
    other.form = (512, "auto", "f16")
    assert restore(other, folder, SYSTEM).cached == 0
    engine = make()
    engine.path.write_bytes(b"GGUF, another")
    assert restore(engine, folder, SYSTEM).cached == 0
    wide = make(context=8192)
    assert restore(wide, folder, SYSTEM).evaluated == 0


def test_progress_is_told_of_the_whole_prompt(make: Make, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    restore(make(), tmp_path, SYSTEM, progress=lambda done, total: told.append((done, total)))
    assert told == [(len(SYSTEM), len(SYSTEM) + len(GOAL))]


def test_the_longest_unused_go_first(make: Make, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(prefix, "KEPT", 3)
    folder, prefixes = tmp_path / "kept", [[n, *SYSTEM] for n in range(4)]
    for age, tokens in enumerate(prefixes[:3]):
        restore(make(), folder, tokens)
        newest = max(states(folder), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, (1_000 + age, 1_000 + age))
    assert restore(make(), folder, prefixes[0]).evaluated == 0  # used: it is the newest now
    restore(make(), folder, prefixes[3])
    assert len(states(folder)) == 3
    assert restore(make(), folder, prefixes[0]).evaluated == 0
    assert restore(make(), folder, prefixes[1]).evaluated > 0


def test_what_is_kept_has_an_end(make: Make, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(prefix, "KEPT_BYTES", 1)
    for n in range(3):
        restore(make(), tmp_path / "kept", [n, *SYSTEM])
        assert len(states(tmp_path / "kept")) == 1


def test_a_disk_that_refuses_is_no_error(make: Make, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    engine = make()
    assert restore(engine, blocked / "prefixes", SYSTEM).evaluated == len(SYSTEM)
    assert engine.tokens == tuple(SYSTEM)


# -- files that are not as they were written --------------------------------------------------


@given(data=st.data())
def test_no_flipped_bit_and_no_cut_is_taken_for_a_state(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("states") / "one.state"
    owner, state = bytes(range(32)), np.arange(200, dtype=np.uint8)
    prefix_file.write(file, owner, SYSTEM[:20], state)
    whole = file.read_bytes()
    kept = prefix_file.head(file, owner)
    assert kept is not None
    assert list(kept.tokens) == SYSTEM[:20]
    found = prefix_file.state(kept)
    assert found is not None
    assert found.tobytes() == state.tobytes()

    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    flipped = bytearray(whole)
    flipped[at // 8] ^= 1 << at % 8
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    for broken in (bytes(flipped), cut, cut + bytes(len(whole) - len(cut) + 1)):
        file.write_bytes(broken)
        head = prefix_file.head(file, owner)
        assert head is None or prefix_file.state(head) is None
        assert prefix_file.state(kept) is None


def test_files_that_were_damaged_are_removed_and_the_next_best_is_taken(
    make: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    restore(make(), folder, SYSTEM[:100])
    (short,) = states(folder)
    restore(make(), folder, SYSTEM)
    (long,) = set(states(folder)) - {short}
    data = bytearray(long.read_bytes())
    data[-1] ^= 1
    long.write_bytes(data)
    assert restore(make(), folder, SYSTEM).cached == 100
    assert restore(make(), folder, SYSTEM).evaluated == 0  # written anew


def test_foreign_files_are_passed_over(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    noise = random.Random(7)
    for size in (0, 3, 60, 5_000):
        (folder / f"{size}.state").write_bytes(noise.randbytes(size))
    (folder / "folder.state").mkdir()
    (folder / "huge.state").write_bytes(prefix_file.MAGIC + b"\xff" * 200)
    assert restore(make(), folder, SYSTEM).evaluated == len(SYSTEM)
    assert restore(make(), folder, SYSTEM).evaluated == 0


# -- on a real model --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine(tiny_model_path: Path) -> Engine:
    return Engine(tiny_model_path, context=1024, threads=1)


@pytest.mark.model
def test_what_follows_a_state_that_was_cut_is_what_follows_the_text(
    engine: Engine, tiny_model_path: Path, tmp_path: Path
) -> None:
    tokens = engine.tokenize(TEXT)
    prompt = [*tokens[:150], *tokens[20:60], *tokens[:5]]
    engine.read([3])
    engine.read(prompt)
    expected = engine.logits().copy()
    engine.read([3])
    PrefixStore(engine, tmp_path).restore(tokens, 200)

    other = Engine(tiny_model_path, context=512, threads=1)  # another window takes the same states
    store = PrefixStore(other, tmp_path)
    before = store.restore(prompt, 190)
    read = other.read(prompt)
    assert store.restored == before.cached >= 150
    assert before.evaluated == 190 - before.cached
    assert (read.cached, read.evaluated) == (190, 5)
    assert int(other.logits().argmax()) == int(expected.argmax())
    assert np.corrcoef(other.logits(), expected)[0, 1] > SAME_PLACE
    other.close()


@pytest.mark.model
def test_a_state_in_another_form_is_refused_without_a_crash(engine: Engine) -> None:
    tokens = engine.tokenize(TEXT)[:100]
    engine.read(tokens)
    state = engine.state().copy()
    engine.set_up(Settings(threads=1, flash="off"))
    assert not engine.take(tokens, state[: len(state) // 2])
    assert engine.tokens == ()
    assert engine.read(tokens).evaluated == len(tokens)
    engine.set_up(Settings(threads=1, flash="on", kv="q8_0"))
    assert not engine.take(tokens, state)
    assert engine.read(tokens).evaluated == len(tokens)
    engine.set_up(Settings(threads=1))
    assert engine.take(tokens, state)
    assert engine.read([*tokens, 5]).evaluated == 1
