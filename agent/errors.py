"""The errors of a run and of what it needs; the whole tree is drawn in `nomoat.memory.errors`.

AgentError
├── ModelError          a model cannot be had or used
│   ├── ModelUnknown    no such name, path or repository
│   ├── ModelMissing    known, and not on this machine: pull it
│   ├── ModelBroken     wrong sha256, truncated, or not a GGUF: pull it again
│   ├── EndpointError   a model behind a server cannot be reached, or it refuses: mend that
│   └── PullFailed      no source could be reached, or no room on disk
├── ContextOverflow     the prompt does not fit the model's window
├── Interrupted         somebody asked to stop
├── RunError            a run on disk cannot be read or continued
└── ScriptError         a ScriptedModel was used otherwise than its script says
"""

from __future__ import annotations

from nomoat.memory.errors import NomoatError, UsageError

__all__ = [
    "AgentError",
    "ContextOverflow",
    "EndpointError",
    "Interrupted",
    "ModelBroken",
    "ModelError",
    "ModelMissing",
    "ModelUnknown",
    "NomoatError",
    "PullFailed",
    "RunError",
    "ScriptError",
    "UsageError",
]


class AgentError(NomoatError):
    """A run, or what it needs, failed."""


class ModelError(AgentError):
    """A model cannot be had or used."""


class ModelUnknown(ModelError):
    """No such name, path or repository."""


class ModelMissing(ModelError):
    """Known, and not on this machine yet."""


class ModelBroken(ModelError):
    """Wrong sha256, truncated, or not a GGUF file."""


class EndpointError(ModelError):
    """A model behind a server cannot be reached, or the server refuses or says what cannot be."""


class PullFailed(ModelError):
    """No source of the model could be reached, or there is no room for it."""


class ContextOverflow(AgentError):
    """The prompt does not fit the model's context window."""


class Interrupted(AgentError):
    """Somebody asked to stop; nothing that was done is lost."""


class RunError(AgentError):
    """A run on disk cannot be read or continued."""


class ScriptError(AgentError):
    """A ScriptedModel was asked for more, or for less, than its script holds."""
