"""Text on a sheet of pictures: our fonts, measured and wrapped in pixels."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageDraw, ImageFont

from engine.runtime.resources import resource

LINES = 3


@lru_cache(maxsize=16)
def _font(points: int, chinese: bool) -> ImageFont.FreeTypeFont:
    name = "StylekilnSansSC-Medium.ttf" if chinese else "StylekilnSans-Medium.ttf"
    return ImageFont.truetype(resource("fonts", name), points)


def _font_for(text: str, points: int) -> ImageFont.FreeTypeFont:
    return _font(points, any(ord(letter) > 0x2E7F for letter in text))


def width(text: str, points: int) -> int:
    """How wide ``text`` is, in pixels."""
    return int(_font_for(text, points).getlength(text)) + 1


def write(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, color: str, points: int
) -> None:
    """``text`` with its upper left corner at ``at``."""
    pen.text(at, text, color, _font_for(text, points))


def wrap(text: str, points: int, room: int) -> list[str]:
    """``text`` in at most three lines of ``room`` pixels; an ellipsis says that more follows."""
    lines: list[str] = []
    line = ""
    for word in _pieces(" ".join(text.split()), points, room):
        if line and width(line + word.rstrip(), points) > room:
            lines.append(line.rstrip())
            line = ""
        line += word
    lines.append(line.rstrip())
    if len(lines) > LINES:
        last = lines[LINES - 1]
        while last and width(last + "…", points) > room:
            last = last[:-1]
        lines = [*lines[: LINES - 1], last.rstrip() + "…"]
    return lines


def _pieces(text: str, points: int, room: int) -> list[str]:
    """Words with the space behind them; a word wider than ``room`` in letters that fit."""
    pieces: list[str] = []
    for word in text.split(" "):
        if width(word, points) > room:
            pieces += list(word[:-1])
            word = word[-1]
        pieces.append(word + " ")
    return pieces
