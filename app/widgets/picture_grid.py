"""The grid of thumbnail cards over any model of pictures.

Where a card lies follows from its row and the width of the grid alone, so that 20,000 pictures
are laid out in no time, and only cards in view are looked at.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.theme import color
from app.theme import signals as theme_signals
from app.widgets.card_cells import Cells
from app.widgets.grid_pictures import GridPictures
from app.widgets.picture_card import FOOT, GAP, Look, draw_card, room_in
from app.widgets.roles import card_at
from app.widgets.thumbnails import ThumbnailCache

TILE_RANGE = (96, 320)
Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction


class PictureGrid(QAbstractItemView):
    """Cards of ``tile_width`` pixels that fill the width; Ctrl and wheel changes their size."""

    ground = ""  # the color behind the cards; without one, what lies below is seen
    opened = Signal(QModelIndex)
    tile_width_changed = Signal(int)

    def __init__(
        self, thumbnails: ThumbnailCache | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.keyboard = False
        self._wanted = 152
        self.pictures = GridPictures(thumbnails, self)
        self._hovered = -1
        self._pressed: QPoint | None = None
        self._band = QRect()
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there: a bar that comes and goes would change how many cards are in a row.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().setSingleStep(40)
        self.setMouseTracking(True)
        self.setViewportMargins(12, 12, 0, 0)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        # With a ground of its own, what stays in view is moved when it scrolls and not painted.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, bool(self.ground))
        self.activated.connect(self.opened)
        theme_signals.changed.connect(self.viewport().update)
        self.pictures.came.connect(self._paint_rows)
        self.pictures.room_taken.connect(self.viewport().update)

    def _paint_rows(self, rows: list[int]) -> None:
        cells, places = self.cells(), QRegion()
        for row in rows:
            places += cells.box(row)
        self.viewport().update(places)

    @property
    def tile_width(self) -> int:
        """The width asked for; tiles grow from it to fill the row."""
        return self._wanted

    def set_tile_width(self, width: int) -> None:
        """Make tiles about ``width`` pixels wide; what is in view stays there."""
        cells = self.cells()
        top = cells.row_at(cells.offset)
        self._wanted = max(TILE_RANGE[0], min(TILE_RANGE[1], width))
        self._arrange(top)
        self.tile_width_changed.emit(self._wanted)

    def columns(self) -> int:
        """How many cards are in a row."""
        return self.cells().columns

    def cell_size(self) -> QSize:
        """One card with the gap after it."""
        cells = self.cells()
        return QSize(cells.width, cells.height)

    def cells(self) -> Cells:
        """Where the cards lie now."""
        room, model = max(1, self.viewport().width() - 2), self.model()
        columns = max(1, room // (self._wanted + GAP))
        width = room // columns
        height = round((width - GAP) * 0.9) + FOOT + GAP
        count = model.rowCount() if model is not None else 0
        return Cells(width, height, columns, self.verticalScrollBar().value(), count)

    def rows_in(self, box: QRect) -> range:
        """The rows of the lines that ``box``, in the viewport, touches."""
        return self.cells().rows_in(box)

    def visualRect(self, index: Index) -> QRect:
        return self.cells().box(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self.cells().at(point, GAP)
        return self.model().index(row, 0) if row >= 0 else QModelIndex()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if not index.isValid():
            return
        box, bar = self.visualRect(index), self.verticalScrollBar()
        room = self.viewport().height()
        if hint == QAbstractItemView.ScrollHint.PositionAtTop or box.top() < 0:
            bar.setValue(bar.value() + box.top())
        elif box.bottom() > room:
            bar.setValue(bar.value() + min(box.top(), box.bottom() - room))

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        cells = self.cells()
        count, columns = cells.total, cells.columns
        if not count:
            return QModelIndex()
        if not self.currentIndex().isValid():
            return self.model().index(cells.rows_in(self.viewport().rect())[0], 0)
        page = max(1, self.viewport().height() // cells.height) * columns
        steps = {
            _Move.MoveLeft: -1,
            _Move.MovePrevious: -1,
            _Move.MoveRight: 1,
            _Move.MoveNext: 1,
            _Move.MoveUp: -columns,
            _Move.MoveDown: columns,
            _Move.MovePageUp: -page,
            _Move.MovePageDown: page,
            _Move.MoveHome: -count,
            _Move.MoveEnd: count,
        }
        row = self.currentIndex().row()
        wished = row + steps[action]
        if action in (_Move.MoveUp, _Move.MovePageUp) and wished < 0:
            wished = row % columns
        return self.model().index(max(0, min(count - 1, wished)), 0)

    # Selecting

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        box = rect.normalized()
        chosen, cells = QItemSelection(), self.cells()
        for row in cells.rows_in(box):
            if cells.box(row).adjusted(0, 0, -GAP, -GAP).intersects(box):
                index = self.model().index(row, 0)
                chosen.select(index, index)
        self.selectionModel().select(chosen, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        cells = self.cells()
        seen = cells.rows_in(self.viewport().rect())
        region = QRegion()
        for number in range(selection.count()):
            part = selection.at(number)
            for row in range(max(part.top(), seen.start), min(part.bottom() + 1, seen.stop)):
                region += cells.box(row)
        return region

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.pictures.held():
            self._paint(event)

    def _paint(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        region, cells, model = event.region(), self.cells(), self.model()
        if self.ground:
            painter.fillRect(event.rect(), color(self.ground))
        chosen = self.selectionModel() if self._has_selection() else None
        current = self.currentIndex().row() if self.keyboard and self.hasFocus() else -1
        scale = self.devicePixelRatioF()
        self.pictures.see_room(room_in(cells, scale))
        for row in cells.rows_in(event.rect()):
            box = cells.box(row)
            if not region.intersects(box):
                continue
            selected = chosen is not None and chosen.isSelected(model.index(row, 0))
            card = card_at(model, row)
            picture = None if card.problem else self.pictures.of(row, card)
            look = Look(
                selected=selected,
                hovered=row == self._hovered,
                current=row == current,
                unreadable=bool(card.problem) or (picture is None and self.pictures.failed(card)),
            )
            draw_card(painter, box, card, look, picture, scale)
        if not self._band.isNull():
            painter.setPen(color("acc"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._band)
        painter.end()  # also when a frame that holds it outlives this call
        self.pictures.await_those(model, cells.rows_in(self.viewport().rect()))

    def _has_selection(self) -> bool:
        selection = self.selectionModel()
        return selection is not None and selection.hasSelection()

    def pixmap(self, index: Index) -> QPixmap | None:
        """What to draw for ``index``, or None while it is being made."""
        return self.pictures.of(index.row(), card_at(self.model(), index.row()))

    # What happens to the view

    def updateGeometries(self) -> None:
        super().updateGeometries()
        cells, room = self.cells(), self.viewport().height()
        lines = -(-cells.total // cells.columns)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, lines * cells.height - room))
        bar.setEnabled(bar.maximum() > 0)  # one that moves nothing is not painted
        bar.setPageStep(max(1, room - cells.height // 2))

    def _arrange(self, top: int) -> None:
        """Lay out anew, with the card of row ``top`` in the first line."""
        self.updateGeometries()
        cells = self.cells()
        if cells.offset and cells.total:
            self.verticalScrollBar().setValue(top // cells.columns * cells.height)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(dx, dy)
        if not self._band.isNull():
            self.viewport().update()  # the band stays where it is

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self.updateGeometries()

    def reset(self) -> None:
        super().reset()
        self.pictures.forget_arrays()
        self.updateGeometries()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_tile_width(self._wanted + (16 if event.angleDelta().y() > 0 else -16))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.keyboard = True
        super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = event.position().toPoint()
        if self.state() == QAbstractItemView.State.DragSelectingState and self._pressed is not None:
            start = self._pressed - QPoint(0, self.verticalOffset())
            self._band = QRect(start, place).normalized()
            self.viewport().update()
        self._hover(self.indexAt(place).row())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._pressed, self._band = None, QRect()
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self.keyboard = False
            self._pressed = event.position().toPoint() + QPoint(0, self.verticalOffset())
        elif event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def _hover(self, row: int) -> None:
        before, self._hovered = self._hovered, row
        if before != row:
            for changed in {before, row} - {-1}:
                self.viewport().update(self.cells().box(changed))
