"""The language model: in this process, or behind an endpoint."""
