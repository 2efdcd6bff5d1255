"""Sample pictures of a run: one row a prompt, one column an epoch, painted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImageReader, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.theme import color
from app.theme import signals as theme_signals
from app.theme.fonts import font

if TYPE_CHECKING:
    from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from app.session import Session
    from engine.training.runs import SamplePicture

label_width = 112
header_height = 22
gap = 4
largest, smallest = 104, 64


class SampleStrip(QScrollArea):
    """The strip. ``epoch_chosen`` tells which column was clicked or moved to by key."""

    epoch_chosen = Signal(int)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setWidgetResizable(False)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas = _Canvas(session, self)
        self.setWidget(self.canvas)
        self.viewport().setAutoFillBackground(False)
        self.canvas.setAutoFillBackground(False)
        self.canvas.setProperty("surface", "none")

    def show_samples(self, samples: list[SamplePicture]) -> None:
        """Show ``samples``; a new last column scrolls into view when the last one was in view."""
        bar = self.horizontalScrollBar()
        at_end = bar.value() >= bar.maximum()
        self.canvas.take(samples)
        self._fit()
        if at_end:
            bar.setValue(bar.maximum())

    def set_epoch(self, epoch: int | None) -> None:
        """Outline the column of ``epoch``."""
        self.canvas.epoch = epoch
        self.canvas.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.canvas.fit(self.viewport().size())
        rows = min(3, len(self.canvas.prompts))
        self.setMinimumHeight(rows * (smallest + gap) + header_height)


class _Canvas(QWidget):
    def __init__(self, session: Session, strip: SampleStrip) -> None:
        super().__init__()
        self.session = session
        self.strip = strip
        self.epoch: int | None = None
        self.epochs: list[int] = []
        self.prompts: list[str] = []
        self.cells: dict[tuple[int, int], Path] = {}
        self._pictures: dict[Path, QPixmap] = {}
        self._side = largest
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        language_signals.changed.connect(self._renamed)
        theme_signals.changed.connect(self.update)
        self._renamed()

    def take(self, samples: list[SamplePicture]) -> None:
        self.epochs = sorted({sample.epoch for sample in samples})
        self.prompts = list(dict.fromkeys(sample.prompt for sample in samples))
        rows = {prompt: row for row, prompt in enumerate(self.prompts)}
        self.cells = {(rows[item.prompt], item.epoch): item.path for item in samples}
        wanted = set(self.cells.values())
        self._pictures = {path: kept for path, kept in self._pictures.items() if path in wanted}
        for path in wanted - self._pictures.keys():
            self._pictures[path] = QPixmap()
            self.session.start(self._load(path))
        self.update()

    async def _load(self, path: Path) -> None:
        image = await self.session.bridge.io(_read, path)
        if path in self._pictures:
            self._pictures[path] = QPixmap.fromImage(image)
            self.update()

    def fit(self, room: QSize) -> None:
        columns, rows = max(1, len(self.epochs)), max(1, len(self.prompts))
        across = (room.width() - label_width) // columns - gap
        down = (room.height() - header_height) // rows - gap
        self._side = max(smallest, min(largest, across, down))
        shown = label_width + columns * (self._side + gap)
        self.resize(QSize(shown, header_height + len(self.prompts) * (self._side + gap)))

    def cell(self, row: int, epoch: int) -> QRect:
        """Where a picture is painted."""
        step = self._side + gap
        x = label_width + self.epochs.index(epoch) * step
        return QRect(x, header_height + row * step, self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_headers(painter)
        painter.setFont(font(11))
        for row, prompt in enumerate(self.prompts):
            self._paint_prompt(painter, row, prompt)
        for (row, epoch), path in self.cells.items():
            box = self.cell(row, epoch)
            if box.intersects(event.rect()):
                self._paint_cell(painter, box, path, chosen=epoch == self.epoch)

    def _paint_headers(self, painter: QPainter) -> None:
        for epoch in self.epochs:
            box = self.cell(0, epoch)
            chosen = epoch == self.epoch
            painter.setFont(font(11, 500 if chosen else 400))
            painter.setPen(color("acc" if chosen else "t3"))
            where = QRect(box.left(), 0, box.width(), header_height - 2)
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, _title(epoch))

    def _paint_prompt(self, painter: QPainter, row: int, prompt: str) -> None:
        top = header_height + row * (self._side + gap)
        where = QRect(0, top, label_width - 8, self._side)
        painter.setPen(color("t2"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(where, flags, prompt)

    def _paint_cell(self, painter: QPainter, box: QRect, path: Path, *, chosen: bool) -> None:
        painter.fillRect(box, color("tile"))
        picture = self._pictures.get(path)
        if picture is not None and not picture.isNull():
            fitted = picture.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            where = QRect(QPoint(), fitted)
            where.moveCenter(box.center())
            painter.drawPixmap(where, picture)
        if chosen:
            painter.setPen(QPen(color("acc"), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        epoch = self._epoch_at(event.position().toPoint())
        if epoch is not None:
            self.strip.epoch_chosen.emit(epoch)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() not in moves or not self.epochs:
            super().keyPressEvent(event)
            return
        here = self.epochs.index(self.epoch) if self.epoch in self.epochs else -1
        there = min(max(0, here + moves[Qt.Key(event.key())]), len(self.epochs) - 1)
        self.strip.epoch_chosen.emit(self.epochs[there])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._tip(event)  # type: ignore[arg-type]
        return super().event(event)

    def _tip(self, event: QHelpEvent) -> bool:
        epoch = self._epoch_at(event.pos())
        row = (event.pos().y() - header_height) // (self._side + gap)
        if epoch is None or not 0 <= row < len(self.prompts):
            QToolTip.hideText()
            return True
        QToolTip.showText(event.globalPos(), f"{self.prompts[row]}\n{_title(epoch)}", self)
        return True

    def _epoch_at(self, point: QPoint) -> int | None:
        column = (point.x() - label_width) // (self._side + gap)
        inside = point.x() >= label_width and column < len(self.epochs)
        return self.epochs[column] if inside else None

    def _renamed(self) -> None:
        self.setAccessibleName(tr("Samples by epoch"))
        self.update()


def _title(epoch: int) -> str:
    return tr("Start") if epoch == 0 else tr("Epoch {epoch}", epoch=epoch)


def _read(path: Path) -> QImage:
    """Read a sample; the reader releases the interpreter while it decodes. Null when it is gone."""
    return QImageReader(str(path)).read()
