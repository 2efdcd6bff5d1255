"""Read a prompt: emphasis brackets, BREAK, and ``<lora:name:weight>`` tags.

The grammar is the one A1111 made common. ``(x)`` multiplies by 1.1, ``[x]`` divides by 1.1,
``(x:1.3)`` multiplies by 1.3, nesting multiplies, a backslash makes a bracket literal, an unclosed
bracket acts to the end, a stray closing one is text. In ``"comfy"`` mode square brackets are text
and an explicit number replaces the weights around it. No input raises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Emphasis = Literal["a1111", "no_norm", "comfy"]

_STEP: Final = 1.1
# Beyond this a weight is a typing error; without a bound 10,000 nested brackets overflow to inf
# and the picture turns black.
_LARGEST: Final = 100.0

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_TOKEN = re.compile(rf"\\[()\[\]\\]|[(\[\])]|:\s*(?P<weight>{_NUMBER})\s*\)|[^\\()\[\]:]+|[\\:]")
_BREAK = re.compile(r"\s*\bBREAK\b\s*")
_LORA = re.compile(r"<(?:lora|lyco):([^<>]*)>")
_ESCAPED = re.compile(r"([()\[\]\\])")


@dataclass(frozen=True)
class Span:
    """A stretch of text under one weight (1 is neutral)."""

    text: str
    weight: float = 1.0


class Break:
    """The word BREAK: what follows starts a new window of 75 tokens."""

    def __repr__(self) -> str:
        return "BREAK"


BREAK: Final = Break()
Part: TypeAlias = Span | Break


@dataclass(frozen=True)
class LoraTag:
    """``<lora:name:weight>``; not ``valid`` when it has no name or a weight is not a number."""

    name: str
    text_weight: float = 1.0
    unet_weight: float = 1.0
    valid: bool = True


def parse(prompt: str, emphasis: Emphasis = "a1111") -> tuple[list[Part], list[LoraTag]]:
    """Split ``prompt`` into weighted spans and BREAKs, and the LoRA tags taken out of it.

    Neighbors of equal weight are one span; an empty prompt is one empty span of weight 1.
    """
    text, loras = take_loras(prompt)
    absolute = emphasis == "comfy"
    reader = _Brackets(text, absolute=absolute)
    parts: list[Part] = []
    for piece, weight in reader.pieces():
        _add(parts, piece, weight)
    return parts or [Span("")], loras


def take_loras(prompt: str) -> tuple[str, list[LoraTag]]:
    """``prompt`` without its LoRA tags, and the tags in order."""
    loras = [read_tag(match.group(1)) for match in _LORA.finditer(prompt)]
    return _LORA.sub("", prompt), loras


def render(parts: Sequence[Part]) -> str:
    """Write ``parts`` as a prompt that :func:`parse` reads back to the same parts."""
    pieces = []
    for part in parts:
        if isinstance(part, Break):
            pieces.append(" BREAK ")
        elif part.weight == 1.0:
            pieces.append(_ESCAPED.sub(r"\\\1", part.text))
        else:
            text = _ESCAPED.sub(r"\\\1", part.text)
            pieces.append(f"({text}:{_decimal(part.weight)})")
    return "".join(pieces)


def lora_tag(name: str, unet_weight: float, text_weight: float) -> str:
    """The tag that asks for a LoRA with these weights."""
    if unet_weight == text_weight:
        return f"<lora:{name}:{unet_weight:g}>"
    return f"<lora:{name}:{text_weight:g}:{unet_weight:g}>"


def _decimal(weight: float) -> str:
    """``weight`` without an exponent, which the grammar does not know."""
    return format(weight, ".17f").rstrip("0").rstrip(".") if "e" in repr(weight) else repr(weight)


def _add(parts: list[Part], text: str, weight: float) -> None:
    for number, piece in enumerate(_BREAK.split(text)):
        if number:
            parts.append(BREAK)
        last = parts[-1] if parts else None
        if not piece:
            continue
        if isinstance(last, Span) and last.weight == weight:
            parts[-1] = Span(last.text + piece, weight)
        else:
            parts.append(Span(piece, weight))


class _Brackets:
    """Finds the weight of every piece of text in one pass over matched brackets."""

    def __init__(self, text: str, *, absolute: bool) -> None:
        self._tokens = list(_TOKEN.finditer(text))
        self._absolute = absolute
        self._factor_at, self._closers = self._match()

    def _match(self) -> tuple[dict[int, float], set[int]]:
        """What each opening token multiplies by, and which tokens close something."""
        factors: dict[int, float] = {}
        closers: set[int] = set()
        rounds: list[int] = []
        squares: list[int] = []
        for at, token in enumerate(self._tokens):
            text = token.group()
            if text == "(":
                rounds.append(at)
                factors[at] = _STEP
            elif text == "[" and not self._absolute:
                squares.append(at)
                factors[at] = 1 / _STEP
            elif text == ")" and rounds:
                rounds.pop()
                closers.add(at)
            elif text == "]" and squares:
                squares.pop()
                closers.add(at)
            elif token["weight"] and rounds:
                factors[rounds.pop()] = bounded(float(token["weight"]))
                closers.add(at)
        self._explicit = {at for at, factor in factors.items() if factor != _STEP}
        return factors, closers

    def pieces(self) -> Iterator[tuple[str, float]]:
        """Text and weight in order; brackets that mean something are left out."""
        rounds, squares = [1.0], [1.0]
        for at, token in enumerate(self._tokens):
            text = token.group()
            if at in self._factor_at:
                stack = rounds if text == "(" else squares
                stack.append(self._inner(stack[-1], at))
            elif at in self._closers:
                (squares if text == "]" else rounds).pop()
            else:
                literal = text[1:] if len(text) == 2 and text[0] == "\\" else text
                yield literal, bounded(rounds[-1] * squares[-1])

    def _inner(self, outer: float, at: int) -> float:
        factor = self._factor_at[at]
        if self._absolute and at in self._explicit:
            return factor
        return bounded(outer * factor)


def bounded(weight: float) -> float:
    """``weight`` within what is no typing error; else 10,000 brackets make a black picture."""
    return max(-_LARGEST, min(_LARGEST, weight))


def read_tag(body: str) -> LoraTag:
    """What stands in a tag behind ``lora:``, which is ``name[:text weight[:unet weight]]`` with
    ``te=`` and ``unet=`` as named forms.
    """
    name, *arguments = (piece.strip() for piece in body.split(":"))
    if not name:
        return LoraTag("", valid=False)
    positional = [value for value in arguments if "=" not in value]
    named = dict(value.split("=", 1) for value in arguments if "=" in value)
    try:
        text = _weight(named.get("te") or (positional[0] if positional else "1"))
        given = named.get("unet") or (positional[1] if len(positional) > 1 else "")
        return LoraTag(name, text, _weight(given) if given else text)
    except ValueError:
        return LoraTag(name, valid=False)


def _weight(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
