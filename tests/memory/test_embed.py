"""One copy of the embedding model serves all of a process that make vectors."""

from __future__ import annotations

import gc
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nomoat.memory import embed
from nomoat.memory.embed import MiniLM
from nomoat.memory.errors import StoreError

TEXTS = ["The roof is mended in May.", "When is the roof repaired?", "Two eggs and some butter."]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that are loaded from now on."""
    gc.collect()
    folders: list[Path] = []

    class Counted(embed._Loaded):
        def __init__(self, folder: Path, threads: int) -> None:
            folders.append(folder)
            super().__init__(folder, threads)

    monkeypatch.setattr(embed, "_Loaded", Counted)
    return folders


def test_all_of_a_process_share_one_model(
    embedder_folder: Path, loaded: list[Path], tmp_path: Path
) -> None:
    own = tmp_path / "minilm"
    shutil.copytree(embedder_folder, own)
    first, second = MiniLM(own, threads=1), MiniLM(own, threads=1)
    assert loaded == []  # nothing is read before it is needed
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(lambda embedder: embedder.embed(TEXTS), (first, second))
    assert loaded == [own]
    np.testing.assert_array_equal(one, other)
    assert one[0] @ one[1] > one[0] @ one[2]

    del first, second  # the last of them lets it go
    gc.collect()
    (own / "model.onnx").write_bytes(b"another model")
    with pytest.raises(StoreError, match="sha256"):
        MiniLM(own, threads=1).embed(TEXTS)


def test_what_could_not_be_loaded_is_tried_again(
    embedder_folder: Path, loaded: list[Path], tmp_path: Path
) -> None:
    own, embedder = tmp_path / "minilm", MiniLM(tmp_path / "minilm", threads=1)
    with pytest.raises(StoreError, match="missing"):
        embedder.embed(TEXTS)
    shutil.copytree(embedder_folder, own)
    assert embedder.embed(TEXTS).shape == (3, 384)
    assert loaded == [own, own]
