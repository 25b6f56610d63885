"""Text and tokens: the vocabulary of a model that is loaded."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib

from nomoat.agent.llm import vocabulary_file


class Vocabulary:
    """The tokens of a model.

    Args:
        model: llama.cpp's own, as it is loaded.
        path: the file it was loaded from.
    """

    def __init__(self, model: Any, path: Path) -> None:
        self.path = path
        self._model = model
        self._vocab = lib.llama_model_get_vocab(model)
        self.vocabulary = int(lib.llama_vocab_n_tokens(self._vocab))
        """How many tokens there are."""

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Text as tokens; with `special`, control tokens written in the text are recognised.

        Text that comes from outside is tokenized without `special`, so that it cannot forge the
        marks between messages.
        """
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        buffer = (lib.llama_token * room)()
        count = lib.llama_tokenize(self._vocab, data, len(data), buffer, room, False, special)
        return list(buffer[:count])

    def piece(self, token: int, *, special: bool = True) -> bytes:
        """The bytes a token stands for; control tokens are empty without `special`."""
        buffer = ctypes.create_string_buffer(512)
        size = lib.llama_token_to_piece(self._vocab, token, buffer, 512, 0, special)
        return bytes(buffer.raw[: max(size, 0)])

    def ends(self, token: int) -> bool:
        """Whether the model means the end of its turn by this token."""
        return bool(lib.llama_vocab_is_eog(self._vocab, token))

    @property
    def end_of_turn(self) -> int:
        """The token that ends a turn."""
        eot = int(lib.llama_vocab_eot(self._vocab))
        return eot if eot >= 0 else int(lib.llama_vocab_eos(self._vocab))

    @property
    def chat_template(self) -> str:
        """The Jinja template of the file's own metadata; empty when it has none."""
        text = lib.llama_model_chat_template(self._model, None)
        return text.decode("utf-8", "replace") if text else ""

    def special_token(self, which: str) -> str:
        """The text of the `bos` or `eos` token, as chat templates use it."""
        token = int(getattr(lib, f"llama_vocab_{which}")(self._vocab))
        return self.piece(token).decode("utf-8", "replace") if token >= 0 else ""

    def constraint_tokenizer(self) -> Any:
        """The vocabulary as llguidance's `LLTokenizer`; takes half a second to build, and twice
        that where the tokens are not on disk yet."""
        from llguidance import LLTokenizer

        kept = vocabulary_file.place(self.path)

        address = ctypes.cast(lib._lib.llama_tokenize, ctypes.c_void_p).value
        # llguidance's own llamacpp.lltokenizer_from_vocab does the same through functions that
        # llama-cpp-python warns about on every token, which makes it several times slower.
        return LLTokenizer.from_llamacpp(  # type: ignore[attr-defined] # missing in its stubs
            tokens=vocabulary_file.kept(kept, self.vocabulary, self._pieces),
            vocab_ptr=self._vocab,
            tokenize_fptr=address,
            eos_token=self.end_of_turn,
            slices=None,
        )

    def _pieces(self) -> list[bytes]:
        """The bytes of every token; llguidance wants control tokens marked with 0xff."""
        buffer = ctypes.create_string_buffer(512)
        pieces = []
        for token in range(self.vocabulary):
            size = lib.llama_token_to_piece(self._vocab, token, buffer, 512, 0, True)
            piece = buffer.raw[: max(size, 0)]
            if piece[:1] == b"<" or not piece:
                attribute = lib.llama_vocab_get_attr(self._vocab, token)
                if attribute & lib.LLAMA_TOKEN_ATTR_CONTROL or (
                    attribute & lib.LLAMA_TOKEN_ATTR_USER_DEFINED and piece[-1:] == b">"
                ):
                    piece = b"\xff" + piece
            pieces.append(piece)
        return pieces
