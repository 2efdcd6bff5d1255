"""What a prompt says in each step: AND, ``[from:to:when]`` and ``[a|b]``, as A1111 reads them.

``AND`` in capitals separates prompts that act together, each with a weight ``:w`` at its end.
``[from:to:when]`` says ``from`` up to step ``when`` and ``to`` from then on; ``[to:when]`` adds and
``[from::when]`` removes. ``when`` with a decimal point is a share of the steps, otherwise a step.
``[a|b|c]`` changes with every step. All nest, and brackets that mean none of this are left for
:mod:`engine.prompt.syntax`. In ``"comfy"`` mode all of it is text. No input raises.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engine.prompt.syntax import Emphasis, bounded, take_loras

_AND = re.compile(r"\bAND\b")
_WEIGHTED = re.compile(r"(?P<text>.*?):\s*(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+))", re.DOTALL)
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")
_TOKEN = re.compile(r"\\.|[\[\]():|]|[^\\\[\]():|]+|\\", re.DOTALL)
_CLOSES = {")": "(", "]": "["}
# Deeper brackets are read as text; nobody writes them, and each level costs a frame.
_DEEPEST = 60


@dataclass(frozen=True)
class Voice:
    """One of the prompts that act together, and how strongly (1 is usual, negative pushes away)."""

    text: str
    weight: float = 1.0


Course: TypeAlias = tuple[tuple[Voice, ...], ...]
"""The voices of each step of a run."""


def course(
    prompt: str, steps: int, emphasis: Emphasis = "a1111", *, together: bool = True
) -> Course:
    """What ``prompt`` says in each of ``steps`` steps, at least one voice in each.

    LoRA tags are taken out. ``together`` False reads AND as a word: negative prompts.
    """
    text, _ = take_loras(prompt)
    voices = [Voice(text)] if not together or emphasis == "comfy" else split_voices(text)
    if emphasis == "comfy":
        return (tuple(voices),) * steps
    timed = [(_per_step(voice.text, steps), voice.weight) for voice in voices]
    return tuple(
        tuple(Voice(texts[step], weight) for texts, weight in timed) for step in range(steps)
    )


def stretches(prompt: str, steps: int) -> list[tuple[int, str]]:
    """The texts of ``prompt`` one after the other, each with the last step (from 1) it is said in.

    Neighbors are never alike. AND is text here.
    """
    texts = _per_step(prompt, steps)
    return [
        (step, text) for step, text in enumerate(texts, 1) if step == steps or texts[step] != text
    ]


def split_voices(prompt: str) -> list[Voice]:
    """The prompts between ANDs with their weights; a prompt without AND is one, just as it is."""
    pieces = _AND.split(prompt)
    if len(pieces) == 1:
        return [Voice(prompt)]
    return [_voice(piece.strip()) for piece in pieces]


def _voice(piece: str) -> Voice:
    found = _WEIGHTED.fullmatch(piece)
    if found is None:
        return Voice(piece)
    return Voice(found["text"].rstrip(), bounded(float(found["weight"])))


def _per_step(text: str, steps: int) -> list[str]:
    if "[" not in text:
        return [text] * steps
    tree = _Reader(text).tree
    return [_said(tree, step, steps) for step in range(1, steps + 1)]


@dataclass(frozen=True)
class _Timed:
    """``before`` up to step ``when`` of the run, ``after`` from then on."""

    before: Sequence[_Piece]
    after: Sequence[_Piece]
    when: str

    def at(self, step: int, steps: int) -> Sequence[_Piece]:
        value = float(self.when)
        last = int(max(0, min(steps, value * steps if "." in self.when else value)))
        return self.before if step <= last else self.after


@dataclass(frozen=True)
class _Turns:
    """Another of ``options`` in every step."""

    options: Sequence[Sequence[_Piece]]

    def at(self, step: int, steps: int) -> Sequence[_Piece]:
        return self.options[(step - 1) % len(self.options)]


_Piece: TypeAlias = str | _Timed | _Turns


def _said(pieces: Sequence[_Piece], step: int, steps: int) -> str:
    return "".join(
        piece if isinstance(piece, str) else _said(piece.at(step, steps), step, steps)
        for piece in pieces
    )


class _Reader:
    """Reads text into pieces, in one pass over matched brackets."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._pairs = self._match()
        self.tree = self._read(0, len(self._tokens), 0)

    def _match(self) -> dict[int, int]:
        """The closing token of each opening one. A bracket that has no partner, or the wrong one,
        is text, and no pair reaches across it.
        """
        pairs: dict[int, int] = {}
        opened: list[int] = []
        for at, token in enumerate(self._tokens):
            if token in ("(", "["):
                opened.append(at)
            elif token in _CLOSES:
                if opened and self._tokens[opened[-1]] == _CLOSES[token]:
                    pairs[opened.pop()] = at
                else:
                    opened.clear()
        return pairs

    def _read(self, start: int, end: int, depth: int) -> list[_Piece]:
        pieces: list[_Piece] = []
        at = start
        while at < end:
            close = self._pairs.get(at) if depth < _DEEPEST else None
            if close is None:
                pieces.append(self._tokens[at])
                at += 1
            else:
                pieces += self._bracket(at, close, depth + 1)
                at = close + 1
        return pieces

    def _bracket(self, start: int, close: int, depth: int) -> list[_Piece]:
        if self._tokens[start] == "[":
            made = self._special(start, close, depth)
            if made is not None:
                return [made]
        inner = self._read(start + 1, close, depth)
        return [self._tokens[start], *inner, self._tokens[close]]

    def _special(self, start: int, close: int, depth: int) -> _Piece | None:
        marks = self._marks(start + 1, close)
        signs = {self._tokens[at] for at in marks}
        edges = [start, *marks, close]
        spans = [(left + 1, right) for left, right in itertools.pairwise(edges)]
        if signs == {"|"}:
            return _Turns([self._read(*span, depth) for span in spans])
        if signs != {":"} or len(spans) > 3:
            return None
        number = _NUMBER.fullmatch("".join(self._tokens[slice(*spans[-1])]))
        if number is None:
            return None
        *texts, after = [self._read(*span, depth) for span in spans[:-1]]
        return _Timed(texts[0] if texts else [], after, number[1])

    def _marks(self, start: int, close: int) -> list[int]:
        """Where ``:`` and ``|`` stand between two brackets, not inside further ones."""
        found, at = [], start
        while at < close:
            if self._tokens[at] in (":", "|"):
                found.append(at)
            at = self._pairs.get(at, at) + 1
        return found
