"""A model is loaded while everything else begins."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nomoat.agent.cli import run
from nomoat.agent.errors import ModelBroken, ModelError
from nomoat.agent.llm import loading
from nomoat.agent.llm.background import in_background
from nomoat.agent.llm.engine import Engine
from nomoat.agent.llm.engine_settings import Settings
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.llm.loading import Loading


def test_work_in_the_background_gives_or_raises_what_came_of_it() -> None:
    go, names = threading.Event(), list[str]()

    def work() -> int:
        go.wait(10)
        names.append(threading.current_thread().name)
        return 7

    begun = in_background(work, "counting")
    assert not begun.done()
    go.set()
    assert begun.result(10) == 7
    assert names == ["counting"]

    def fails() -> int:
        raise ModelBroken("no")

    with pytest.raises(ModelBroken, match="no"):
        in_background(fails, "failing").result(10)


def test_what_is_not_there_is_told_at_once(nomoat_home: Path) -> None:
    with pytest.raises(ModelError):
        Loading("qwen2.5-coder-1.5b", context=512)
    with pytest.raises(ModelError):
        run.chat_model("qwen2.5-coder-1.5b", context=512)


def test_what_is_broken_is_told_at_the_first_use(tmp_path: Path, nomoat_home: Path) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(b"GGUF" + b"\0" * 100)
    model = ChatLlama(model=str(file))
    model.load_ahead()
    for _ in range(2):
        with pytest.raises(ModelBroken):
            model.load()
    model.load_ahead()
    model.close()  # what is being loaded is waited for
    missing = ChatLlama(model=str(tmp_path / "nowhere.gguf"))
    missing.load_ahead()
    with pytest.raises(ModelError):
        missing.load()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads in which engines are made from now on."""
    threads: list[str] = []
    load = loading.load_engine

    def load_engine(*given: object, **named: object) -> Engine:
        threads.append(threading.current_thread().name)
        return load(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "load_engine", load_engine)
    return threads


@pytest.mark.model
def test_a_model_is_loaded_once_and_elsewhere(tiny_model_path: Path, made: list[str]) -> None:
    begun = Loading(str(tiny_model_path), context=512, threads=1)
    model = ChatLlama(model=str(tiny_model_path), context=512, threads=1, max_tokens=3)
    model.load_ahead(begun)
    model.load_ahead()
    assert model.invoke("Hello").response_metadata["tokens"]
    assert model.engine is begun.engine()
    model.load_ahead()
    table = begun.table()
    assert table is not None
    assert made == ["load-model"]
    model.close()
    assert table.done()  # it is made of the model, and waited for
    assert model.invoke("Hello").response_metadata["tokens"]  # the next use loads it again
    assert made == ["load-model"] * 2
    model.close()


@pytest.mark.model
def test_what_was_never_used_is_freed(tiny_model_path: Path) -> None:
    begun = Loading(str(tiny_model_path), context=256, threads=1)
    model = ChatLlama(model=str(tiny_model_path), context=256, threads=1)
    model.load_ahead(begun)
    model.close()
    assert begun.engine()._model is None
    table = begun.table()
    assert table is not None
    assert table.done()


@pytest.mark.model
def test_a_model_in_use_is_left_alone(tiny_model_path: Path, made: list[str]) -> None:
    model = ChatLlama(model=str(tiny_model_path), context=256)
    with model._lock:
        model.load_ahead()
    assert made == []


@pytest.mark.model
def test_remembered_settings_hold_unless_others_are_named(
    tiny_model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Settings(threads=1, batch=32, flash="off")
    asked: list[str] = []

    def settings_for(name: str, *, threads: int | None, kv: str) -> Settings:
        asked.append(f"{name} {threads} {kv}")
        return found

    monkeypatch.setattr(loading, "settings_for", settings_for)
    model = ChatLlama(model=str(tiny_model_path), context=256, threads=2, kv="q8_0")
    assert model.engine.settings == found.whole
    assert asked == [f"{tiny_model_path} 2 q8_0"]
    model.close()


def test_nothing_heavy_is_imported_before_the_file_is_read() -> None:
    code = (
        "import sys, nomoat.agent.llm.loading\n"
        "heavy = {'langchain_core', 'langgraph', 'numpy', 'llama_cpp', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
