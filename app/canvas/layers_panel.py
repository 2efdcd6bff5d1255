"""The Layers panel: the list, opacity of the selected layer, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu

from app.canvas.layer_list import LayerDelegate, LayerModel
from app.i18n import bind, tr
from app.theme import icons
from app.widgets.buttons import tool_button
from app.widgets.fields import FieldRow, ValueSlider
from app.widgets.panel import Panel

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

# Changes of the opacity that follow each other this closely are one undo step.
JOIN_MS = 700


class LayersPanel(Panel):
    """Layers from top to bottom. Drag to reorder, double-click to rename."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__("Layers", count=True, collapsible=False)
        self._state = state
        self.model = LayerModel(state)
        self._joining = QTimer(self, interval=JOIN_MS, singleShot=True)
        self._add_buttons()
        self.opacity = ValueSlider(0, 100, 1, 0, unit="%", field_width=58)
        self.opacity.set_default(100)
        self.opacity.changed.connect(self._set_opacity)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.opacity_row = FieldRow("Opacity", self.opacity, label_width=64)
        self.body.addWidget(self.opacity_row)
        self.body.setStretchFactor(self.opacity_row, 0)
        self.list = LayerList(self.model, state)
        self.body.addWidget(self.list, 1)
        state.layers_changed.connect(self.refresh)
        self.model.modelReset.connect(self.refresh)
        self.refresh()

    def _add_buttons(self) -> None:
        state = self._state
        self.add = tool_button("plus", "Add a layer", self._add, dense=True)
        self.duplicate = tool_button(
            "copy", "Duplicate the layer", self.duplicate_layer, dense=True, shortcut="Ctrl+J"
        )
        self.up = tool_button("arrow-up", "Move up", lambda: state.raise_layer(1), dense=True)
        self.down = tool_button(
            "arrow-down", "Move down", lambda: state.raise_layer(-1), dense=True
        )
        self.delete = tool_button("trash-2", "Delete the layer", state.remove_layer, dense=True)
        for made in (self.add, self.duplicate, self.up, self.down, self.delete):
            self.add_action(made)

    def _add(self) -> None:
        count = len(self._state.document.layers) if self._state.document else 0
        self._state.add_layer(tr("Layer {n}", n=count + 1))

    def duplicate_layer(self) -> None:
        """Put a copy of the selected layer above it."""
        layer = self._state.layer
        if layer is not None:
            self._state.duplicate_layer(tr("{name} copy", name=layer.name))

    def _set_opacity(self, value: float) -> None:
        joined = self._joining.isActive()
        self._joining.start()
        self._state.set_opacity(value / 100, continuing=joined)

    def refresh(self) -> None:
        """Follow the document."""
        document, layer = self._state.document, self._state.layer
        self.set_count(len(document.layers) if document is not None else None)
        for control in (self.duplicate, self.delete, self.opacity):
            control.setEnabled(layer is not None)
        self.opacity_row.setVisible(layer is not None)
        self.add.setEnabled(document is not None)
        place = document.index(layer.id) if document is not None and layer is not None else 0
        self.up.setEnabled(
            layer is not None and document is not None and place < len(document.layers) - 1
        )
        self.down.setEnabled(layer is not None and place > 0)
        if layer is not None:
            self.opacity.set_value(layer.opacity * 100)
        self.list.follow()


class LayerList(QListView):
    """The rows. One tab stop; Delete removes, F2 renames, Space shows or hides."""

    def __init__(self, model: LayerModel, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self._layers = model
        self.setModel(model)
        self.setItemDelegate(LayerDelegate(state, self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.show_menu)
        self.viewport().setAutoFillBackground(False)
        self.setProperty("surface", "none")
        bind(self.setAccessibleName, "Layers")
        self.selectionModel().currentChanged.connect(self._chosen)

    def follow(self) -> None:
        """Mark the row of the selected layer."""
        row = self._layers.row_of(self._state.active) if self._state.active else -1
        if row >= 0 and self.currentIndex().row() != row:
            self.selectionModel().blockSignals(True)
            self.setCurrentIndex(self._layers.index(row))
            self.selectionModel().blockSignals(False)
        self.viewport().update()

    def _chosen(self, index: QModelIndex) -> None:
        layer = self._layers.layer(index)
        if layer is not None:
            self._state.set_active(layer.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete and Space act on the selected layer."""
        layer = self._state.layer
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._state.remove_layer()
        elif event.key() == Qt.Key.Key_Space and layer is not None:
            self._state.set_visible(layer.id, not layer.visible)
        else:
            super().keyPressEvent(event)

    def show_menu(self, at: QPoint) -> None:
        """What can be done with the layer under the pointer."""
        index = self.indexAt(at)
        layer = self._layers.layer(index)
        if layer is None:
            return
        self._state.set_active(layer.id)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icons.icon("pencil", 14), tr("Rename"), lambda: self.edit(index))
        shown = tr("Hide layer") if layer.visible else tr("Show layer")
        menu.addAction(
            icons.icon("eye", 14),
            shown,
            lambda: self._state.set_visible(layer.id, not layer.visible),
        )
        merge = menu.addAction(
            icons.icon("arrow-down", 14), tr("Merge down"), self._state.merge_down
        )
        merge.setEnabled(self._state.can_merge())
        menu.addAction(icons.icon("trash-2", 14), tr("Delete"), self._state.remove_layer)
        menu.popup(self.viewport().mapToGlobal(at))
