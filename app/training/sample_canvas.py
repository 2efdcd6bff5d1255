"""The painted part of the sample strip: pictures in rows of prompts and columns of steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImageReader, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.theme import color
from app.theme import signals as theme_signals
from app.theme.fonts import font
from app.widgets.images import image_of

if TYPE_CHECKING:
    from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPaintEvent

    from app.session import Session
    from app.training.story import Drawing, Story
    from engine.training.runs import SamplePicture

label_width = 112
header_height = 22
gap = 4
largest, smallest = 104, 64
most_kept = 600
"""Pictures of cells that are kept, about 25 MB."""


class SampleCanvas(QWidget):
    """``columns`` are the steps at which was drawn, ``prompts`` the rows. ``step`` is outlined."""

    chosen = Signal(int)
    opened = Signal(int, str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.story: Story | None = None
        self.step: int | None = None
        self.columns: list[int] = []
        self._places: dict[int, int] = {}
        self.prompts: list[str] = []
        self.cells: dict[tuple[int, int], Path] = {}
        self.drawings: dict[tuple[int, int], Drawing] = {}
        self._pictures: dict[Path, QPixmap] = {}
        self._rough: dict[tuple[int, int], tuple[Drawing, QPixmap]] = {}
        self._side = largest
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        language_signals.changed.connect(self._renamed)
        theme_signals.changed.connect(self.update)
        self._renamed()

    def take(self, story: Story) -> None:
        """Show what ``story`` has by now; pictures are read off the UI thread, once."""
        samples, drawn = story.samples, list(story.drawing.values())
        both: list[SamplePicture | Drawing] = [*samples, *drawn]
        self.story = story
        before = self.columns, self.prompts, self.cells
        self.columns = sorted({one.step for one in both})
        self._places = {step: place for place, step in enumerate(self.columns)}
        self.prompts = list(dict.fromkeys(one.prompt for one in both))
        rows = {prompt: row for row, prompt in enumerate(self.prompts)}
        self.cells = {(rows[item.prompt], item.step): item.path for item in samples}
        if before == (self.columns, self.prompts, self.cells):
            self._take_drawings(rows)
            return
        self.drawings = {(rows[item.prompt], item.step): item for item in drawn}
        wanted = set(self.cells.values())
        self._pictures = {path: kept for path, kept in self._pictures.items() if path in wanted}
        self.update()

    def _take_drawings(self, rows: dict[str, int]) -> None:
        """Paint only the cells of what is being drawn."""
        story = self.story
        assert story is not None
        self.drawings = {(rows[one.prompt], one.step): one for one in story.drawing.values()}
        for row, step in self.drawings:
            self.update(self.cell(row, step))

    def _picture(self, path: Path) -> QPixmap:
        """Read when it is first seen, in the size it is seen in; those seen last are kept."""
        known = self._pictures.pop(path, None)
        if known is None:
            known = QPixmap()
            self.session.start(self._load(path))
        self._pictures[path] = known
        if len(self._pictures) > most_kept:
            self._pictures.pop(next(iter(self._pictures)))
        return known

    async def _load(self, path: Path) -> None:
        side = round(largest * self.devicePixelRatioF())
        image = await self.session.bridge.io(read_picture, path, side)
        if path in self._pictures:
            self._pictures[path] = QPixmap.fromImage(image)
            for (row, step), own in self.cells.items():
                if own == path:
                    self.update(self.cell(row, step))

    def fit(self, room: QSize) -> None:
        """Take a size whose cells fill ``room`` as well as they can."""
        columns, rows = max(1, len(self.columns)), max(1, len(self.prompts))
        across = (room.width() - label_width) // columns - gap
        down = (room.height() - header_height) // rows - gap
        self._side = max(smallest, min(largest, across, down))
        shown = label_width + columns * (self._side + gap)
        self.resize(QSize(shown, header_height + len(self.prompts) * (self._side + gap)))

    def cell(self, row: int, step: int) -> QRect:
        """Where a picture is painted."""
        pitch = self._side + gap
        x = label_width + self._places[step] * pitch
        return QRect(x, header_height + row * pitch, self._side, self._side)

    def title(self, step: int) -> str:
        """What a column is called: where in the run it is, or Now for the newest of a live one."""
        story = self.story
        if story is None:
            return ""
        if step and story.live and story.within_epoch(step) and step == self.columns[-1]:
            return tr("Now")
        both: list[SamplePicture | Drawing] = [*story.samples, *story.drawing.values()]
        epochs = [one.epoch for one in both if one.step == step]
        return story.place(step, epochs[0] if epochs else 0)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if event.rect().top() < header_height:
            self._paint_headers(painter, event.rect())
        painter.setFont(font(11))
        for row, prompt in enumerate(self.prompts):
            self._paint_prompt(painter, row, prompt)
        for (row, step), path in self.cells.items():
            box = self.cell(row, step)
            if box.intersects(event.rect()):
                self._paint_cell(painter, box, self._picture(path), step)
        for key, drawing in self.drawings.items():
            box = self.cell(*key)
            if box.intersects(event.rect()):
                self._paint_cell(painter, box, self._rough_picture(key, drawing), key[1])
                self._paint_progress(painter, box, drawing)

    def _paint_headers(self, painter: QPainter, seen: QRect) -> None:
        for step in self.columns:
            box = self.cell(0, step)
            if box.right() < seen.left() or box.left() > seen.right():
                continue
            chosen = step == self.step
            painter.setFont(font(11, 500 if chosen else 400))
            painter.setPen(color("acc" if chosen else "t3"))
            where = QRect(box.left(), 0, box.width(), header_height - 2)
            words = painter.fontMetrics().elidedText(
                self.title(step), Qt.TextElideMode.ElideRight, box.width()
            )
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_prompt(self, painter: QPainter, row: int, prompt: str) -> None:
        top = header_height + row * (self._side + gap)
        where = QRect(0, top, label_width - 8, self._side)
        painter.setPen(color("t2"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(where, flags, prompt)

    def _paint_cell(
        self, painter: QPainter, box: QRect, picture: QPixmap | None, step: int
    ) -> None:
        painter.fillRect(box, color("tile"))
        if picture is not None and not picture.isNull():
            fitted = picture.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            where = QRect(QPoint(), fitted)
            where.moveCenter(box.center())
            painter.drawPixmap(where, picture)
        if step == self.step:
            painter.setPen(QPen(color("acc"), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))

    def _paint_progress(self, painter: QPainter, box: QRect, drawing: Drawing) -> None:
        """How many of its steps are done, as words and as a bar along the foot."""
        words = f"{drawing.done} / {drawing.steps}"
        painter.setFont(font(11))
        width = painter.fontMetrics().horizontalAdvance(words) + 8
        badge = QRect(box.left() + 4, box.bottom() - 22, width, 17)
        painter.fillRect(badge, color("badge"))
        painter.setPen(color("badge_text"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, words)
        done = round(box.width() * drawing.done / max(1, drawing.steps))
        painter.fillRect(QRect(box.left(), box.bottom() - 2, box.width(), 3), color("track"))
        painter.fillRect(QRect(box.left(), box.bottom() - 2, done, 3), color("acc"))

    def _rough_picture(self, key: tuple[int, int], drawing: Drawing) -> QPixmap:
        known = self._rough.get(key)
        if known is None or known[0] is not drawing:
            fresh = (drawing, QPixmap.fromImage(image_of(drawing.array)))
            self._rough = {one: had for one, had in self._rough.items() if one in self.drawings}
            known = self._rough[key] = fresh
        return known[1]

    # Input

    def mousePressEvent(self, event: QMouseEvent) -> None:
        step = self._step_at(event.position().toPoint())
        if step is not None:
            self.chosen.emit(step)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        step, row = self._step_at(place), self._row_at(place)
        if step is not None and row is not None:
            self.opened.emit(step, self.prompts[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if self.columns and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            step = self.step if self.step in self.columns else self.columns[-1]
            self.opened.emit(step, self.prompts[0])
        elif self.columns and event.key() in moves:
            here = self.columns.index(self.step) if self.step in self.columns else -1
            there = min(max(0, here + moves[Qt.Key(event.key())]), len(self.columns) - 1)
            self.chosen.emit(self.columns[there])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._tip(event)  # type: ignore[arg-type]
        return super().event(event)

    def _tip(self, event: QHelpEvent) -> bool:
        step, row = self._step_at(event.pos()), self._row_at(event.pos())
        if step is None or row is None:
            QToolTip.hideText()
            return True
        QToolTip.showText(event.globalPos(), f"{self.prompts[row]}\n{self.title(step)}", self)
        return True

    def _row_at(self, point: QPoint) -> int | None:
        row = (point.y() - header_height) // (self._side + gap)
        return row if 0 <= row < len(self.prompts) else None

    def _step_at(self, point: QPoint) -> int | None:
        column = (point.x() - label_width) // (self._side + gap)
        inside = point.x() >= label_width and column < len(self.columns)
        return self.columns[column] if inside else None

    def _renamed(self) -> None:
        self.setAccessibleName(tr("Samples by epoch"))
        self.update()


def read_picture(path: Path, side: int = 0) -> QImage:
    """Read a sample, not larger than ``side`` if that is given; the reader releases the interpreter
    while it decodes. Null when it is gone.
    """
    reader = QImageReader(str(path))
    size = reader.size()
    if side and max(size.width(), size.height()) > side:
        reader.setScaledSize(size.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
