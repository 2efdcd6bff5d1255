"""The bar under the grid: the cell that is chosen, how it was made, and what to do with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind, signals, tr
from app.shell.menus import Menu
from app.theme import color, metrics
from app.validation.cell_menu import MARKS
from app.widgets.buttons import button, tool_button
from app.widgets.images import draw_fitted
from app.widgets.text import ElidedLabel, label
from engine.sampling.infotext import SAMPLERS

if TYPE_CHECKING:
    from app.validation.cell_pictures import CellPictures
    from app.validation.model import GridState
    from engine.validation.resolve import Position

HEIGHT = 76
# From these widths on there is room for more of it.
CANVAS_FROM, COPIES_FROM, MARKS_FROM, FACTS_FROM, HINT_FROM = 500, 640, 720, 860, 1060


class RecipeBar(QWidget):
    """Follows the choice; hidden while no cell is chosen."""

    compare_asked = Signal()
    canvas_asked = Signal()
    mark_asked = Signal(str)
    infotext_asked = Signal()
    picture_asked = Signal()
    dragged = Signal()

    def __init__(self, state: GridState, thumbnails: CellPictures) -> None:
        super().__init__()
        self._state = state
        self._comparing = self._full = False
        self.setFixedHeight(HEIGHT)
        # What does not fit is left out, so that the bar never makes the window wider.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QHBoxLayout(self)
        line.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        line.setSpacing(12)
        self.picture = CellPicture(state, thumbnails)
        self.picture.dragged.connect(self.dragged)
        line.addWidget(self.picture)
        line.addLayout(self._words(), 1)
        self.facts = self._facts()
        line.addWidget(self.facts)
        self.hint = label("Ctrl-click a second cell", size=11, tone="quiet")
        line.addWidget(self.hint)
        self.compare = button("Compare A and B", "columns-2", on=self.compare_asked.emit)
        self.canvas = button("Open in Canvas", "brush", on=self.canvas_asked.emit)
        line.addLayout(self._mark_buttons())
        line.addWidget(self.compare)
        line.addWidget(self.canvas)
        line.addLayout(self._copy_buttons())
        self.more = tool_button("ellipsis", "More", self.open_more)
        line.addWidget(self.more)
        state.choice_changed.connect(self.refresh)
        state.cell_changed.connect(self._cell_changed)
        state.axes_changed.connect(self.refresh)
        signals.changed.connect(self.refresh)
        self.refresh()

    def _cell_changed(self, key: Position) -> None:
        if key == self._state.first:
            self.refresh()

    def _mark_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(metrics.GAP_ICONS)
        self.marks = {}
        for kind, words, icon, key in MARKS:
            tell = partial(self.mark_asked.emit, kind)
            made = self.marks[kind] = tool_button(icon, words, tell, True, shortcut=key)
            row.addWidget(made)
        return row

    def _copy_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(metrics.GAP_ICONS)
        self.copy = tool_button("copy", "Copy infotext", self.infotext_asked.emit)
        self.copy_picture = tool_button("image", "Copy picture", self.picture_asked.emit)
        row.addWidget(self.copy)
        row.addWidget(self.copy_picture)
        return row

    def _words(self) -> QVBoxLayout:
        self.name = ElidedLabel(weight=500)
        self.prompt = ElidedLabel(size=11, tone="label")
        self.detail = ElidedLabel(size=11, tone="quiet")
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addStretch(1)
        column.addWidget(self.name)
        column.addWidget(self.prompt)
        column.addWidget(self.detail)
        column.addStretch(1)
        return column

    def _facts(self) -> QWidget:
        box = QWidget()
        box.setFixedWidth(128)
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(2)
        grid.setRowStretch(0, 1)
        grid.setRowStretch(3, 1)
        copying = label("Copying", size=11, tone="quiet")
        nearest = label("Nearest", size=11, tone="quiet")
        self.copying = label(size=11)
        self.nearest = ElidedLabel("", Qt.TextElideMode.ElideMiddle, size=11)
        grid.setColumnStretch(1, 1)
        grid.addWidget(copying, 1, 0)
        grid.addWidget(self.copying, 1, 1)
        grid.addWidget(nearest, 2, 0)
        grid.addWidget(self.nearest, 2, 1)
        return box

    def follow_stage(self, *, comparing: bool, full: bool) -> None:
        """Whether A and B are on the stage already, or A alone with buttons of its own."""
        self._comparing, self._full = comparing, full
        self.refresh()

    def refresh(self) -> None:
        """Show the chosen cell."""
        state, key = self._state, self._state.first
        self.setVisible(key is not None)
        self.picture.update()
        if key is None:
            return
        cell = state.cell(key)
        prefix = "A  " if state.second is not None else ""
        self.name.setText(prefix + state.name_of(key))
        self.prompt.setText(key.prompt)
        self.detail.setText(self._recipe() if cell is None or not cell.problem else cell.problem)
        alone = state.second is None and not self._full
        self.hint.setVisible(alone and self.width() >= HINT_FROM)
        if alone and self.width() < HINT_FROM:
            self.detail.setText(f"{tr('Ctrl-click a second cell')}  ·  {self.detail.text()}")
        known = cell is not None and cell.copying is not None and self.width() >= FACTS_FROM
        self.facts.setVisible(known)
        if cell is not None and cell.copying is not None:
            self.copying.setText(f"{cell.copying:.2f}")
            self.nearest.setText(Path(cell.nearest).stem)
            if not known:
                numbers = f"{tr('Copying')} {cell.copying:.2f}  ·  {self.nearest.text()}"
                self.detail.setText(f"{numbers}  ·  {self.detail.text()}")
        self.compare.setEnabled(state.has_two)
        self.compare.setVisible(not self._comparing)
        self.canvas.setVisible(self.width() >= CANVAS_FROM)
        there = cell is not None and bool(cell.path)
        for kind, mark in self.marks.items():
            mark.setChecked(state.has_mark(kind, key))
            mark.setVisible(self.width() >= MARKS_FROM and not self._full)
        for copy in (self.copy, self.copy_picture):
            copy.setVisible(self.width() >= COPIES_FROM)
        for made in (*self.marks.values(), self.copy, self.copy_picture, self.canvas, self.more):
            made.setEnabled(there)
        self.more.setVisible(any(one.isHidden() for one in self._optional()))

    def _optional(self) -> tuple[QWidget, ...]:
        """What gives way in a narrow window; in full view the marks stand elsewhere."""
        marks = () if self._full else tuple(self.marks.values())
        return (*marks, self.canvas, self.copy, self.copy_picture)

    def open_more(self) -> None:
        """Offer what there is no room for."""
        menu = Menu(self.more)
        for kind, words, icon, key in MARKS:
            if self.marks[kind].isHidden() and not self._full:
                tell = partial(self.mark_asked.emit, kind)
                ticked = self.marks[kind].isChecked()
                menu.add(words, tell, icon, ticked=ticked, shortcut=key)
        for made, words, icon, asked in (
            (self.canvas, "Open in Canvas", "brush", self.canvas_asked),
            (self.copy, "Copy infotext", "copy", self.infotext_asked),
            (self.copy_picture, "Copy picture", "image", self.picture_asked),
        ):
            if made.isHidden():
                menu.add(words, asked.emit, icon)
        menu.below(self.more, right=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what there is room for."""
        self.refresh()

    def _recipe(self) -> str:
        state, key = self._state, self._state.first
        if state.request is None or key is None:
            return ""
        image = state.image_at(key)
        words = tr(
            "{steps} steps, {sampler} {schedule}, guidance {guidance}",
            steps=image.steps,
            sampler=SAMPLERS[image.sampler],
            schedule=tr(image.schedule.capitalize()),
            guidance=f"{image.guidance_scale:g}",
        )
        size = f", {image.width} × {image.height}" if image.width and image.height else ""
        return words + size


