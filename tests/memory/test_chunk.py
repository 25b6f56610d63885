"""Chunks follow the document, lose nothing and stay within their size."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.memory.chunk import ChunkSize, chunk
from nomoat.memory.cut import count_tokens, cut
from nomoat.memory.document import Block, BlockKind, Chunk, Document, Span, Unit

SENTENCE = "The harbour master keeps the keys of the tower. "


def lines(first: int, last: int, unit: Unit = Unit.LINE) -> Span:
    return Span(unit, first, last)


def document(*blocks: Block, date: str = "") -> Document:
    return Document("a", "text", blocks, date=date)


def heading(text: str, *titles: str) -> Block:
    return Block(text, BlockKind.HEADING, titles=titles)


def test_small_blocks_are_packed_and_keep_their_span() -> None:
    blocks = [Block(f"part {n}", span=lines(n, n)) for n in range(1, 5)]
    assert chunk(document(*blocks, date="2024")) == [
        Chunk("part 1\n\npart 2\n\npart 3\n\npart 4", lines(1, 4), (), "2024")
    ]


def test_sections_of_the_upper_two_levels_are_kept_apart() -> None:
    texts = [
        heading("Book"),
        heading("One", "Book"),
        Block("first", titles=("Book", "One")),
        heading("Deeper", "Book", "One"),
        Block("second", titles=("Book", "One", "Deeper")),
        heading("Two", "Book"),
        Block("third", titles=("Book", "Two")),
    ]
    assert [(c.text, c.titles) for c in chunk(document(*texts))] == [
        ("Book\n\nOne\n\nfirst\n\nDeeper\n\nsecond", ()),
        ("Two\n\nthird", ("Book",)),
    ]


def test_a_chunk_that_continues_a_section_has_its_heading_as_title() -> None:
    texts = [heading("One"), *[Block(SENTENCE * 15, titles=("One",)) for _ in range(3)]]
    chunks = chunk(document(*texts))
    assert len(chunks) == 3
    assert chunks[0].text.startswith("One\n\nThe harbour")
    assert [c.titles for c in chunks] == [(), ("One",), ("One",)]


def test_a_heading_stays_with_what_follows_even_when_that_is_long() -> None:
    texts = [heading("A heading of some words"), Block(SENTENCE * 200, titles=("A heading of",))]
    chunks = chunk(document(*texts))
    assert chunks[0].text.startswith("A heading of some words\n\nThe harbour")
    assert all(count_tokens(c.text) <= 220 for c in chunks)


def test_a_heading_without_a_text_does_not_slip_below_the_next() -> None:
    texts = [heading("Empty"), heading("Full"), Block("text", titles=("Full",))]
    assert [c.text for c in chunk(document(*texts))] == ["Empty", "Full\n\ntext"]


def test_long_prose_is_cut_between_sentences() -> None:
    chunks = chunk(document(Block(SENTENCE * 100)))
    assert len(chunks) > 3
    assert all(c.text.endswith("tower.") and c.text.startswith("The") for c in chunks)
    assert all(count_tokens(c.text) > 150 for c in chunks[:-1])


def test_cut_lines_keep_their_own_numbers() -> None:
    text = "\n".join(f"Row: {n}; {SENTENCE}" for n in range(1, 101))
    chunks = chunk(document(Block(text, BlockKind.TABLE, Span(Unit.ROW, 2, 101, "Sheet"))))
    reached = 1
    for each in chunks:
        assert each.span is not None
        assert each.span.within == "Sheet"
        assert each.span.first == reached + 1
        first, last = each.text.split("\n")[0], each.text.split("\n")[-1]
        assert first.startswith(f"Row: {each.span.first - 1};")
        assert last.startswith(f"Row: {each.span.last - 1};")
        reached = each.span.last
    assert reached == 101


def test_code_is_cut_at_blank_lines_and_keeps_its_indent() -> None:
    part = "    a = function(argument, other)\n    b = a + 1"
    chunks = chunk(document(Block("\n\n".join([part] * 40), BlockKind.CODE, lines(1, 119))))
    assert len(chunks) > 2
    assert all(c.text.startswith("    a") and c.text.endswith("+ 1") for c in chunks)


def test_each_turn_is_a_chunk() -> None:
    turns = [
        Block(f"Ada: {n}", BlockKind.TURN, Span(Unit.MESSAGE, n, n), date=f"2024-01-0{n}")
        for n in (1, 2)
    ]
    assert [(c.text, c.span, c.date) for c in chunk(document(*turns))] == [
        ("Ada: 1", Span(Unit.MESSAGE, 1, 1), "2024-01-01"),
        ("Ada: 2", Span(Unit.MESSAGE, 2, 2), "2024-01-02"),
    ]


def test_what_has_another_place_or_date_is_another_chunk() -> None:
    blocks = [
        Block("a", span=Span(Unit.ROW, 1, 1, "x")),
        Block("b", span=Span(Unit.ROW, 1, 1, "y")),
        Block("c", span=Span(Unit.ROW, 2, 2, "y")),
        Block("d", span=Span(Unit.ROW, 3, 3, "y"), date="2024"),
    ]
    assert [c.text for c in chunk(document(*blocks))] == ["a", "b\n\nc", "d"]


def test_pages_are_joined() -> None:
    blocks = [Block(f"{n}", span=lines(n, n, Unit.PAGE)) for n in (3, 4)]
    assert chunk(document(*blocks))[0].span == lines(3, 4, Unit.PAGE)


def test_overlap_repeats_whole_sentences_of_a_cut_block() -> None:
    text = " ".join(f"Sentence number {n} stands here." for n in range(100))
    chunks = chunk(document(Block(text)), ChunkSize(target=50, most=60, overlap=15))
    assert len(chunks) > 5
    for before, after in pairwise(chunks):
        ends = before.text.split(". ")[-2:]
        assert after.text.startswith(". ".join(ends))
        assert count_tokens(after.text) <= 60


@pytest.mark.parametrize("size", [(0, 10, 0), (20, 10, 0), (10, 20, 20), (10, 20, -1)])
def test_sizes_that_cannot_be_are_refused(size: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError):
        ChunkSize(*size)


WORDS = st.sampled_from(
    ["a", "harbour", "x" * 40, "12345", "käse", "漢字かな", "end.", "why?", "{}", ";"]
)
SPACES = st.sampled_from([" ", " ", "\n", "\n\n", "  \n  "])
TEXTS = st.lists(st.tuples(WORDS, SPACES), min_size=1, max_size=80).map(
    lambda parts: "".join(word + space for word, space in parts).strip()
)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    text = draw(TEXTS)
    kind = draw(st.sampled_from(list(BlockKind)))
    first = draw(st.integers(1, 50))
    last = first + draw(st.sampled_from([0, text.count("\n"), 3]))
    span = draw(st.sampled_from([None, Span(draw(st.sampled_from(list(Unit))), first, last)]))
    titles = draw(st.lists(st.sampled_from("ABC"), max_size=3))
    return Block(text, kind, span, tuple(titles), draw(st.sampled_from(["", "2024"])))


SIZES = st.tuples(st.integers(4, 40), st.integers(0, 40), st.integers(0, 3)).map(
    lambda s: ChunkSize(s[0], s[0] + s[1], s[2])
)


@given(st.lists(blocks(), max_size=8), SIZES)
def test_nothing_is_lost_and_nothing_is_too_big(parts: list[Block], size: ChunkSize) -> None:
    chunks = chunk(document(*parts), size)

    assert chunks == chunk(document(*parts), size)
    assert all(count_tokens(c.text) <= size.most for c in chunks)
    expected = [word for part in parts for word in part.text.split()]
    if size.overlap == 0 and size.most >= 6:  # no word is cut, none is repeated
        assert [word for c in chunks for word in c.text.split()] == expected
    everything = "".join("".join(c.text.split()) for c in chunks)
    if size.overlap == 0:
        assert everything == "".join(expected)
    for each in chunks:
        if each.span:
            same = [p.span for p in parts if p.span and p.span.unit is each.span.unit]
            assert min(span.first for span in same) <= each.span.first <= each.span.last
            assert each.span.last <= max(span.last for span in same)


@given(st.text(max_size=400), st.sampled_from(list(BlockKind)), st.integers(1, 20))
def test_any_text_is_cut_in_order_and_only_between_words_and_signs(
    text: str, kind: BlockKind, most: int
) -> None:
    end = 0
    for piece in cut(text, kind, most):
        assert not text[end : piece.start].strip()
        assert 0 < piece.tokens <= most
        assert piece.tokens == count_tokens(text[piece.start : piece.end])
        end = piece.end
    assert not text[end:].strip()


@pytest.mark.parametrize("part", ["word ", "x", "Yes. ", "a\n", "  \n", "\n", ". . "])
@pytest.mark.parametrize("kind", [BlockKind.PARAGRAPH, BlockKind.CODE])
def test_time_is_linear(part: str, kind: BlockKind) -> None:
    def seconds(count: int) -> float:
        text = part * count
        block = Block(f"a{text}b", kind, lines(1, 1 + text.count("\n")))
        started = time.process_time()
        chunk(document(block))
        return time.process_time() - started

    assert seconds(80_000) < 12 * (seconds(10_000) + 0.02)
