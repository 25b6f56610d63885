"""Texts to vectors, in this process.

`Embedder` is the seam: whatever has these four names can make the vectors of a memory (a GGUF
embedding model, an endpoint). The store remembers which one made it and refuses to mix.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary

from nomoat.memory.errors import StoreError
from nomoat.memory.home import home

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    """Shape (texts, dimension), each row of length 1."""

MINILM = "minilm-l6-v2"
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
_BATCH_TOKENS = 1024
"""Tokens of a batch with its padding: more is slower, and takes memory that is not given back."""
_BATCH_TEXTS = 64


class Embedder(Protocol):
    """Makes vectors whose dot product says how near two texts are in meaning."""

    @property
    def name(self) -> str:
        """What a person calls the model."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def sha256(self) -> str:
        """Of the weights: another file under the same name is another embedder."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text."""


class MiniLM:
    """all-MiniLM-L6-v2 as int8 ONNX: 384 numbers for up to 256 tokens of a text.

    Nothing is read before the first `embed`. All of a process that are of one folder compute with
    one copy of the model, which is let go with the last of them; threads may share them. Raises
    StoreError when the files are not there or are not the pinned ones.
    """

    name = MINILM
    dimension = 384
    sha256 = _MODEL_SHA256
    window = 256
    """Tokens; what stands after them is not seen."""

    def __init__(self, folder: Path | None = None, *, threads: int | None = None) -> None:
        """From `folder` (default: where `nomoat models pull` puts it), on all cores."""
        self._folder = folder or home() / "models" / MINILM
        self._threads = threads or _cores()
        self._loaded: _Loaded | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, in order; texts of like length are computed together."""
        import numpy as np

        if self._loaded is None:
            self._loaded = _shared(self._folder, self._threads)
        session, tokenizer = self._loaded.session, self._loaded.tokenizer
        tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(tokens), self.dimension), dtype=np.float32)
        for batch in _batches([len(ids) for ids in tokens]):
            vectors[batch] = _pooled(session, [tokens[index] for index in batch])
        return vectors


class _Loaded:
    """The model and its tokenizer, in memory."""

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        model = _checked(folder / "model.onnx", _MODEL_SHA256)
        self.tokenizer: Any = Tokenizer.from_str(
            _checked(folder / "tokenizer.json", _TOKENIZER_SHA256).decode()
        )
        self.tokenizer.enable_truncation(MiniLM.window)
        self.tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that wait by spinning take a quarter of the processor from everything else.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session: Any = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )


_in_use: WeakValueDictionary[tuple[Path, int], _Loaded] = WeakValueDictionary()
_loading = threading.Lock()


def _shared(folder: Path, threads: int) -> _Loaded:
    """What is loaded of a folder already, else what is loaded now."""
    key = folder.absolute(), threads
    with _loading:
        loaded = _in_use.get(key)
        if loaded is None:
            loaded = _in_use[key] = _Loaded(folder, threads)
        return loaded


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _checked(path: Path, sha256: str) -> bytes:
    pull = f"Fetch it with: nomoat models pull {MINILM}"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise StoreError(
            f"The embedding model {MINILM} is not on this machine: {path} is missing.", hint=pull
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(
            f"{path} is not the embedding model that nomoat pins: its sha256 differs.", hint=pull
        )
    return data


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices in batches of like length, so that little is computed for padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        full = (len(batch) + 1) * lengths[index] > _BATCH_TOKENS or len(batch) == _BATCH_TEXTS
        if batch and full:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _pooled(session: Any, tokens: list[list[int]]) -> Vectors:
    """The mean over each text's tokens, scaled to length 1."""
    import numpy as np

    ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(tokens):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    (states,) = session.run(
        None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    )
    sums: Vectors = np.einsum("btd,bt->bd", states, mask.astype(np.float32))
    scaled: Vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return scaled
