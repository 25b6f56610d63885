"""`nomoat doctor`: what is missing is named, with what mends it, and nothing is sent."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from nomoat.agent.doctor import machine as doctor_machine
from nomoat.agent.doctor import own as doctor_own
from nomoat.agent.doctor.doctor import State, examine
from nomoat.agent.weights.catalogue import catalogue
from nomoat.agent.weights.models import folder_of, is_verified
from nomoat.tools.guard.sandbox import Sandbox, Support
from tests.agent.conftest import Nomoat

MODEL = catalogue().default("chat")


@pytest.fixture
def with_model(nomoat_home: Path, chat_model_path: Path) -> Path:
    """A home that has the default model, and nothing else."""
    folder = nomoat_home / "models" / MODEL.name
    folder.mkdir(parents=True)
    (folder / chat_model_path.name).symlink_to(chat_model_path.resolve())
    shutil.copy(chat_model_path.parent / "record.json", folder)
    return nomoat_home


def states(name: str) -> list[tuple[State, str, str]]:
    return [(one.state, one.said, one.mend) for one in examine() if one.name == name]


def test_a_machine_with_all_that_is_needed_is_ready(nomoat: Nomoat, with_model: Path) -> None:
    began = time.process_time()
    done = nomoat("doctor")
    assert time.process_time() - began < 2
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("\nAll that a run needs is here.\n")
    assert "ok      model       qwen2.5-coder-1.5b, 1.1 GB, verified\n" in done.stdout
    # without a memory of documents the embedder is not needed
    assert "→ nomoat models pull minilm-l6-v2" in done.stdout


def test_an_empty_home_is_told_what_to_pull(nomoat: Nomoat) -> None:
    done = nomoat("doctor", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["ready"] is False
    (model,) = (one for one in told["checks"] if one["state"] == "missing")
    assert model["name"] == "model"
    assert model["mend"].endswith(f"nomoat models pull {MODEL.name}")
    assert nomoat("doctor").stdout.endswith("1 of what a run needs is missing.\n")


def test_a_server_whose_model_thinks_is_asked_only_on_this_machine(
    nomoat_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOMOAT_MODEL", "http://127.0.0.1:9/v1")
    ((state, said, mend),) = states("model")
    assert state is State.MISSING
    assert said.startswith("Nothing answers at http://127.0.0.1:9/v1")
    assert mend
    monkeypatch.setenv("NOMOAT_MODEL", "https://llm.example/v1#big")
    tried, told = states("model")
    assert tried[:2] == (
        State.OK,
        "https://llm.example/v1#big; not tried, since nothing is sent from here",
    )
    assert told[0] is State.NOTE
    assert "not this machine" in told[1]
    assert states("memory") == []


def test_a_memory_needs_the_embedder(with_model: Path) -> None:
    (with_model / "memory" / "default").mkdir(parents=True)
    ((state, _, mend),) = states("embedder")
    assert state is State.MISSING
    assert "nomoat models pull minilm-l6-v2" in mend


def test_what_was_not_hashed_since_it_changed_does_not_count_as_verified(
    nomoat_home: Path, tiny_model_path: Path
) -> None:
    tiny = catalogue().find("smollm2-135m")
    assert tiny
    folder = folder_of(tiny)
    folder.mkdir(parents=True)
    shutil.copy(tiny_model_path, folder / tiny_model_path.name)
    (nomoat_home / "config.toml").write_text('model = "smollm2-135m"\n')
    assert not is_verified(tiny)
    assert [state for state, *_ in states("model")] == [State.NOTE]
    assert [one.state for one in doctor_own.model(tiny.name, verify=True)] == [State.OK]
    assert is_verified(tiny)

    with (folder / tiny_model_path.name).open("r+b") as file:
        file.seek(10_000)
        file.write(b"not what was pinned")
    os.utime(folder / tiny_model_path.name, ns=(1, 1))
    (broken,) = (one for one in examine(verify=True) if one.name == "model")
    assert (broken.state, "is damaged" in broken.said) == (State.MISSING, True)


def test_an_unfinished_pull_is_told(with_model: Path) -> None:
    part = with_model / "models" / "smollm2-135m" / "model.gguf.part"
    part.parent.mkdir()
    part.touch()
    assert (
        State.NOTE,
        "the pull of smollm2-135m is not finished",
        "nomoat models pull smollm2-135m",
    ) in states("model")


def test_a_wrong_configuration_is_told_and_the_rest_is_looked_at(with_model: Path) -> None:
    (with_model / "config.toml").write_text("modle = 1\n")
    ((state, said, _),) = states("config")
    assert state is State.MISSING
    assert "Did you mean `model`?" in said
    assert states("model")[0][0] is State.OK


def test_rules_that_cannot_be_read_are_told(with_model: Path) -> None:
    assert states("rules") == []
    (with_model / "policy.toml").write_text("nonsense = 1\n")
    assert states("rules")[0][0] is State.MISSING


def test_a_plugin_that_fails_is_named(nomoat_home: Path, place: Path) -> None:
    (nomoat_home / "tools").mkdir(parents=True)
    (nomoat_home / "tools" / "broken.py").write_text("1 / 0\n")
    ((state, said, _),) = states("plugins")
    assert state is State.NOTE
    assert "broken.py, line 1 was left out: ZeroDivisionError" in said


def test_a_server_whose_program_is_not_here_is_named(nomoat_home: Path) -> None:
    nomoat_home.mkdir()
    (nomoat_home / "config.toml").write_text('[mcp.servers.a]\ncommand = "no-such-program"\n')
    assert (State.NOTE, "a: there is no program no-such-program") in [
        (state, said) for state, said, _ in states("servers")
    ]


def test_a_home_that_cannot_be_written_is_told(nomoat_home: Path) -> None:
    nomoat_home.parent.mkdir(exist_ok=True)
    nomoat_home.write_text("a file where a folder has to be")
    found = states("folders")
    assert found[0][0] is State.MISSING
    assert found[0][2].startswith("chmod u+rwx ")


def test_a_full_disk_is_told(nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(nomoat_home.parent)._replace(free=1_000_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    ((state, said, mend),) = states("disk")
    assert (state, mend) == (State.MISSING, "nomoat runs prune --keep 20")
    assert "1.0 GB free" in said
    assert "1.3 GB needed" in said


def test_too_little_memory_names_a_model_that_fits(
    nomoat_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("doctor.own", "weights.fit"):
        monkeypatch.setattr(f"nomoat.agent.{module}.available_memory", lambda: 1_400_000_000)
    ((state, said, mend),) = states("memory")
    assert (state, mend) == (State.NOTE, "nomoat models pull qwen2.5-coder-0.5b")
    assert "1.4 GB free" in said


# -- the machine ------------------------------------------------------------------------------


def test_code_is_really_run_confined() -> None:
    (found,) = doctor_machine.sandbox()
    refusal = Sandbox().refusal
    assert found.state is (State.NOTE if refusal else State.OK)
    assert (refusal or "code was run confined") in found.said


def test_without_a_sandbox_the_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "apt-get").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("nomoat.tools.guard.sandbox.probe", lambda: Support(0, True, ""))
    (found,) = doctor_machine.sandbox()
    assert (found.state, found.mend) == (State.NOTE, "sudo apt-get install -y bubblewrap")


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    gone = {"chromadb", "llama-cpp-python"}
    real = doctor_machine._version
    monkeypatch.setattr(doctor_machine, "_version", lambda name: "" if name in gone else real(name))
    (packages,) = doctor_machine.packages()
    assert (packages.state, packages.said) == (State.MISSING, "not installed: chromadb")
    assert packages.mend == f"{sys.executable} -m pip install chromadb"
    compiler, llama = doctor_machine.llama()
    assert (compiler.name, compiler.mend) == ("compiler", "install g++ with your system")
    assert llama.mend.endswith("pip install llama-cpp-python")


def test_a_library_that_does_not_load_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "llama_cpp" / "lib").mkdir(parents=True)
    (tmp_path / "llama_cpp" / "__init__.py").touch()
    (tmp_path / "llama_cpp" / "lib" / "libllama.so").write_text("no library")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "llama_cpp", raising=False)
    (found,) = doctor_machine.llama()
    assert (found.state, "cannot be loaded" in found.said) == (State.MISSING, True)
