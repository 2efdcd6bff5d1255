"""Lay the tokens of a prompt out in windows of 75, the length CLIP was trained on.

A window that overflows gives the words behind its last comma to the next one, when that comma is
not more than 20 tokens back, so that a phrase is not cut in two. BREAK closes a window early.
Light: the tokenizer is handed in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.prompt.syntax import Break, Part

WINDOW = 75
BACKTRACK = 20
Tokenize = Callable[[str], list[int]]


@dataclass(frozen=True)
class Special:
    """Token ids of one tokenizer: begin, end, padding, and the comma."""

    begin: int
    end: int
    pad: int
    comma: int


@dataclass
class Chunk:
    """Up to 75 tokens and their weights, without begin, end and padding."""

    tokens: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def ids(self, special: Special) -> list[int]:
        """The 77 ids the encoder gets: begin, tokens, one end, padding."""
        ids = [special.begin, *self.tokens, special.end]
        return ids + [special.pad] * (WINDOW + 2 - len(ids))

    def all_weights(self) -> list[float]:
        """77 weights; begin, end and padding have weight 1."""
        return [1.0, *self.weights, *[1.0] * (WINDOW + 1 - len(self.weights))]

    def _split_off(self, at: int) -> Chunk:
        tail = Chunk(self.tokens[at:], self.weights[at:])
        del self.tokens[at:], self.weights[at:]
        return tail


def chunk_prompt(parts: Sequence[Part], tokenize: Tokenize, special: Special) -> list[Chunk]:
    """The windows of a parsed prompt, at least one. ``tokenize`` adds no begin or end."""
    chunks = [Chunk()]
    for part in parts:
        if isinstance(part, Break):
            chunks.append(Chunk())
            continue
        for token in tokenize(part.text):
            if len(chunks[-1].tokens) == WINDOW:
                chunks.append(_overflow(chunks[-1], token, special.comma))
            chunks[-1].tokens.append(token)
            chunks[-1].weights.append(part.weight)
    if len(chunks) > 1 and not chunks[-1].tokens:
        chunks.pop()  # a BREAK with nothing behind it
    return chunks


def _overflow(full: Chunk, token: int, comma: int) -> Chunk:
    """The window after ``full``, which takes the words behind a comma near its end with it."""
    if token != comma:
        for at in range(WINDOW - 1, WINDOW - BACKTRACK - 1, -1):
            if full.tokens[at] == comma:
                return full._split_off(at + 1)
    return Chunk()


def token_count(parts: Sequence[Part], tokenize: Tokenize, special: Special) -> tuple[int, int]:
    """Tokens used and tokens there is room for, such as ``(12, 75)`` or ``(80, 150)``.

    Room that a BREAK or a comma left empty counts as used, as the words after it cannot use it.
    """
    chunks = chunk_prompt(parts, tokenize, special)
    return (len(chunks) - 1) * WINDOW + len(chunks[-1].tokens), len(chunks) * WINDOW