class CellPicture(QWidget):
    """The chosen cell, 56 pixels a side, in the outline of the choice."""

    dragged = Signal()

    def __init__(self, state: GridState, thumbnails: CellPictures) -> None:
        super().__init__()
        self._state, self._thumbnails = state, thumbnails
        self._pressed: QPoint | None = None
        self.setFixedSize(60, 60)
        bind(self.setToolTip, "Drag it out as a file")
        bind(self.setAccessibleName, "Chosen cell")
        thumbnails.ready.connect(self._picture_read)

    def _picture_read(self, _: str) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture and its outline."""
        painter = QPainter(self)
        area = self.rect().adjusted(2, 2, -2, -2)
        painter.fillRect(area, color("tile"))
        cell = self._state.cell(self._state.first)
        edge = round(area.width() * self.devicePixelRatioF())
        pixmap = self._thumbnails.level(cell.path, edge) if cell and cell.path else None
        if pixmap is not None:
            draw_fitted(painter, pixmap, area.toRectF())
        painter.setPen(QPen(color("acc"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(-1, -1, 0, 0))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the picture."""
        self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it out."""
        if self._pressed is None:
            return
        away = (event.position().toPoint() - self._pressed).manhattanLength()
        if away >= QApplication.startDragDistance():
            self._pressed = None
            self.dragged.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._pressed = None
