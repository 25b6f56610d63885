"""A model file and a context of llama.cpp, made as the settings say."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib

from nomoat.agent.errors import ModelBroken
from nomoat.agent.llm.engine_settings import Settings

_FLASH = {
    "auto": lib.LLAMA_FLASH_ATTN_TYPE_AUTO,
    "on": lib.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    "off": lib.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}
_NUMBERS = {"f16": lib.GGML_TYPE_F16, "q8_0": lib.GGML_TYPE_Q8_0}

_DONTNEED = 4
"""`MADV_DONTNEED` of Linux: the pages of a mapped file are read again when they are next used."""

_starting = threading.Lock()
_log: Any = None


def load_model(path: Path) -> Any:
    """The weights of a file; other threads go on meanwhile.

    Raises:
        ModelBroken: llama.cpp cannot load the file.
    """
    _start_backend()
    model = lib.llama_model_load_from_file(os.fsencode(path), lib.llama_model_default_params())
    if not model:
        raise ModelBroken(
            f"{path} cannot be loaded as a model.",
            hint="It has to be a GGUF file that is whole; `nomoat models pull` verifies it.",
        )
    _give_back(path)
    return model


def _give_back(path: Path) -> None:
    """Let the system have the pages of the file again that this process has read.

    Of the weights that llama.cpp rearranges for the processor it holds a copy, and never reads the
    file's again; the others are mapped again as they are used, from the system's own cache. Half a
    gigabyte less is held so, of a file of one.
    """
    if sys.platform != "linux":
        return
    name, libc = os.path.realpath(path), ctypes.CDLL(None)
    lines: list[str] = []
    with suppress(OSError):
        lines = Path("/proc/self/maps").read_text(errors="surrogateescape").splitlines()
    for line in lines:
        span, *_, mapped = line.split(maxsplit=5)
        if mapped == name:
            begin, end = (int(place, 16) for place in span.split("-"))
            libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _DONTNEED)


def new_context(model: Any, path: Path, tokens: int, settings: Settings) -> Any:
    """A window of so many tokens on a model.

    Raises:
        ModelBroken: llama.cpp refuses the settings, or there is too little memory.
    """
    params = lib.llama_context_default_params()
    params.n_ctx = tokens
    params.n_batch = params.n_ubatch = settings.batch
    params.n_threads = settings.threads
    params.n_threads_batch = settings.read_threads
    params.flash_attn_type = _FLASH[settings.flash]
    params.type_k = params.type_v = _NUMBERS[settings.kv]
    params.no_perf = True
    made = lib.llama_init_from_model(model, params)
    if not made:
        raise ModelBroken(
            f"No context of {tokens} tokens can be made for {path.name}.",
            hint="There is too little memory for it: use a smaller --context or model.",
        )
    return made


def _start_backend() -> None:
    """Start llama.cpp once a process, silent: its log goes nowhere."""
    global _log  # noqa: PLW0603 - the callback has to outlive every call from C
    with _starting:
        if _log is None:
            _log = lib.llama_log_callback(lambda _level, _text, _data: None)
            lib.llama_log_set(_log, ctypes.c_void_p(0))
            lib.llama_backend_init()
