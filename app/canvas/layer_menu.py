"""The menu of a row of the layer list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from app.i18n import tr
from app.theme import icons
from app.widgets.buttons import shortcut_text
from engine.canvas.layer import Group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.actions import Action
    from app.canvas.layer_list import LayerList
    from app.canvas.model import CanvasState

# Groups of actions with their short names here; what cannot be done with a row is left out.
LAYER_MENU = (
    (("canvas.rename_layer", "Rename"), ("canvas.duplicate", "Duplicate"),
     ("canvas.delete_layer", "Delete")),
    (("canvas.again", "Again from this layer"),),
    (("canvas.group", "Group layers"), ("canvas.ungroup", "Ungroup layers")),
    (("canvas.add_mask", "Add mask"), ("canvas.invert_mask", "Invert mask"),
     ("canvas.apply_mask", "Apply mask"), ("canvas.delete_mask", "Delete mask")),
    (("canvas.merge", "Merge down"), ("canvas.flatten_group", "Flatten group"),
     ("canvas.merge_visible", "Merge visible")),
    (("canvas.copy", "Copy"), ("canvas.edit_outside", "Edit in another program"),
     ("canvas.edit_outside_psd", "Edit as PSD")),
)  # fmt: skip
# What "Merge down" is called for several rows, and for a group.
MERGES = ("Merge layers", "Merge group")
_ONLY_WHEN_POSSIBLE = (
    "canvas.again",
    "canvas.ungroup",
    "canvas.add_mask",
    "canvas.invert_mask",
    "canvas.apply_mask",
    "canvas.delete_mask",
    "canvas.flatten_group",
    "canvas.copy",
    "canvas.edit_outside",
    "canvas.edit_outside_psd",
)


class LayerMenu:
    """Built anew each time it is opened. ``known`` are the actions by their name."""

    def __init__(self, state: CanvasState, rows: LayerList, known: dict[str, Action]) -> None:
        self._state, self._rows, self._known = state, rows, known
        rows.customContextMenuRequested.connect(self.open)

    def open(self, at: QPoint) -> None:
        """Offer what can be done with the row at ``at``, or with all chosen ones."""
        node_id = self._rows.node_id_at(at)
        if not node_id:
            return
        if node_id not in self._state.chosen_ids:
            self._state.set_active(node_id)
        self.menu = QMenu(self._rows)
        self.menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for number, group in enumerate(LAYER_MENU):
            if any(self._offered(name) for name, _ in group) and number:
                self.menu.addSeparator()
            for name, text in group:
                self._offer(name, text)
            if number == 2:
                self._add_locks()
            if number == 3:
                self._add_mask_switch()
        self.menu.popup(self._rows.viewport().mapToGlobal(at))

    def know(self, actions: Iterable[Action]) -> None:
        """Offer these too where the menu names them."""
        self._known |= {one.id: one for one in actions}

    def _offered(self, name: str) -> bool:
        action = self._known.get(name)
        return action is not None and (name not in _ONLY_WHEN_POSSIBLE or action.enabled())

    def _offer(self, name: str, text: str) -> None:
        if not self._offered(name):
            return
        action = self._known[name]
        if name == "canvas.merge" and len(self._state.chosen) > 1:
            text = MERGES[0]
        elif name == "canvas.merge" and isinstance(self._state.node, Group):
            text = MERGES[1]
        keys = shortcut_text(action.shortcut)
        entry = self.menu.addAction(f"{tr(text)}\t{keys}" if keys else tr(text))
        entry.setIcon(icons.icon(action.icon, 14))
        entry.setEnabled(action.enabled())
        entry.triggered.connect(partial(_run, action.run))

    def _add_locks(self) -> None:
        state, node = self._state, self._state.node
        if node is None:
            return
        self.menu.addSeparator()
        keys = shortcut_text(self._known["canvas.clip"].shortcut)
        clip = f"{tr('Clip to layer below')}\t{keys}"
        self._switch(clip, node.clipping, state.toggle_clipping, state.can_clip())
        layer = state.layer
        if layer is not None:
            pinned = layer.alpha_locked
            lock = partial(state.set_alpha_locked, not pinned)
            self._switch(tr("Lock transparency"), pinned, lock)
        self._switch(tr("Lock"), node.locked, partial(state.set_locked, not node.locked))

    def _add_mask_switch(self) -> None:
        node = self._state.node
        if node is not None and node.mask is not None:
            act = partial(self._state.toggle_mask, node.id)
            self._switch(tr("Mask acts"), node.mask.enabled, act)

    def _switch(self, text: str, on: bool, act: Callable[[], object], enabled: bool = True) -> None:
        entry = self.menu.addAction(text)
        entry.setCheckable(True)
        entry.setChecked(on)
        entry.setEnabled(enabled)
        entry.triggered.connect(partial(_run, act))


def _run(act: Callable[[], object], _checked: bool = False) -> None:
    act()
