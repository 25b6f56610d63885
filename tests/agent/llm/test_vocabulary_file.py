"""The texts of tokens are asked for once, and nothing that is broken on disk is taken for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.llm import vocabulary_file
from nomoat.agent.llm.engine import Engine

TEXTS = [b"", b"a", b" the", "ü".encode(), b"\xff<|im_end|>", b"\x00\n" * 20]


class Asked:
    """The texts, and how often they were asked for."""

    def __init__(self, texts: list[bytes]) -> None:
        self.texts, self.times = texts, 0

    def __call__(self) -> list[bytes]:
        self.times += 1
        return self.texts


def kept(file: Path, asked: Asked, count: int | None = None) -> list[bytes]:
    return vocabulary_file.kept(file, len(asked.texts) if count is None else count, asked)


@given(texts=st.lists(st.binary(max_size=40), max_size=60))
def test_they_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes]
) -> None:
    file, asked = tmp_path_factory.mktemp("tokens") / "cache" / "tokens.bin", Asked(texts)
    assert kept(file, asked) == texts
    assert kept(file, asked) == texts
    assert asked.times == 1


@given(data=st.data())
def test_broken_files_are_made_anew(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file, asked = tmp_path_factory.mktemp("tokens") / "tokens.bin", Asked(TEXTS)
    kept(file, asked)
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    flipped = bytearray(whole)
    flipped[at // 8] ^= 1 << at % 8
    for broken in (bytes(flipped), whole[: at // 8], b""):
        before = asked.times
        file.write_bytes(broken)
        assert kept(file, asked) == TEXTS
        assert asked.times == before + 1
        assert file.read_bytes() == whole


def test_of_another_vocabulary_or_on_a_disk_that_refuses(tmp_path: Path) -> None:
    file, asked = tmp_path / "tokens.bin", Asked(TEXTS)
    kept(file, asked)
    assert kept(file, asked, len(TEXTS) + 1) == TEXTS
    assert asked.times == 2
    blocked = tmp_path / "no folder"
    blocked.write_text("")
    assert kept(blocked / "tokens.bin", asked) == TEXTS
    assert kept(tmp_path / "long.bin", Asked([b"x" * 70_000])) == [b"x" * 70_000]


def test_another_file_has_another_place(tmp_path: Path, nomoat_home: Path) -> None:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF")
    first = vocabulary_file.place(model)
    assert first == vocabulary_file.place(model)
    assert first.is_relative_to(nomoat_home)
    os.utime(model, (1, 1))
    assert vocabulary_file.place(model) != first


@pytest.mark.model
def test_a_models_tokens_are_kept(tiny_model_path: Path, nomoat_home: Path) -> None:
    engine = Engine(tiny_model_path, context=256, threads=1)
    table = engine.constraint_tokenizer()
    assert list((nomoat_home / "cache").glob("tokens-*.bin"))
    engine._pieces = lambda: pytest.fail("they are on disk")  # type: ignore[method-assign]
    again = engine.constraint_tokenizer()
    text = "Zürich — 12,50 € 你好"
    assert again.tokenize_str(text) == table.tokenize_str(text) == engine.tokenize(text)
    engine.close()
