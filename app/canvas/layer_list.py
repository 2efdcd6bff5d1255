"""The list of layers: what clicks, keys and drags on its rows do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QDragMoveEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QTreeView

from app.canvas.layer_rows import INDENT, LayerRows, RowPlaces, paint_drop_mark
from app.i18n import bind
from app.theme import color

if TYPE_CHECKING:
    from PySide6.QtCore import QPersistentModelIndex, QRect

    from app.canvas.layer_tree import LayerTree
    from app.canvas.model import CanvasState
    from engine.canvas.layer import Node

CLOSED = "closed_groups"
EDGE = 6  # how near to the line between two rows an Alt click clips
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class LayerList(QTreeView):
    """Layers and groups. One tab stop; Delete removes, F2 renames, Space shows or hides."""

    def __init__(self, model: LayerTree, state: CanvasState) -> None:
        super().__init__()
        self._state, self._layers = state, model
        self._following = self._taken = False
        self._hovered = QModelIndex()
        self._aimed = QPoint()
        self.setModel(model)
        self._dress()
        self._take_drops()
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        bind(self.setAccessibleName, "Layers")
        self.selectionModel().selectionChanged.connect(self._chosen)
        model.modelReset.connect(self._restore)
        state.opened.connect(self._restore)
        self.collapsed.connect(lambda index: self._note_closed(index, True))
        self.expanded.connect(lambda index: self._note_closed(index, False))
        self._restore()

    def _dress(self) -> None:
        rows = LayerRows(self._state, self)
        rows.open = self.isExpanded
        self.setItemDelegate(rows)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(INDENT)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.viewport().setAutoFillBackground(False)
        self.setProperty("surface", "none")

    def _take_drops(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setAutoExpandDelay(700)

    # Following the document

    def follow(self) -> None:
        """Mark the rows of the chosen layers."""
        selection = self.selectionModel()
        current = self._layers.index_of(self._state.active)
        wanted = [self._layers.index_of(one) for one in self._state.chosen_ids]
        wanted = [index for index in wanted if index.isValid()]
        present = selection.selectedIndexes()
        if self.currentIndex() == current and set(wanted) == set(present):
            return
        marked = QItemSelection()
        for index in wanted:
            marked.select(index, index)
        self._following = True
        selection.setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
        selection.select(marked, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._following = False
        if current.isValid():
            self.scrollTo(current)

    def _chosen(self) -> None:
        if self._following:
            return
        ids = [self._layers.node_id(index) for index in self.selectionModel().selectedIndexes()]
        ids = [one for one in ids if one]
        if not ids:
            self.follow()
            return
        current = self.currentIndex()
        active = self._layers.node_id(current) if current.isValid() else ""
        self._state.choose(ids, active if active in ids else ids[-1])

    def _restore(self) -> None:
        """Open the groups that were open; new ones are."""
        self._hovered = QModelIndex()
        closed = self._closed()
        self._following = True
        for group in self._layers.groups():
            self.setExpanded(self._layers.index_of(group), group not in closed)
        self._following = False
        self.follow()

    def _closed(self) -> list[str]:
        document = self._state.document
        kept = document.settings.get(CLOSED) if document is not None else None
        return [one for one in kept if isinstance(one, str)] if isinstance(kept, list) else []

    def _note_closed(self, index: QModelIndex, closed: bool) -> None:
        document = self._state.document
        if self._following or document is None:
            return
        here = set(self._layers.groups())
        kept = (set(self._closed()) & here) - {self._layers.node_id(index)}
        if closed:
            kept.add(self._layers.node_id(index))
        document.settings[CLOSED] = sorted(kept)

    # Painting

    def drawRow(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """The background from edge to edge, then the row."""
        row = QStyleOptionViewItem(option)
        row.rect = self.visualRect(index)
        line = row.rect.adjusted(-row.rect.left(), 0, 0, 0)
        selected = self.selectionModel().isSelected(index)
        if selected or index == self._hovered:
            painter.fillRect(line, color("acc_wash" if selected else "row_hover"))
        painter.fillRect(line.left(), line.top(), line.width(), 1, color("line"))
        row.state = QStyle.StateFlag.State_Enabled
        if selected:
            row.state |= QStyle.StateFlag.State_Selected
        self.itemDelegate().paint(painter, row, index)
        by_key = bool(option.state & QStyle.StateFlag.State_KeyboardFocusChange)
        if by_key and self.hasFocus() and index == self.currentIndex():
            painter.setPen(color("acc"))
            painter.drawRect(line.adjusted(1, 1, -2, -2))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Remember where it would be dropped."""
        self._aimed = event.position().toPoint()
        super().dragMoveEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, and over them where a drop would go: round a group, or between rows."""
        super().paintEvent(event)
        index = self.indexAt(self._aimed)
        if self.state() != QAbstractItemView.State.DraggingState or not index.isValid():
            return
        painter = QPainter(self.viewport())
        rect, line = self.visualRect(index), self._line(index)
        paint_drop_mark(painter, rect, line, self.dropIndicatorPosition())
        painter.end()

    def _hover(self, index: QModelIndex) -> None:
        if index != self._hovered:
            for one in (self._hovered, index):
                self.viewport().update(self._line(one))
            self._hovered = index

    def _line(self, index: QModelIndex) -> QRect:
        rect = self.visualRect(index)
        return rect.adjusted(-rect.left(), 0, 0, 0)

    # Pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Clicks on eye, chevron and mask act at once; others choose the row."""
        spot = event.position().toPoint()
        index = self.indexAt(spot)
        node = self._layers.node(index)
        self._taken = False
        if event.button() == Qt.MouseButton.LeftButton and node is not None:
            part = RowPlaces(node).part_at(spot - self.visualRect(index).topLeft())
            self._taken = self._act(node, index, part, event.modifiers(), spot)
            if self._taken:
                return
            super().mousePressEvent(event)
            if part == "picture" and not event.modifiers():
                self._state.show_mask(False)
                self._state.paint_on(node.id, mask=False)
            return
        super().mousePressEvent(event)

    def _act(
        self,
        node: Node,
        index: QModelIndex,
        part: str,
        keys: Qt.KeyboardModifier,
        spot: QPoint,
    ) -> bool:
        """What a click on a part of a row does; False where it only chooses the row."""
        if part == "eye":
            self._state.set_visible(node.id, not node.visible)
        elif part == "chevron":
            self.setExpanded(index, not self.isExpanded(index))
        elif part == "mask":
            self._click_mask(node.id, keys)
        elif keys & ALT:
            self._clip_at(index, spot)
        else:
            return False
        return True

    def _click_mask(self, node_id: str, keys: Qt.KeyboardModifier) -> None:
        state = self._state
        if keys & SHIFT:
            state.toggle_mask(node_id)
            return
        alone = state.active == node_id and state.shows_mask
        state.paint_on(node_id, mask=True)
        state.show_mask(bool(keys & ALT) and not alone)

    def _clip_at(self, index: QModelIndex, spot: QPoint) -> None:
        """Clip the row above the line between two rows that was clicked."""
        rect = self.visualRect(index)
        if rect.bottom() - spot.y() < EDGE:
            self._state.toggle_clipping(self._layers.node_id(index))
        elif spot.y() - rect.top() < EDGE:
            above = index.siblingAtRow(index.row() - 1)
            if self._layers.node(above) is not None:
                self._state.toggle_clipping(self._layers.node_id(above))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the row under the pointer; a press that has acted drags nothing."""
        self._hover(self.indexAt(event.position().toPoint()))
        if not self._taken:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a press."""
        if not self._taken:
            super().mouseReleaseEvent(event)
        self._taken = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second click on a part acts once more; on the name it renames."""
        spot = event.position().toPoint()
        index = self.indexAt(spot)
        node = self._layers.node(index)
        if node and RowPlaces(node).part_at(spot - self.visualRect(index).topLeft()):
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the pointer any more."""
        self._hover(QModelIndex())
        super().leaveEvent(event)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Space act on the chosen layers."""
        node = self._state.node
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._state.remove_layers()
        elif event.key() == Qt.Key.Key_Space and node is not None:
            self._state.set_visible(node.id, not node.visible)
        else:
            super().keyPressEvent(event)

    def node_id_at(self, at: QPoint) -> str:
        """The node of the row at a point, empty when there is none."""
        node = self._layers.node(self.indexAt(at))
        return node.id if node is not None else ""

    def rename(self) -> None:
        """Let the active layer be renamed in place."""
        index = self._layers.index_of(self._state.active)
        if index.isValid():
            self.scrollTo(index)
            self.edit(index)
