"""The live grid: only cells in sight are painted; headers stay while cells scroll."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.i18n import bind, signals, tr
from app.theme import color
from app.theme import signals as theme_signals
from app.validation.framing import STEP, Framing
from app.validation.grid_painter import GridPainter
from app.validation.layout import MARGIN, ROW_HEADER, GridLayout
from app.validation.table import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from app.validation.cell_pictures import CellPictures
    from app.validation.model import GridState
    from engine.validation.resolve import Position

Fit = Literal["", "easily", "all"]
"""How cells are sized: by the user, as large as they are easily judged, or so that all are seen."""
SMALLEST, LARGEST = 16, 1024
FITTED_FROM, FITTED_TO = 72, 320
EASY = 88  # pixels from which on cells are easily judged, where not all fit in any case
SETTLE = 150
"""Milliseconds for which nothing moves before the framed part is cut out sharply."""
# Left of it nothing is painted: there lies the grip of the left column, and what another widget
# overlaps is not moved but painted again.
FREE = 8
COLLECT = 30  # milliseconds in which pictures that come are collected before they are shown
EDGE = 3  # pixels by which the outline of a cell reaches beyond it


class GridSurface(QAbstractScrollArea):
    """Lays cells out, paints and scrolls them. What a user does with them is not its concern."""

    sized = Signal()

    def __init__(
        self, state: GridState, pictures: CellPictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state, self._pictures = state, pictures
        self.framing = Framing(self)
        self.painter = GridPainter(state, pictures, self.framing)
        self.grid = GridLayout()
        self._titles = (self.grid.table, "", ROW_HEADER)
        self._fits: Fit = "easily"
        self._natural = 0  # the longer side of a picture, once one was read
        self._settling = QTimer(self, interval=SETTLE, singleShot=True)
        self._settling.timeout.connect(self._settle)
        self._come: list[str] = []
        self._collecting = QTimer(self, interval=COLLECT, singleShot=True)
        self._collecting.timeout.connect(self._show_those_that_came)
        self.setFrameShape(QFrame.Shape.NoFrame)
        bind(self.setAccessibleName, "Validation grid")
        # All of it is painted, so what scrolls is moved and not painted again.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        state.axes_changed.connect(self.relayout)
        state.cell_changed.connect(self._update_cell)
        state.choice_changed.connect(self._choice_changed)
        pictures.ready.connect(self._picture_came)
        self.framing.changed.connect(self._reframed)
        signals.changed.connect(self.relayout)
        theme_signals.changed.connect(self.viewport().update)

    # Layout

    def relayout(self) -> None:
        """The axes changed, or what is shown of them."""
        self._lay(self.grid.cell)
        if self._fits:
            self._lay(self._fitting_cell())
        self._set_ranges()
        self.viewport().update()

    def _lay(self, cell: int) -> None:
        pins, titles = len(self._state.pinned()), self._titles_width()
        grid = GridLayout(self._state.table, cell, pins, titles)
        if grid.head.height() + grid.frozen > self.viewport().height() * 0.4:
            # Rows that stay would leave no room for what is compared with them.
            grid = replace(grid, table=replace(self._state.table, frozen=0))
        self.grid = grid

    def _titles_width(self) -> int:
        table, language = self._state.table, tr("Base")
        known, spoken, width = self._titles
        if known is not table or spoken != language:
            width = self.painter.headers.titles_width(table)
            self._titles = (table, language, width)
        return width

    def fit(self) -> None:
        """Size the cells so that all of them are in sight."""
        self._fits = "all"
        self.relayout()
        self.sized.emit()

    def set_cell(self, size: int, anchor: QPoint | None = None) -> None:
        """Show cells ``size`` pixels wide; what is under ``anchor`` (the middle) stays there."""
        size = max(SMALLEST, min(LARGEST, size))
        at = anchor or self.viewport().rect().center()
        before, head = self.grid, self.grid.head
        from_head = self._offset() + at - QPoint(head.width(), head.height())
        scale = (size + GridLayout(cell=size).gap) / (before.cell + before.gap)
        self._fits = ""
        self._lay(size)
        self._set_ranges()
        head = self.grid.head
        self.horizontalScrollBar().setValue(round(from_head.x() * scale) + head.width() - at.x())
        self.verticalScrollBar().setValue(round(from_head.y() * scale) + head.height() - at.y())
        self.viewport().update()
        self.sized.emit()

    def picture_scale(self) -> float | None:
        """Screen pixels per picture pixel, once any picture in sight is known at its full size."""
        request = self._state.request
        for path in self.painter.cells.asked[:1]:  # none where only headers were painted last
            self._natural = self._pictures.natural(path) or self._natural
        asked = max(request.image.width, request.image.height) if request is not None else 0
        side = self._natural or asked
        if not side:
            return None
        return self.grid.cell * self.framing.zoom * self.devicePixelRatioF() / side

    def step_zoom(self, direction: int) -> None:
        """One step larger (1) or smaller (-1)."""
        size = self.grid.cell * (STEP if direction > 0 else 1 / STEP)
        self.set_cell(max(self.grid.cell + direction, round(size)) if direction > 0 else int(size))

    def _fitting_cell(self) -> int:
        if self.grid.empty:
            return self.grid.cell
        wide, high = self.grid.largest_cells(self.viewport().size())
        if self._fits == "all":
            return max(SMALLEST, min(wide, high, FITTED_TO))
        if wide < FITTED_FROM:  # it is scrolled in any case: whole groups, well to be seen
            wide = max(FITTED_FROM, self.grid.cell_by_groups(self.viewport().width(), EASY))
        return max(FITTED_FROM, min(wide, max(96, high), FITTED_TO))

    def _set_ranges(self) -> None:
        content, port, head = self.grid.content, self.viewport().size(), self.grid.head
        for bar, whole, room, fixed in (
            (self.horizontalScrollBar(), content.width(), port.width(), head.width()),
            (self.verticalScrollBar(), content.height(), port.height(), head.height()),
        ):
            bar.setRange(0, max(0, whole - room))
            bar.setPageStep(max(1, room - fixed))
            bar.setSingleStep(self.grid.cell + self.grid.gap)

    def _offset(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def cell_rect(self, key: Position) -> QRect:
        """Where ``key`` is on the viewport; empty while it is not in the grid."""
        place = self.grid.place(key)
        if place is None:
            return QRect()
        down = 0 if place[0] < self.grid.table.frozen else self._offset().y()
        return self.grid.rect(*place).translated(-self._offset().x(), -down)

    def key_at(self, point: QPoint) -> Any:
        """The cell under ``point`` of the viewport, or None; headers cover cells."""
        head = self.grid.head
        for index, key in enumerate(self._state.pinned()):
            if self.grid.pin_rect(index).contains(point):
                return key
        if self.grid.empty or point.x() < head.width() or point.y() < head.height():
            return None
        stays = point.y() < head.height() + self.grid.frozen
        down = 0 if stays else self._offset().y()
        place = self.grid.at(point + QPoint(self._offset().x(), down))
        found = self.grid.key(*place) if place else None
        return found if found is not None and self._state.shown.passes(found) else None

    def lines_at(self, point: QPoint) -> tuple[Line | None, Line | None]:
        """The row and the column whose header, or cell, is under ``point``."""
        table, offset, head = self.grid.table, self._offset(), self.grid.head
        stays = point.y() < head.height() + self.grid.frozen
        row = self.grid.row_at(point.y() + (0 if stays else offset.y()))
        column = self.grid.column_at(point.x() + offset.x()) if point.x() >= head.width() else None
        return (
            table.rows[row] if row is not None and point.y() >= head.height() else None,
            table.columns[column] if column is not None else None,
        )

    def show_cell(self, key: Position) -> None:
        """Scroll so that ``key`` is in sight, not under a header."""
        place = self.grid.place(key)
        if place is None:
            return
        rect, head, port = self.grid.rect(*place), self.grid.head, self.viewport().size()
        gap = self.grid.gap
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(
            _scrolled(across.value(), rect.left(), rect.right(), head.width() + gap, port.width())
        )
        if place[0] >= self.grid.table.frozen:
            top = head.height() + self.grid.frozen + gap
            down.setValue(_scrolled(down.value(), rect.top(), rect.bottom(), top, port.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells in sight, then the headers over them."""
        painter = QPainter(self.viewport())
        port = self.viewport().size()
        region = cast("Iterable[QRect]", event.region())  # PySide6 lists its rectangles
        self.painter.paint(painter, region, self.grid, self._offset(), port)
        if self.grid.empty and self._state.shown.narrowed:
            painter.setPen(color("t2"))
            painter.drawText(
                self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, tr("No cell is like that.")
            )
        painter.end()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted already; only what comes into sight is painted anew."""
        port, head = self.viewport().rect(), self.grid.head
        self._settling.start()
        if (dx and dy) or self.grid.empty:
            self.viewport().update()
            return
        top = head.height() + self.grid.frozen
        if dy:
            self.viewport().scroll(0, dy, port.adjusted(FREE, top, 0, 0))
            edge = top if dy > 0 else port.bottom() + dy
            self.viewport().update(0, edge - EDGE, port.width(), abs(dy) + 2 * EDGE)
            self.viewport().update(0, top, port.width(), EDGE)
        if dx:
            self.viewport().scroll(dx, 0, port.adjusted(head.width(), top, 0, 0))
            edge = head.width() if dx > 0 else port.right() + dx
            self.viewport().update(edge - EDGE, 0, abs(dx) + 2 * EDGE, port.height())
            self.viewport().update(0, 0, port.width(), top)
            self.viewport().update(head.width() - EDGE, 0, 2 * EDGE, port.height())

    # Change

    def _choice_changed(self) -> None:
        if len(self._state.pinned()) != self.grid.pins:
            self.relayout()
        self.viewport().update()

    def _update_cell(self, key: Position) -> None:
        rect = self.cell_rect(key)
        if not rect.isEmpty():
            self.viewport().update(rect.adjusted(-2, -2, 2, 2))
        if self.grid.pins:
            self.viewport().update(0, 0, self.viewport().width(), self.grid.head.height())

    def _picture_came(self, path: str) -> None:
        self._come.append(path)
        if not self._collecting.isActive():
            self._collecting.start()

    def _show_those_that_came(self) -> None:
        come, self._come = self._come, []
        for path in come:
            for key in self._state.keys_of(path):
                self._update_cell(key)

    def _reframed(self) -> None:
        self.painter.cells.settled = False
        self._settling.start()
        self.viewport().update()
        self.sized.emit()

    def _settle(self) -> None:
        """Nothing moves: what has scrolled out of sight before it was read is not read at all."""
        port = self.viewport().size()
        paths = self.painter.paths_in_sight(self.grid, self._offset(), port)
        self._pictures.keep_wishes(id(self.painter.cells), paths)
        if not self.painter.cells.settled:
            self.painter.cells.settled = True
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the cells again unless the user has chosen their size."""
        self.relayout()
        self.sized.emit()

    def sizeHint(self) -> QSize:
        """A few cells."""
        return QSize(600, 400)


def _scrolled(value: int, start: int, end: int, head: int, room: int) -> int:
    if start - value < head:
        return start - head
    if end - value > room - MARGIN // 3:
        return end - room + MARGIN // 3 + 1
    return value
