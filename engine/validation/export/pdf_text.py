"""Text on the pages of a PDF: our fonts embedded, Latin and Chinese in one line, wrapped."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from engine.runtime.resources import resource

REGULAR, BOLD = "StylekilnSans-Regular", "StylekilnSans-SemiBold"
_CHINESE = {REGULAR: "StylekilnSansSC-Regular", BOLD: "StylekilnSansSC-Medium"}
_registering = threading.Lock()


def load_fonts() -> None:
    """Make the fonts known; they are read once, and of each only the used letters are embedded."""
    rl_config.useA85 = 0  # bytes as they are: text in place of them would be a quarter more
    with _registering:
        for name in (*_CHINESE, *_CHINESE.values()):
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, str(resource("fonts", f"{name}.ttf"))))


def width(text: str, size: float, font: str = REGULAR) -> float:
    """How wide ``text`` is, in points."""
    return sum(pdfmetrics.stringWidth(part, name, size) for name, part in parts(text, font))


def write(
    page: Canvas, x: float, y: float, text: str, size: float, color: str, font: str = REGULAR
) -> None:
    """``text`` with its base line at ``y``."""
    page.setFillColor(color)
    for name, part in parts(text, font):
        page.setFont(name, size)
        page.drawString(x, y, part)
        x += pdfmetrics.stringWidth(part, name, size)


def wrapped(text: str, size: float, room: float, most: int = 0, font: str = REGULAR) -> list[str]:
    """``text`` in lines of ``room`` points, at most ``most`` of them; "…" tells of more."""
    lines = [""]
    for word in _words(" ".join(text.split())):
        if lines[-1] and width(lines[-1] + word.rstrip(), size, font) > room:
            lines.append("")
        for piece in [word] if width(word.rstrip(), size, font) <= room else word:
            if lines[-1] and width(lines[-1] + piece.rstrip(), size, font) > room:
                lines.append("")
            lines[-1] += piece
    lines = [line.rstrip() for line in lines]
    if most and len(lines) > most:
        last = lines[most - 1]
        while last and width(f"{last}…", size, font) > room:
            last = last[:-1]
        lines = [*lines[: most - 1], f"{last.rstrip()}…"]
    return lines


def _words(text: str) -> Iterator[str]:
    """Words with the space behind them; Chinese may break between any two characters."""
    word = ""
    for letter in text:
        if _is_wide(letter):
            if word:
                yield word
            yield letter
            word = ""
        else:
            word += letter
            if letter == " ":
                yield word
                word = ""
    if word:
        yield word


def parts(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Runs of ``text`` with the font that has their letters; what none has becomes a box."""
    for name, letters in itertools.groupby(text, lambda letter: _font_of(letter, font)):
        yield name, "".join(letters)


def _font_of(letter: str, font: str) -> str:
    other = _CHINESE[font]
    if _is_wide(letter):
        return other
    has = ord(letter) in pdfmetrics.getFont(font).face.charToGlyph
    return font if has or ord(letter) not in pdfmetrics.getFont(other).face.charToGlyph else other


def _is_wide(letter: str) -> bool:
    return ord(letter) > 0x2E7F
