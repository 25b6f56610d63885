"""Messages as a model's own chat template wants them, as tokens.

The template only ever sees placeholders where the contents stand. Contents are tokenized on their
own, as plain text: a file that contains the marks between messages cannot forge a message. What
the model wrote itself is put back as the very tokens it wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nomoat.agent.errors import ModelBroken

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content "
    "+ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
"""Used for files that carry no template of their own."""

# Private use characters: no ordinary text holds them, and templates pass them through.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")

Content = str | Sequence[int]
"""A text to be tokenized, or the tokens of a message that the model wrote."""


class ChatTemplate:
    """A Jinja chat template of a model file, run in a sandbox: the file is not trusted."""

    def __init__(self, source: str, *, bos: str = "", eos: str = "") -> None:
        """Raises ModelBroken when the template is not valid Jinja."""
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.loopcontrols"],
        )
        environment.globals.update(
            raise_exception=_refuse, strftime_now=_today, bos_token=bos, eos_token=eos
        )
        self.source = source or CHATML
        self.bos = bos
        try:
            self._template = environment.from_string(self.source)
        except jinja2.TemplateError as error:
            raise ModelBroken(
                f"The model's chat template cannot be read: {error}.",
                hint="Use another file of this model.",
            ) from error

    def render(
        self,
        messages: Sequence[tuple[str, Content]],
        tokenize: Callable[..., list[int]],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> list[int]:
        """Tokens of a conversation, up to where the model's next message begins.

        Args:
            messages: `(role, content)` pairs.
            tokenize: `tokenize(text, special=bool)`.
            tools: tools for templates that show them, in OpenAI's form.

        Raises:
            ModelBroken: the template refuses the conversation or tries what it must not.
        """
        marked = [
            {"role": role, "content": _MARK.format(i)} for i, (role, _) in enumerate(messages)
        ]
        text = self._text(marked, tools)
        tokens: list[int] = []
        for position, part in enumerate(_MARKED.split(text)):
            if position % 2 == 0:
                tokens += tokenize(part, special=True) if part else []
                continue
            content = messages[int(part)][1]
            tokens += tokenize(content, special=False) if isinstance(content, str) else content
        return tokens

    def _text(self, messages: list[dict[str, str]], tools: Sequence[Mapping[str, Any]]) -> str:
        for attempt in (messages, _without_system(messages)):
            try:
                return self._template.render(
                    messages=attempt, tools=list(tools) or None, add_generation_prompt=True
                )
            except jinja2.TemplateError as error:
                problem = error
        raise ModelBroken(
            f"The model's chat template refuses the conversation: {problem}.",
            hint="Use another model, or another file of this one.",
        ) from problem


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Some templates know no system role: its text goes before the first message."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    first = messages[1]
    joined = {**first, "content": f"{messages[0]['content']}\n\n{first['content']}"}
    return [joined, *messages[2:]]


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


def _today(form: str) -> str:
    return datetime.now().astimezone().strftime(form)
