"""Planted comparisons: the base model's pictures over the chosen ones, numbers, a conclusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.i18n import bind, signals, tr
from app.theme import color, fonts, icons
from app.validation import verdict_help
from app.validation.verdict_words import said
from app.widgets.images import draw_fitted
from engine.validation.conclusions import conclude
from engine.validation.planted import PromptKind
from engine.validation.sentences import decimal

if TYPE_CHECKING:
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.validation.verdict_focus import VerdictFocus
    from app.widgets.thumbnails import ThumbnailCache
    from engine.validation.evidence_rows import Planted, RowEvidence

TITLES: dict[PromptKind, tuple[str, str]] = {
    "unseen": ("A thing it never saw", "unseen"),
    "seen": ("A thing it trained on", "seen"),
    "trigger": ("Only the trigger word", "trigger only"),
    "off": ("Without the trigger", "no trigger"),
}
_NUMBERS: dict[PromptKind, tuple[str, str]] = {
    "unseen": ("style_fit", "copying"),
    "seen": ("style_fit", "copying"),
    "trigger": ("diversity", "copying"),
    "off": ("change", "style_fit"),
}
_NAMES = {
    "style_fit": ("Style fit", verdict_help.FIT),
    "copying": ("Copying", verdict_help.COPYING),
    "diversity": ("Diversity", verdict_help.DIVERSITY),
    "change": ("Change from base", verdict_help.CHANGE),
}
MOST = 4  # pictures of a row
_HEAD, _LINE, _SIDE = 24, 16, 16
_BETWEEN = 16
_FEW = 880  # width below which there are two in a row


class PlantedComparisons(QWidget):
    """Those that the prompts of the grid allow. A click on a picture shows it in the grid."""

    cell_asked = Signal(object)  # Position

    def __init__(
        self,
        state: GridState,
        evidence: EvidenceState,
        focus: VerdictFocus,
        thumbnails: ThumbnailCache,
    ) -> None:
        super().__init__()
        self._state, self._evidence, self._focus = state, evidence, focus
        self._thumbnails = thumbnails
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        bind(self.setAccessibleName, "Planted comparisons")
        thumbnails.ready.connect(self._arrived)
        signals.changed.connect(self.update)

    def _arrived(self, _: object) -> None:
        self.update()

    @property
    def blocks(self) -> list[tuple[Planted, RowEvidence]]:
        """Each comparison with the row that is looked at."""
        found = self._evidence.evidence
        pairs = ((one, one.row(*self._focus.at)) for one in (found.planted if found else ()))
        return [(one, row) for one, row in pairs if row is not None]

    def refresh(self) -> None:
        """Another row is looked at, or another grid."""
        self.updateGeometry()
        self.update()

    # Layout

    def _across(self, width: int) -> int:
        return 4 if width >= _FEW else 2

    def _width(self, width: int) -> int:
        across = self._across(width)
        return (width - 2 * _SIDE - _BETWEEN * (across - 1)) // across

    def _height(self, width: int) -> int:
        return _HEAD + 2 * self._picture(width) + 1 + 8 + 3 * _LINE

    def _picture(self, width: int) -> int:
        return min(96, (self._width(width) - (MOST - 1)) // MOST)

    def heightForWidth(self, width: int) -> int:
        """As high as its lines of blocks."""
        lines = -(-len(self.blocks) // self._across(width))
        return max(1, lines * (self._height(width) + 12))

    def sizeHint(self) -> QSize:
        return QSize(600, self.heightForWidth(max(self.width(), 400)))

    def minimumSizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(max(self.width(), 400)))

    def resizeEvent(self, event: object) -> None:
        self.updateGeometry()

    def block_rect(self, index: int) -> QRect:
        """Where a comparison is."""
        row, column = divmod(index, self._across(self.width()))
        width, height = self._width(self.width()), self._height(self.width())
        left = _SIDE + column * (width + _BETWEEN)
        return QRect(left, row * (height + 12), width, height)

    def picture_rect(self, index: int, line: int, place: int) -> QRect:
        """Where a picture is: ``line`` 0 is the base model's."""
        block, side = self.block_rect(index), self._picture(self.width())
        top = block.top() + _HEAD + line * (side + 1)
        return QRect(block.left() + place * (side + 1), top, side, side)

    def cells(self, planted: Planted, row: RowEvidence, line: int) -> list[str]:
        """The identifiers of a line's pictures, by seed: those below each other have the same."""
        wanted = set(planted.base.cells if line == 0 else row.cells)
        found = [(self._seed(one), one) for one in wanted]
        return [one for _, one in sorted(found)][:MOST]

    def _seed(self, identifier: str) -> tuple[int, str]:
        key = self._evidence.place_of(identifier)
        return (int(key.seed) if key is not None else 0, identifier)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for index, (planted, row) in enumerate(self.blocks):
            self._paint(painter, index, planted, row)

    def _paint(self, painter: QPainter, index: int, planted: Planted, row: RowEvidence) -> None:
        block = self.block_rect(index)
        title, tag = TITLES[planted.kind]
        self._paint_head(painter, block, tr(title), tr(tag))
        for line in (0, 1):
            for number, identifier in enumerate(self.cells(planted, row, line)):
                rect = self.picture_rect(index, line, number)
                painter.fillRect(rect, color("tile"))
                key = self._evidence.place_of(identifier)
                cell = self._state.cell(key)
                pixmap = self._thumbnails.get(cell.path, rect.width()) if cell else None
                if pixmap is not None:
                    draw_fitted(painter, pixmap, rect.toRectF())
        top = self.picture_rect(index, 1, 0).bottom() + 6
        for number, name in enumerate(_NUMBERS[planted.kind]):
            place = QRectF(block.left(), top + number * _LINE, block.width(), _LINE)
            self._paint_number(painter, place, name, planted.base, row)
        verdict = self._evidence.verdict()
        found = None
        if verdict is not None:
            found = conclude(planted, row, verdict.evidence, verdict.limits)
        if found is not None:
            icon, tint = ("circle-check", "ok") if found.good else ("triangle-alert", "warn")
            y = top + 2 * _LINE + 1
            icons.paint(painter, icon, block.left(), y, 14, tint)
            painter.setPen(color("t1"))
            painter.setFont(fonts.font(11))
            place = QRectF(block.left() + 20, y, block.width() - 20, 15)
            _elided(painter, place, said(found.sentence))

    def _paint_head(self, painter: QPainter, block: QRect, title: str, tag: str) -> None:
        width = fonts.width_of(tag, 11) + 10
        badge = QRectF(block.right() - width, block.top() + 1, width, 17)
        painter.setPen(QPen(color("line_control"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(badge.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, tag)
        painter.setFont(fonts.font(12, 500))
        painter.setPen(color("t1"))
        place = QRectF(block.left(), block.top(), block.width() - width - 6, 19)
        _elided(painter, place, title)

    def _paint_number(
        self, painter: QPainter, place: QRectF, name: str, base: RowEvidence, row: RowEvidence
    ) -> None:
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2"))
        _elided(painter, place.adjusted(0, 0, -90, 0), tr(_NAMES[name][0]))
        value, before = number_of(row, name), number_of(base, name)
        painter.setPen(color("t1"))
        painter.drawText(place, _RIGHT, decimal(value) if value is not None else "")
        if before is not None and name != "change":
            painter.setPen(color("t3"))
            words = tr("base {value}", value=decimal(before))
            painter.drawText(place.adjusted(0, 0, -34, 0), _RIGHT, words)

    # Pointer

    def _hit(self, position: QPointF) -> str:
        for index, (planted, row) in enumerate(self.blocks):
            for line in (0, 1):
                for place, identifier in enumerate(self.cells(planted, row, line)):
                    if self.picture_rect(index, line, place).contains(position.toPoint()):
                        return identifier
        return ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the picture under the pointer in the grid."""
        key = self._evidence.place_of(self._hit(event.position()))
        if key is not None:
            self.cell_asked.emit(key)

    def event(self, event: QEvent) -> bool:
        """Tell which picture it is, or what the numbers mean."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def _tip(self, position: QPointF) -> str:
        key = self._evidence.place_of(self._hit(position))
        if key is not None:
            return f"{self._state.name_of(key)}\n{key.prompt}"
        for index, (planted, _) in enumerate(self.blocks):
            if self.block_rect(index).contains(position.toPoint()):
                return "\n".join(tr(_NAMES[name][1]) for name in _NUMBERS[planted.kind])
        return ""


def number_of(row: RowEvidence, name: str) -> float | None:
    """A number under a comparison."""
    if name == "change":
        return row.figures.change.value if row.figures.change is not None else None
    found: float | None = getattr(row, name)
    return found


def _elided(painter: QPainter, place: QRectF, words: str) -> None:
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(place.width()))
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
