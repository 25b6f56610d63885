"""A model that is loaded while everything else begins.

llama.cpp lets other threads run meanwhile. So a command begins with this, before it imports the
libraries that a run needs: nothing of LangChain is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.agent.llm.background import in_background
from nomoat.agent.llm.engine_settings import Numbers
from nomoat.agent.llm.model_profile import settings_for
from nomoat.agent.weights.models import locate

if TYPE_CHECKING:
    from nomoat.agent.llm.engine import Engine
    from nomoat.agent.llm.engine_text import Vocabulary


class Loading:
    """The engine of a model, from now on being made in a thread of its own.

    Args:
        model: a name of the catalogue, or the path of a GGUF file.
        context: tokens the window holds.
        threads: CPU threads; default: what was measured for the model, or all cores.
        kv: the numbers in which the window is held.

    Raises:
        ModelError: there is no such model, or it is not on this machine.
    """

    def __init__(
        self, model: str, *, context: int, threads: int | None = None, kv: Numbers = "f16"
    ) -> None:
        self.context = context
        self._table: Future[Any] | None = None
        found = locate(model)
        begin = self._begin_table
        make = partial(load_engine, found, model, context, threads, kv, meanwhile=begin)
        self._engine = in_background(make, "load-model")

    def engine(self) -> Engine:
        """The engine, as soon as it is there.

        Raises:
            ModelBroken: llama.cpp cannot load the file.
        """
        return self._engine.result()

    def table(self) -> Future[Any] | None:
        """The vocabulary as grammars need it, which is made of the model while the window is."""
        self.engine()
        return self._table

    def _begin_table(self, vocabulary: Vocabulary) -> None:
        self._table = in_background(vocabulary.constraint_tokenizer, "vocabulary")


def load_engine(
    path: Path,
    model: str,
    context: int,
    threads: int | None,
    kv: Numbers,
    *,
    meanwhile: Callable[[Vocabulary], object],
) -> Engine:
    """Load a model, set up as it was measured to be quickest (`nomoat.agent.llm.model_profile`)."""
    from nomoat.agent.llm.engine import Engine

    settings = settings_for(model, threads=threads, kv=kv)
    return Engine(path, context=context, settings=settings, meanwhile=meanwhile)
