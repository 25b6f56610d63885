"""What a tool raises to tell the model what to do next; the run goes on in each case."""

from __future__ import annotations

from nomoat.memory.errors import NomoatError


class ToolError(NomoatError):
    """A tool did not do what it was asked; message and hint are shown to the model."""


class Retry(ToolError):
    """The same tool can succeed with other arguments; the hint says which."""


class Failed(ToolError):
    """This cannot be done here; another way has to be found."""


class NeedsApproval(ToolError):
    """The call would do something that a person has to allow first."""
