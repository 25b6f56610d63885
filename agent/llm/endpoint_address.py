"""The address of a model behind a server: `http://127.0.0.1:8080/v1`, or with `#NAME` behind it.

It stands wherever the name of a model does, so that a run's record says all that a resume needs.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from nomoat.memory.errors import UsageError

KEY = "NOMOAT_ENDPOINT_KEY"
"""The variable that holds the key of an endpoint which wants one: no file and no record has it."""
EXAMPLE = "Name it as http://127.0.0.1:8080/v1, up to and with the /v1."


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is."""

    url: str
    """Without a `/` at its end."""
    model: str = ""
    """What the server calls it; empty: the only one it has."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address in a text.

        Raises:
            UsageError: it is none, or holds a password.
        """
        url, _, model = text.strip().partition("#")
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https") or parts.query:
            raise UsageError(f"{url} is not the address of an endpoint.", hint=EXAMPLE)
        if parts.username or parts.password:
            raise UsageError(
                f"The address of the endpoint at {host} has a name or a password in it.",
                hint=f"Every run would write that down: set {KEY} to a key instead.",
            )
        return cls(url.rstrip("/"), model)

    @property
    def is_here(self) -> bool:
        """Whether it is this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def leaves(self) -> str:
        """What leaves this machine on the way there, for the person; empty where nothing does."""
        if self.is_here:
            return ""
        plain = self.url.startswith("http://")
        read = ", and anybody on the way there can read it" if plain else ""
        return (
            "Goals, and whatever a run reads for them, go to "
            f"{self.url}, which is not this machine{read}."
        )

    def __str__(self) -> str:
        return f"{self.url}#{self.model}" if self.model else self.url


def is_address(name: str) -> bool:
    """Whether the name of a model is the address of one."""
    return name.startswith(("http://", "https://"))


def leaves(name: str) -> str:
    """What leaves this machine when this model thinks, for the person; empty for a local one.

    Raises:
        UsageError: it is an address that cannot be.
    """
    return Address.parse(name).leaves if is_address(name) else ""
