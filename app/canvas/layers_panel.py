"""The Layers panel: the list, and mode, opacity and locks of the active layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.canvas.layer_actions import add_layer, layer_actions
from app.canvas.layer_list import LayerList
from app.canvas.layer_menu import LayerMenu
from app.canvas.layer_tree import LayerTree
from app.canvas.mode_choice import ModeChoice
from app.i18n import bind
from app.keymap import key_of
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import ValueSlider
from app.widgets.panel import Panel
from engine.canvas.layer import Group

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

# Changes of the opacity that follow each other this closely are one undo step.
JOIN_MS = 700
MODE_WIDTH = 114


class LayersPanel(Panel):
    """Layers from top to bottom. Drag to reorder or into a group, double-click to rename."""

    snapshot_asked = Signal()

    def __init__(self, state: CanvasState) -> None:
        super().__init__("Layers", count=True, collapsible=False)
        self._state = state
        self.model = LayerTree(state)
        self.commands = layer_actions(state, self)
        self._joining = QTimer(self, interval=JOIN_MS, singleShot=True)
        self.other = button("History", kind="quiet")
        self.header.row.insertWidget(1, self.other)
        self._add_buttons()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.looks = self._looks_row()
        self.body.addWidget(self.looks)
        self.list = LayerList(self.model, state)
        self.menu = LayerMenu(state, self.list, {one.id: one for one in self.commands})
        self.body.addWidget(self.list, 1)
        state.layers_changed.connect(self.refresh)
        self.refresh()

    def _add_buttons(self) -> None:
        state = self._state
        self.add = tool_button(
            "plus",
            "Add a layer",
            lambda: add_layer(state),
            dense=True,
            shortcut=key_of("canvas.add_layer"),
        )
        self.group = tool_button(
            "folder-plus",
            "Group the layers",
            state.group_layers,
            dense=True,
            shortcut=key_of("canvas.group"),
        )
        self.mask_button = tool_button(
            "square-round-corner", "Add a mask", state.add_mask, dense=True
        )
        self.delete = tool_button("trash-2", "Delete the layer", state.remove_layers, dense=True)
        for made in (self.add, self.group, self.mask_button, self.delete):
            self.add_action(made)

    def _looks_row(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        row.setSpacing(6)  # with less than GAP all fits into the narrow column
        self.mode = ModeChoice()
        self.mode.setFixedWidth(MODE_WIDTH)
        self.mode.changed.connect(lambda mode: self._state.set_mode(str(mode)))
        bind(self.mode.setAccessibleName, "Blend mode")
        self.opacity = ValueSlider(0, 100, 1, 0, unit="%", field_width=54)
        self.opacity.set_default(100)
        self.opacity.changed.connect(self._set_opacity)
        bind(self.opacity.setAccessibleName, "Opacity")
        self.alpha_lock = tool_button("grid-2x2", "Lock transparency", checkable=True, dense=True)
        self.alpha_lock.clicked.connect(self._state.set_alpha_locked)
        self.lock = tool_button("lock", "Lock", checkable=True, dense=True)
        self.lock.clicked.connect(self._state.set_locked)
        row.addWidget(self.mode)
        row.addWidget(self.opacity, 1)
        locks = QHBoxLayout()
        locks.setSpacing(metrics.GAP_ICONS)
        locks.addWidget(self.alpha_lock)
        locks.addWidget(self.lock)
        row.addLayout(locks)
        return box

    def rename(self) -> None:
        """Let the active layer be renamed in place."""
        self.list.rename()

    def take_snapshot(self) -> None:
        """Ask for a snapshot of the present state."""
        self.snapshot_asked.emit()

    def _set_opacity(self, value: float) -> None:
        joined = self._joining.isActive()
        self._joining.start()
        self._state.set_opacity(value / 100, continuing=joined)

    def refresh(self) -> None:
        """Follow the document."""
        state = self._state
        document, node = state.document, state.node
        self.set_count(len(document.layers) if document is not None else None)
        self.add.setEnabled(document is not None)
        self.looks.setVisible(node is not None)
        self.mask_button.setEnabled(node is not None and node.mask is None)
        for control in (self.group, self.delete):
            control.setEnabled(node is not None)
        if node is not None:
            self.mode.offer(groups=isinstance(node, Group))
            self.mode.set_value(state.mode)
            self.opacity.set_value(node.opacity * 100)
            self.lock.setChecked(node.locked)
            layer = state.layer
            self.alpha_lock.setEnabled(layer is not None)
            self.alpha_lock.setChecked(layer is not None and layer.alpha_locked)
        self.list.follow()
