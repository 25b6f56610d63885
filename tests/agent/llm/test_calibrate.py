"""The probe of a model, and what is remembered of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from nomoat.agent.doctor import own as doctor_own
from nomoat.agent.doctor.doctor import State
from nomoat.agent.llm import calibrate
from nomoat.agent.llm.calibrate import QUESTIONS, Probe, shelf
from nomoat.agent.llm.engine_settings import Settings
from nomoat.agent.llm.model_profile import (
    Profile,
    file_of,
    identity,
    library,
    machine,
    remember,
    remembered,
    settings_for,
)
from nomoat.agent.weights.catalogue import Model, ModelFile, catalogue, find

PROFILE = Profile(
    sha256="ab12",
    model="m",
    machine=machine(),
    day="2026-11-22",
    read_rate=80.0,
    write_rate=21.5,
    asked=7,
    right=6,
    free=3,
    free_valid=1,
    window=8192,
    useful=2000,
    seconds=41.0,
    settings=Settings(threads=2, read_threads=3, batch=512),
    library=library(),
)


class Probed(BaseChatModel):
    """Knows the right tool for each question, and finds facts in texts up to a length."""

    finds: int = 3_000
    clock: list[float] = [0.0]  # noqa: RUF012 - a field of pydantic
    each: float = 2.0
    """Seconds that an answer takes."""
    always: str = ""
    """The tool it always calls."""
    broken: bool = False

    @property
    def _llm_type(self) -> str:
        return "probed"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Any:
        return self.bind(tools=tools)

    def get_num_tokens(self, text: str) -> int:
        return len(text.split())

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **more: Any
    ) -> ChatResult:
        self.clock[0] += self.each
        asked = str(messages[-1].text)
        calls: list[dict[str, Any]] = []
        text = ""
        right = self.always or next((q.tool for q in QUESTIONS if q.text == asked), "")
        if "tools" in more:
            calls = [{"name": right, "args": {}, "id": "1"}] if right else []
        elif "schema" in more:
            text = self._fact(asked)
        else:
            named = {one["function"]["name"]: one["function"] for one in calibrate.TOOLS}
            arguments = dict.fromkeys(named[right]["parameters"]["required"], 1)
            text = json.dumps({"call": right, "arguments": arguments})
            text = text[:-1] if self.broken else f"```json\n{text}\n```"
        message = AIMessage(
            content=text,
            tool_calls=calls,
            usage_metadata={
                "input_tokens": 150,
                "output_tokens": 20,
                "total_tokens": 170,
                "input_token_details": {"cache_read": 50},
            },
            response_metadata={"prefill_seconds": 1.0, "decode_seconds": 0.5},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _fact(self, asked: str) -> str:
        text, _, question = asked.partition("\n\n")
        name = question.removeprefix("How many pieces of ").removesuffix(" are there?")
        line = next(line for line in text.splitlines() if line.startswith(f"- {name}:"))
        held = int(line.split(": ")[1].split()[0])
        return json.dumps({"answer": held if self.get_num_tokens(text) <= self.finds else -1})


def probe(model: Probed, **settings: Any) -> Profile:
    model.clock[0] = 0.0
    asking = Probe(model, clock=lambda: model.clock[0], **settings)
    return asking.run(sha256="ab12", name="m", window=8192, settings=Settings(threads=2))


def test_a_good_model_is_told_so() -> None:
    found = probe(Probed())
    assert (found.right, found.asked) == (len(QUESTIONS), len(QUESTIONS))
    assert (found.free_valid, found.free) == (3, 3)
    assert (found.read_rate, found.write_rate) == (100.0, 40.0)
    assert found.useful == 2_000
    assert found.seconds <= 55


def test_a_model_that_always_calls_is_told_so() -> None:
    found = probe(Probed(always="set_timer", broken=True))
    assert (found.right, found.asked) == (1, len(QUESTIONS))
    assert (found.free_valid, found.free) == (0, 3)


def test_a_slow_machine_answers_fewer_questions() -> None:
    found = probe(Probed(each=12))
    assert 0 < found.asked < len(QUESTIONS)
    assert found.seconds <= 70


def test_no_text_is_longer_than_the_window() -> None:
    model = Probed(finds=100_000, each=0.1)
    model.clock[0] = 0.0
    asking = Probe(model, clock=lambda: model.clock[0])
    found = asking.run(sha256="ab12", name="m", window=2_500, settings=Settings())
    assert found.useful == 2_000


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('{"call": "set_timer", "arguments": {"minutes": 5}}', True),
        ('```json\n{"call": "set_timer", "arguments": {"minutes": 5}}\n```', True),
        ('{"call": "set_timer", "arguments": {}}', False),
        ('{"call": "set_timer", "arguments": {"minutes": 5, "tone": "x"}}', False),
        ('{"call": "ring", "arguments": {"minutes": 5}}', False),
        ('Sure! {"call": "set_timer", "arguments": {"minutes": 5}}', False),
        ("[1]", False),
        ("", False),
    ],
)
def test_a_call_has_to_be_whole(text: str, valid: bool) -> None:
    assert calibrate.is_call(text) is valid


def test_a_longer_text_begins_with_the_shorter_one() -> None:
    texts = [shelf(size, lambda text: len(text.split())) for size in (100, 400)]
    (short, *fact), (long, *same) = texts
    assert long.startswith(short)
    assert fact == same
    name, held = fact
    assert short.count(f"- {name}: {held} pieces") == 1
    assert long.count(f"- {name}:") == 1


def test_a_profile_is_remembered_for_this_machine(nomoat_home: Path) -> None:
    assert remembered("ab12") is None
    remember(PROFILE)
    assert remembered("ab12") == PROFILE
    assert file_of("ab12").is_relative_to(nomoat_home)
    assert remembered("cd34") is None
    remember(replace(PROFILE, machine="another, 64 cores"))
    assert remembered("ab12") is None
    for broken in ("{", "[]", '{"settings": 3}', _with_settings({"threads": "many"})):
        file_of("ab12").write_text(broken)
        assert remembered("ab12") is None


def _with_settings(settings: dict[str, Any]) -> str:
    return json.dumps({**asdict(PROFILE), "settings": settings})


@pytest.mark.usefixtures("nomoat_home")
def test_a_model_runs_as_it_was_quickest_here() -> None:
    name = "qwen2.5-coder-1.5b"
    assert settings_for(name) == Settings()
    own = replace(PROFILE, sha256=identity(find(name)))
    remember(own)
    assert settings_for(name) == PROFILE.settings
    assert settings_for(name, threads=1) == Settings(threads=1, read_threads=1, batch=512)
    assert settings_for(name, kv="q8_0") == replace(PROFILE.settings, kv="q8_0")
    remember(replace(own, settings=Settings(flash="off")))
    assert settings_for(name, kv="q8_0") == Settings(kv="q8_0")  # it needs flash attention
    remember(replace(own, library="0.1"))
    assert settings_for(name) == Settings()


def test_a_profile_in_a_line() -> None:
    said = PROFILE.said
    for part in ("80", "22", "6 of 7", "1 of 3", "2,000 tokens", "2 threads (3 to", "2026-11-22"):
        assert part in said


def test_a_model_is_known_by_its_content_or_its_file(tmp_path: Path) -> None:
    pinned = catalogue().default("chat")
    assert identity(pinned) == pinned.files[0].sha256
    file = tmp_path / "own.gguf"
    file.write_bytes(b"GGUF" + b"0" * 60)
    own = Model("own", "chat", (ModelFile(file.name),), path=file)
    first = identity(own)
    assert first == identity(own)
    file.write_bytes(b"GGUF" + b"1" * 80)
    assert identity(own) != first


def test_the_doctor_shows_what_was_found(nomoat_home: Path) -> None:
    (before,) = doctor_own.profile("qwen2.5-coder-1.5b")
    assert (before.state, before.mend) == (State.NOTE, "nomoat doctor --probe")
    remember(replace(PROFILE, sha256=identity(find("qwen2.5-coder-1.5b"))))
    (after,) = doctor_own.profile("qwen2.5-coder-1.5b")
    assert (after.state, after.said) == (State.OK, PROFILE.said)


def test_a_model_that_is_missing_is_not_probed(nomoat: Any) -> None:
    result = nomoat("doctor", "--probe")
    assert "nomoat models pull" in result.output
    assert result.exit_code == 1
