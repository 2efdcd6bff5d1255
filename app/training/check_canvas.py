"""The painted grid of the over-fit check: a row a checkpoint, a column a prompt and seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget
from shiboken6 import isValid

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import color, icons
from app.theme import signals as theme_signals
from app.theme.fonts import font
from app.training.checks import row_title
from app.training.sample_canvas import read_picture
from app.widgets.images import draw_fitted

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QHelpEvent, QMouseEvent, QPaintEvent

    from app.session import Session
    from app.training.checks import CheckCell, CheckRow
    from app.training.story import Story

KINDS = {
    "seen": "Learned caption",
    "unseen": "Held-out caption",
    "trigger": "Trigger alone",
    "off": "No trigger",
}
LABEL = 104
NUMBER = 64
HEADER = 22
GAP = 4
SIDE = 52
_Column = tuple[str, int]


class CheckCanvas(QWidget):
    """``rows`` of ``columns``; titles and base model are painted ``top`` pixels from the upper
    edge, where it is scrolled to. ``chosen`` carries the step of a row that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.story: Story | None = None
        self.step: int | None = None
        self.top = 0
        self.rows: list[CheckRow] = []
        self.columns: list[_Column] = []
        self._kinds: dict[str, str] = {}
        self._pictures: dict[Path, QPixmap] = {}
        self.setMouseTracking(True)
        self.setAutoFillBackground(False)
        language_signals.changed.connect(self._renamed)
        theme_signals.changed.connect(self.update)
        self._renamed()

    def take(self, story: Story) -> None:
        """Show the rows of ``story``, the base model above the others, the newest last."""
        self.story, self.rows = story, list(story.checks)
        cells = [cell for row in self.rows for cell in row.cells]
        self.columns = list(dict.fromkeys((cell.prompt, cell.seed) for cell in cells))
        self._kinds = {cell.prompt: cell.kind for cell in cells if cell.kind}
        wanted = {cell.path for cell in cells}
        self._pictures = {path: kept for path, kept in self._pictures.items() if path in wanted}
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        across = LABEL + 2 * NUMBER + len(self.columns) * (SIDE + GAP)
        return QSize(across, HEADER + len(self.rows) * (SIDE + GAP))

    def cell(self, row: int, column: int) -> QRect:
        """Where a picture is painted."""
        left = LABEL + 2 * NUMBER + column * (SIDE + GAP)
        return QRect(left, self._band(row).top(), SIDE, SIDE)

    def scroll_to(self, top: int) -> None:
        """Keep titles and base model in sight."""
        self.top = top
        self.update()

    @property
    def _pinned(self) -> int:
        """How many rows stay in sight: that of the base model."""
        return int(bool(self.rows) and not self.rows[0].step)

    def _picture(self, path: Path) -> QPixmap:
        """Read off the UI thread when it is first seen."""
        known = self._pictures.get(path)
        if known is None:
            known = self._pictures[path] = QPixmap()
            self.session.start(self._load(path))
        return known

    async def _load(self, path: Path) -> None:
        side = round(SIDE * self.devicePixelRatioF())
        image = await self.session.bridge.io(read_picture, path, side)
        if isValid(self) and path in self._pictures:
            self._pictures[path] = QPixmap.fromImage(image)
            self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for at, row in enumerate(self.rows):
            if at >= self._pinned and self._band(at).intersects(event.rect()):
                self._paint_row(painter, at, row)
        painter.fillRect(0, self.top, self.width(), self._head, color("g2"))
        self._paint_headers(painter)
        for at in range(self._pinned):
            self._paint_row(painter, at, self.rows[at])

    @property
    def _head(self) -> int:
        """The height of what stays in sight."""
        return HEADER + self._pinned * (SIDE + GAP)

    def _band(self, at: int) -> QRect:
        top = self.top if at < self._pinned else 0
        return QRect(0, top + HEADER + at * (SIDE + GAP), self.width(), SIDE)

    def _paint_headers(self, painter: QPainter) -> None:
        painter.setFont(font(11))
        painter.setPen(color("t3"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
        for at, words in enumerate(("Copying", "Diversity")):
            box = QRect(LABEL + at * NUMBER, self.top, NUMBER - 12, HEADER - 4)
            painter.drawText(box, right, tr(words))
        for prompt in dict.fromkeys(prompt for prompt, _ in self.columns):
            first = next(i for i, one in enumerate(self.columns) if one[0] == prompt)
            count = sum(one[0] == prompt for one in self.columns)
            box = self.cell(0, first).united(self.cell(0, first + count - 1))
            where = QRect(box.left(), self.top, box.width(), HEADER - 4)
            words = tr(KINDS[self._kinds[prompt]]) if self._kinds.get(prompt) in KINDS else prompt
            elide, width = Qt.TextElideMode.ElideRight, box.width()
            words = painter.fontMetrics().elidedText(words, elide, width)
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(where, flags, words)

    def _paint_row(self, painter: QPainter, at: int, row: CheckRow) -> None:
        band, story = self._band(at), self.story
        assert story is not None
        marked = row.step == self.step and row.step > 0
        painter.setFont(font(12, 500 if marked else 400))
        painter.setPen(color("acc" if marked else "t1"))
        middle = Qt.AlignmentFlag.AlignVCenter
        where = QRect(0, band.top(), LABEL - 8, SIDE)
        painter.drawText(where, middle | Qt.TextFlag.TextWordWrap, row_title(story, row))
        self._paint_number(painter, at, 0, row.copying, alarm=row.alarm in ("copies", "overfit"))
        self._paint_number(painter, at, 1, row.diversity, alarm="variety" in row.flags)
        known = {(cell.prompt, cell.seed): cell for cell in row.cells}
        for place, column in enumerate(self.columns):
            self._paint_cell(painter, self.cell(at, place), row, known.get(column))

    def _paint_number(
        self, painter: QPainter, at: int, place: int, value: float | None, *, alarm: bool
    ) -> None:
        box = QRect(LABEL + place * NUMBER, self._band(at).top(), NUMBER - 12, SIDE)
        painter.setFont(font(12, 500 if alarm else 400))
        painter.setPen(color("warn" if alarm else "t2"))
        words = number(value, 2) if value is not None else "–"
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, flags, words)
        if alarm:
            left = box.right() - painter.fontMetrics().horizontalAdvance(words) - 18
            icons.paint(painter, "triangle-alert", left, box.center().y() - 6, 12, "warn")

    def _paint_cell(
        self, painter: QPainter, box: QRect, row: CheckRow, cell: CheckCell | None
    ) -> None:
        painter.fillRect(box, color("tile"))
        if cell is None:
            return
        picture = self._picture(cell.path)
        if not picture.isNull():
            draw_fitted(painter, picture, QRectF(box))
        if cell.copying is not None and row.step and cell.copying > row.threshold > 0:
            painter.setPen(QPen(color("warn"), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))

    # Input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._row_at(event.position().toPoint())
        if at is not None and self.rows[at].step:
            self.chosen.emit(self.rows[at].step)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._tip(event)  # type: ignore[arg-type]
        return super().event(event)

    def _tip(self, event: QHelpEvent) -> bool:
        QToolTip.showText(event.globalPos(), self.words_at(event.pos()), self)
        return True

    def words_at(self, point: QPoint) -> str:
        """What is told of the picture under ``point``; empty beside the pictures."""
        at = self._row_at(point)
        places = range(len(self.columns))
        hit = [place for place in places if at is not None and self.cell(at, place).contains(point)]
        if at is None or not hit or self.story is None:
            return ""
        prompt, seed = self.columns[hit[0]]
        row = self.rows[at]
        lines = [row_title(self.story, row), prompt, tr("Seed {seed}", seed=seed)]
        cell = next((one for one in row.cells if (one.prompt, one.seed) == (prompt, seed)), None)
        if cell is not None and cell.copying is not None and cell.nearest is not None:
            facts = {"copying": number(cell.copying, 2), "name": cell.nearest.name}
            lines.append(tr("{copying} like {name}", **facts))
        return "\n".join(lines)

    def _row_at(self, point: QPoint) -> int | None:
        below = point.y() - self.top
        if below < self._head:
            return 0 if self._pinned and below >= HEADER else None
        at = (point.y() - HEADER) // (SIDE + GAP)
        return at if at < len(self.rows) else None

    def _renamed(self) -> None:
        self.setAccessibleName(tr("Over-fit check"))
        self.update()
