"""Text on the pages of a PDF: our fonts embedded, Latin and Chinese in one line, wrapped."""

from __future__ import annotations

import itertools
import threading
import unicodedata
from collections.abc import Iterator

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from engine.runtime.resources import resource

REGULAR, BOLD = "StylekilnSans-Regular", "StylekilnSans-SemiBold"
_CHINESE = {REGULAR: "StylekilnSansSC-Regular", BOLD: "StylekilnSansSC-Medium"}
_CLOSING = "，。；：！？）」』》、…”’"
_OPENING = "（「『《“‘"
_registering = threading.Lock()
BOX = "□"
_SKINS = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


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


def _words(text: str) -> list[str]:
    """Words with the space behind them; Chinese may break between any two characters, but not
    before a closing mark or behind an opening one. A number stays with its %.
    """
    words = [""]
    for place, letter in enumerate(text):
        if letter in _CLOSING:
            words[-1 if words[-1] or len(words) < 2 else -2] += letter
        elif _is_wide(letter) or letter in _OPENING:
            if words[-1] and words[-1] not in _OPENING:
                words.append("")
            words[-1] += letter
            if letter not in _OPENING:
                words.append("")
        else:
            words[-1] += letter
            if letter == " " and text[place + 1 : place + 2] != "%":
                words.append("")
    return [word for word in words if word]


def parts(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Runs of ``text`` with the font that has their letters; a box stands for what none has, such
    as a picture letter, and nothing for what only joins or colors such ones.
    """
    shown = (_shown(letter, font) for letter in text)
    for name, letters in itertools.groupby(filter(None, shown), lambda pair: pair[0]):
        yield name, "".join(letter for _, letter in letters)


def _shown(letter: str, font: str) -> tuple[str, str] | None:
    """The font of ``letter``, and what stands for it there."""
    fonts = (_CHINESE[font], font) if _is_wide(letter) else (font, _CHINESE[font])
    for name in fonts:
        if ord(letter) in pdfmetrics.getFont(name).face.charToGlyph:
            return name, letter
    if unicodedata.category(letter) in ("Cc", "Cf", "Mn") or letter in _SKINS:
        return None
    return font, BOX


def _is_wide(letter: str) -> bool:
    return ord(letter) > 0x2E7F
