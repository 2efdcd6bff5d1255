"""Paints one cell: the framed part of its picture, its marks and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from app.i18n import tr
from app.theme import color, fonts, icons
from app.validation.framing import Framing, part_seen
from app.widgets.images import HARD, fitted, image_of

if TYPE_CHECKING:
    from app.validation.cell import Cell
    from app.validation.cell_pictures import CellPictures
    from app.validation.model import GridState
    from app.widgets.thumbnail_maker import Part

_BADGES_FROM, _WORDS_FROM = 40, 64  # pixels of a cell that leave room for marks, and for words
_REJECTED = 0.3
_BADGE = 18


class CellPainter:
    """``seen`` is how many cells are in sight, so that their pictures fit the memory together;
    ``asked`` are the pictures that were wanted since it was cleared. ``settled`` is whether the
    framed part has stood still: only then is it cut out sharply.
    """

    def __init__(self, state: GridState, pictures: CellPictures, framing: Framing) -> None:
        self._state, self._pictures, self.framing = state, pictures, framing
        self.seen, self.settled, self.ratio = 1, True, 1.0
        self._tile, self._marked = color("tile"), False
        self.asked: list[str] = []
        self._most, self._owner = self._pictures.affordable(1), id(self)
        self._smooth: bool | None = None

    def begin(self, painter: QPainter, seen: int) -> None:
        """A frame begins, with ``seen`` cells in sight."""
        self.ratio, self.seen = painter.device().devicePixelRatioF(), seen
        self._most, self._smooth = self._pictures.affordable(seen), None
        self.asked.clear()
        self._tile = color("tile")
        self._marked = self._state.any_marks

    def paint(self, painter: QPainter, rect: QRect, key: Any, *, always: bool = False) -> None:
        """Paint the cell of ``key`` into ``rect``; ``always`` also one that is filtered out."""
        state = self._state
        if not always and not state.shown.passes(key):
            return
        cell = state.cell(key)
        if cell is None:
            painter.fillRect(rect, self._tile)
            self._drawing(painter, rect, key)
        elif state.repeats_base(key):
            painter.fillRect(rect, self._tile)
            self._words(painter, rect, tr("as Base"))
        elif cell.path:
            self._picture(painter, rect, key, cell)
        elif cell.problem:
            painter.fillRect(rect, self._tile)
            _icon(painter, rect, "octagon-alert", "err")
        if self._marked and rect.width() >= _BADGES_FROM:
            self._marks(painter, rect, key)
        if key in (state.first, state.second):
            self._outline(painter, rect, key)
        if cell is not None and cell.copying is not None and not state.is_base(key):
            self._flag(painter, rect, cell.copying)

    # The picture

    def _picture(self, painter: QPainter, rect: QRect, key: Any, cell: Cell) -> None:
        rejected = self._marked and self._state.has_mark("rejected", key)
        if rejected:
            painter.fillRect(rect, self._tile)
            painter.setOpacity(_REJECTED)
        shown = self.paint_picture(painter, rect, cell.path)
        if rejected:
            painter.setOpacity(1)
        if not shown and self._pictures.has_failed(cell.path):
            _icon(painter, rect, "image-off", "t3")

    def paint_picture(self, painter: QPainter, rect: QRect, path: str) -> bool:
        """Paint the framed part of the picture ``path``; False while there is nothing of it."""
        edge = round(rect.width() * self.ratio * self.framing.zoom)
        self.asked.append(path)
        pixmap = self._pictures.level(path, edge, self._most, self._owner)
        if pixmap is None:
            painter.fillRect(rect, self._tile)
            return False
        across, down = pixmap.width(), pixmap.height()
        if self.framing.whole and across == down:
            self._set_smooth(painter, rect.width() < HARD * across)
            painter.drawPixmap(rect, pixmap)
            return True
        painter.fillRect(rect, self._tile)
        self._framed(painter, QRectF(rect), path, pixmap)
        return True

    def _framed(self, painter: QPainter, area: QRectF, path: str, pixmap: QPixmap) -> None:
        across, down = pixmap.width(), pixmap.height()
        place = self.framing.place(QSizeF(across, down), area)
        if self.framing.whole:
            place = QRectF(place.toRect())
        seen, part = part_seen(place, area)
        piece = self._piece(path, part, seen.size(), max(across, down))
        if piece is not None:
            painter.drawPixmap(seen, piece, QRectF(piece.rect()))
            return
        source = QRectF(part[0] * across, part[1] * down, part[2] * across, part[3] * down)
        whole = self._pictures.natural(path) or max(across, down)
        self._set_smooth(painter, max(place.width(), place.height()) < HARD * whole)
        painter.drawPixmap(seen, pixmap, source)

    def _piece(self, path: str, part: Part, size: QSizeF, known: int) -> QPixmap | None:
        """The part cut out of the picture itself, where the level at hand is too coarse for it."""
        if self.framing.whole or not self.settled:
            return None
        wanted = size.width() * self.ratio / part[2]
        if known >= 0.95 * min(wanted, self._pictures.natural(path) or wanted):
            return None
        room = (round(size.width() * self.ratio), round(size.height() * self.ratio))
        return self._pictures.piece(path, part, room, id(self))

    def _set_smooth(self, painter: QPainter, smooth: bool) -> None:
        if smooth != self._smooth:
            self._smooth = smooth
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)

    def _drawing(self, painter: QPainter, rect: QRect, key: Any) -> None:
        """The rough picture of a cell that is being drawn, and how far it is."""
        drawing = self._state.drawings.get(key)
        if drawing is None:
            return
        self._set_smooth(painter, True)
        image = image_of(drawing.array)
        painter.drawImage(fitted(image.size().toSizeF(), QRectF(rect)).toRect(), image)
        bar = QRect(rect.left(), rect.bottom() - 2, rect.width(), 3)
        painter.fillRect(bar, color("track"))
        bar.setWidth(round(rect.width() * drawing.share))
        painter.fillRect(bar, color("acc"))

    # What is laid over it

    def _words(self, painter: QPainter, rect: QRect, words: str) -> None:
        if rect.width() >= _WORDS_FROM:
            painter.setFont(fonts.font(11))
            painter.setPen(color("t3"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)

    def _outline(self, painter: QPainter, rect: QRect, key: Any) -> None:
        for letter, chosen, token in (
            ("B", self._state.second, "focus_alt"),
            ("A", self._state.first, "acc"),
        ):
            if chosen != key:
                continue
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color(token), 2))
            painter.drawRect(rect.adjusted(-1, -1, 1, 1))
            only = letter == "B" or self._state.has_two
            if self._state.second is not None and only and rect.width() >= _BADGES_FROM:
                box = QRect(rect.left() + 4, rect.bottom() - 21, _BADGE, _BADGE)
                painter.fillRect(box, color("badge"))
                painter.setFont(fonts.font(11, 600))
                painter.setPen(color("badge_text"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def _marks(self, painter: QPainter, rect: QRect, key: Any) -> None:
        right = rect.right() - 3 - _BADGE
        for kind, icon in (("starred", "star"), ("rejected", "x"), ("pinned", "pin")):
            if self._state.has_mark(kind, key):
                painter.fillRect(right, rect.bottom() - 21, _BADGE, _BADGE, color("badge"))
                icons.paint(painter, icon, right + 3, rect.bottom() - 18, 12, "badge_text")
                right -= _BADGE + 2

    def _flag(self, painter: QPainter, rect: QRect, copying: float) -> None:
        token = self._state.flag_of(copying)
        if not token or not self._state.mark_copying:
            return
        if rect.width() < _BADGES_FROM:
            side = max(4, rect.width() // 4)
            painter.fillRect(rect.right() - side + 1, rect.top(), side, side, color(token))
            return
        text = f"{copying:.2f}"
        painter.setFont(fonts.font(11, 500))
        width = round(fonts.metrics(11, 500).horizontalAdvance(text)) + 10
        box = QRect(rect.right() - width + 1, rect.top(), width, 16)
        painter.fillRect(box, color(token))
        painter.setPen(color("on_fill"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _icon(painter: QPainter, rect: QRect, name: str, token: str) -> None:
    side = 16 if rect.width() >= 24 else 10
    middle = rect.center()
    icons.paint(painter, name, middle.x() - side / 2, middle.y() - side / 2, side, token)
