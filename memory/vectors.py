"""The vector index: a Chroma collection, embedded in this process or on a server.

The only module that imports chromadb. Vectors are made by our embedder and passed in; the
collection has no embedding function (Chroma's own would download a model) and telemetry is off.
Everything here can be made again from the store, so any damage ends in `StoreCorrupt`, whose way
out is a rebuild.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nomoat.memory.errors import StoreCorrupt, StoreError, StoreMismatch, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nomoat.memory.embed import Embedder

_BATCH = 5_000
"""Records in one call; Chroma takes at most 5,461."""
_REBUILD = "Make it again from the text that is kept: nomoat memory rebuild"
_PORTS = {"http": 8000, "https": 443}
_HNSW = {"space": "ip", "ef_construction": 100, "ef_search": 200, "max_neighbors": 16}


@dataclass(frozen=True, slots=True)
class ChromaAddress:
    """A Chroma server that holds the vectors instead of the memory's own folder."""

    host: str
    port: int = 8000
    ssl: bool = False

    @classmethod
    def parse(cls, url: str) -> ChromaAddress:
        """Of `http://HOST[:PORT]` (port 8000 by default) or `https://…` (443).

        Raises:
            UsageError: it is no such address.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        more = (parts.path.strip("/"), parts.query, parts.username) if host else ("",)
        if not host or parts.scheme not in _PORTS or any(more):
            raise UsageError(
                f"{url!r} is not the address of a Chroma server.",
                hint="Write it as http://127.0.0.1:8000, without anything after the port.",
            )
        return cls(host, _PORTS[parts.scheme] if port is None else port, parts.scheme == "https")

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, so that nothing leaves it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def name(self) -> str:
        """The host as it stands in an address."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def __str__(self) -> str:
        return f"{'https' if self.ssl else 'http'}://{self.name}:{self.port}"


class VectorIndex:
    """Finds the chunks whose vectors are nearest. Ids are those of the store's chunks."""

    def __init__(
        self, place: Path | ChromaAddress, collection: str, embedder: Embedder, *, fresh: bool
    ) -> None:
        """Open `collection` at `place`; `fresh` makes it anew, empty.

        Raises StoreMismatch when another embedder made it, StoreCorrupt when it is missing or
        damaged, StoreError when the server does not answer.
        """
        self._place = place
        self._name = collection
        self._embedder = embedder
        with self._errors():
            self._client = _client(place)
        try:
            with self._errors():
                self._collection = self._created() if fresh else self._found()
        except BaseException:
            _close(self._client)
            raise

    def close(self) -> None:
        """Let go of the files or the connection."""
        with suppress(Exception):  # nothing is lost: the store brings the index up to date
            _close(self._client)

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Put vectors under ids; those that are known are replaced."""
        with self._errors():
            for start in range(0, len(ids), _BATCH):
                part = slice(start, start + _BATCH)
                self._collection.upsert(ids=[str(i) for i in ids[part]], embeddings=vectors[part])

    def delete(self, ids: Sequence[int]) -> None:
        """Take ids out; those that are not there do not matter."""
        with self._errors():
            for start in range(0, len(ids), _BATCH):
                self._collection.delete(ids=[str(i) for i in ids[start : start + _BATCH]])

    def nearest(self, vector: NDArray[np.float32], limit: int) -> dict[int, float]:
        """The ids of the nearest vectors, nearest first, with their cosines."""
        with self._errors():
            found = self._collection.query(
                query_embeddings=[vector], n_results=limit, include=["distances"]
            )
        distances = found["distances"][0] if found["distances"] else []
        return {
            int(key): 1.0 - distance
            for key, distance in zip(found["ids"][0], distances, strict=True)
        }

    def count(self) -> int:
        """How many vectors there are."""
        with self._errors():
            return int(self._collection.count())

    def ids(self) -> set[int]:
        """All ids; slow, for repairs."""
        found: set[int] = set()
        with self._errors():
            while part := self._collection.get(limit=_BATCH, offset=len(found), include=[])["ids"]:
                found.update(map(int, part))
        return found

    def _found(self) -> Any:
        from chromadb.errors import NotFoundError

        try:
            collection = self._client.get_collection(self._name, embedding_function=None)
        except NotFoundError:
            raise StoreCorrupt("The vectors of this memory are missing.", hint=_REBUILD) from None
        made_by = (collection.metadata or {}).get("sha256")
        if made_by != self._embedder.sha256:
            raise StoreMismatch(
                "The vectors of this memory were made by another embedding model.", hint=_REBUILD
            )
        return collection

    def _created(self) -> Any:
        from chromadb.errors import NotFoundError

        with suppress(NotFoundError, ValueError):
            self._client.delete_collection(self._name)
        return self._client.create_collection(
            self._name,
            embedding_function=None,
            metadata={
                "model": self._embedder.name,
                "dimension": self._embedder.dimension,
                "sha256": self._embedder.sha256,
            },
            configuration={"hnsw": _HNSW},
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Chroma raises errors of many kinds, also from its binding; each means one of two."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            if isinstance(self._place, ChromaAddress):
                raise StoreError(
                    f"The Chroma server at {self._place} does not do what it was asked: {error}",
                    hint="See that it runs and can be reached: "
                    f"chroma run --port {self._place.port}",
                ) from error
            raise StoreCorrupt(
                f"The vectors of this memory cannot be used: {error}", hint=_REBUILD
            ) from error


def _client(place: Path | ChromaAddress) -> Any:
    import chromadb
    from chromadb.config import Settings

    # _env_file: a .env in the working folder belongs to somebody else's program
    settings = Settings(_env_file=None, anonymized_telemetry=False)  # type: ignore[call-arg]
    if isinstance(place, ChromaAddress):
        _refuse_proxy(place)
        return chromadb.HttpClient(place.name, place.port, ssl=place.ssl, settings=settings)
    place.mkdir(parents=True, exist_ok=True)
    try:
        return chromadb.PersistentClient(place, settings=settings)
    except BaseException:
        _forget(place)
        raise


def _forget(place: Path) -> None:
    """Chroma keeps what failed to start, and would give it out again after a rebuild."""
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient._identifier_to_system.pop(str(place), None)
    SharedSystemClient._identifier_to_refcount.pop(str(place), None)


def _refuse_proxy(place: ChromaAddress) -> None:
    """What is for this machine must not go round by another, as Chroma's client would let it."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    if place.is_here and not proxy_bypass(place.host) and {"http", "https", "all"} & proxies.keys():
        raise StoreError(
            f"What is meant for {place} would go through the proxy of the environment.",
            hint=f"Take it out of the proxy: export NO_PROXY={place.host}",
        )


def _close(client: Any) -> None:
    """Chroma closes its files, but leaves the connections of a server's two clients open."""
    servers = [client._server, client._admin_client._server]
    client.close()
    for server in servers:
        if hasattr(server, "_session"):
            server._session.close()
