"""What a user does with the layers of the open document, told to the views that follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from app.canvas.document_state import DocumentState
from app.i18n import tr
from engine.canvas.blending import MODES, NORMAL
from engine.canvas.layer import Group
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

PASS_THROUGH = "pass_through"


class LayersState(DocumentState):
    """Layers, groups and masks. What cannot be done is told by ``refused``."""

    # Adding and removing

    def add_layer(
        self,
        name: str,
        pixels: np.ndarray | None = None,
        at: QPoint | None = None,
        source: str = "",
    ) -> None:
        """Put a layer above the active one: empty, or a picture of ``source`` at ``at``."""
        if self.document is None:
            return
        x, y = (at.x(), at.y()) if at is not None else (0, 0)
        layer = self.document.add_layer(name, pixels, x=x, y=y, above=self.active, source=source)
        self._activate(layer.id)
        self._changed(layer.bounds)

    def add_group(self, group: Group) -> None:
        """Put a group of layers that belongs to no document above the active layer."""
        if self.document is None:
            return
        self.document.add_nodes([group], above=self.active, what="Place document")
        self._activate(group.id)
        self._changed(group.bounds)

    def duplicate_layers(self) -> None:
        """Put a copy of each chosen node above it."""
        document, chosen = self.document, self.chosen
        if document is None or not chosen:
            return
        names = {one: tr("{name} copy", name=document.node(one).name) for one in chosen}
        copies = document.duplicate_nodes(names)
        area = copies[0].bounds
        for copy in copies:
            area = area.united(copy.bounds)
        self._activate(copies[-1].id)
        self._chosen = tuple(copy.id for copy in copies)
        self._changed(area)

    def remove_layers(self) -> None:
        """Take the chosen nodes out; the one below is chosen."""
        document, chosen = self.document, self.chosen
        if document is None or not chosen:
            return
        parent, place = document.group_of(chosen[0]), document.index(chosen[0])
        if self._attempt(lambda it: it.remove_nodes(chosen)) is None:
            return
        left = parent.children
        if not left and parent is not document.root:
            self.set_active(parent.id)
        elif left:
            self.set_active(left[max(0, min(place, len(left)) - 1)].id)

    # Groups and order

    def group_layers(self) -> None:
        """Put the chosen nodes into a group of their own."""
        document, chosen = self.document, self.chosen
        if document is None or not chosen:
            return
        count = sum(isinstance(node, Group) for node in document.nodes())
        try:
            group = document.group_nodes(chosen, tr("Group {n}", n=count + 1))
        except BadInputError as error:
            self.refused.emit(error)
            return
        self._activate(group.id)
        self._changed(group.bounds)

    def ungroup_layers(self) -> None:
        """Put what the active group holds in its place; its layers are chosen."""
        group = self.node
        if not isinstance(group, Group):
            return
        freed = [child.id for child in group.children]
        if self._attempt(lambda it: it.ungroup(group.id)) is not None and freed:
            self.choose(freed, freed[-1])

    def place_nodes(self, node_ids: Sequence[str], index: int, group_id: str = "") -> bool:
        """Put nodes at place ``index`` (0 at the bottom) of a group or of the root."""
        return self._attempt(lambda it: it.place_nodes(node_ids, index, group_id)) is not None

    def raise_layer(self, by: int) -> None:
        """Move the active node up (1) or down (-1) in its group."""
        if self.document is None or self.node is None:
            return
        place = self.document.index(self.active) + by
        if 0 <= place < len(self.document.group_of(self.active).children):
            self._attempt(lambda it: it.reorder_layer(self.active, place))

    def step_active(self, by: int) -> None:
        """Choose the next node above (1) or below (-1)."""
        nodes = [node.id for node in self.document.nodes()] if self.document is not None else []
        if self.active in nodes:
            self.set_active(nodes[min(max(0, nodes.index(self.active) + by), len(nodes) - 1)])

    # Merging

    def merge_down(self) -> None:
        """Make one layer of the chosen nodes; of one the layer with the one below it, of a group
        all that it holds.
        """
        chosen = self.chosen
        if len(chosen) > 1:
            change = self._attempt(lambda it: it.merge_nodes(chosen))
            if change is not None:
                self.set_active(change.layer_id)
        elif isinstance(self.node, Group):
            self._merge("merge_group")
        else:
            self._merge("merge_down")

    def flatten_group(self) -> None:
        """Make one layer of the active group with its mask and opacity in the pixels."""
        self._merge("flatten_group")

    def merge_visible(self) -> None:
        """Put a layer on top that shows all that is visible."""
        if self.document is not None:
            merged = self.document.merge_visible(tr("Merged layers"))
            self._activate(merged.id)
            self._changed(merged.bounds)

    def _merge(self, operation: str) -> None:
        change = self._attempt(lambda it: getattr(it, operation)(self.active))
        if change is not None:
            self.set_active(change.layer_id)

    def can_merge(self) -> bool:
        """Whether there are several layers, one below the active one, or a group to merge."""
        document, node = self.document, self.node
        if document is None or node is None:
            return False
        several = len(self._chosen) > 1 and len(self.chosen) > 1
        return several or isinstance(node, Group) or document.index(node.id) > 0

    def has_group(self) -> bool:
        """Whether a group is active."""
        return isinstance(self.node, Group)

    # Looks

    def rename_layer(self, node_id: str, name: str) -> None:
        """Give a node another name; an empty one is ignored."""
        if name.strip():
            self._attempt(lambda it: it.rename_layer(node_id, name.strip()))

    def set_visible(self, node_id: str, visible: bool) -> None:
        """Show or hide a node; one of several chosen ones takes the others along."""
        chosen = self.chosen_ids
        together = chosen if node_id in chosen else (node_id,)
        self._attempt(lambda it: it.show_nodes(together, visible))

    def set_opacity(self, opacity: float, *, continuing: bool = False) -> None:
        """Set the active node's opacity, 0 to 1; ``continuing`` while a slider is dragged."""
        if self.node is not None:
            self._attempt(lambda it: it.set_opacity(self.active, opacity, continuing=continuing))

    @property
    def mode(self) -> str:
        """The active node's blend mode; :data:`PASS_THROUGH` for a group that has none."""
        node = self.node
        if node is None:
            return NORMAL
        return PASS_THROUGH if isinstance(node, Group) and node.passes_through else node.mode

    def set_mode(self, mode: str) -> None:
        """Set the active node's blend mode; groups can also pass through."""
        node = self.node
        if node is None or mode == self.mode:
            return
        if isinstance(node, Group) and mode in (NORMAL, PASS_THROUGH):
            self._attempt(lambda it: it.set_passing(node.id, mode == PASS_THROUGH))
        else:
            self._attempt(lambda it: it.set_mode(node.id, mode))

    def step_mode(self, by: int) -> None:
        """Take the next blend mode in the order of the menu, or the one before (-1)."""
        modes = list(MODES)
        if isinstance(self.node, Group):
            modes.insert(0, PASS_THROUGH)
        if self.node is not None:
            self.set_mode(modes[(modes.index(self.mode) + by) % len(modes)])

    def set_locked(self, locked: bool) -> None:
        """Protect the active node from changes, or free it."""
        if self.node is not None:
            self._attempt(lambda it: it.set_locked(self.active, locked))

    def set_alpha_locked(self, locked: bool) -> None:
        """Let painting on the active layer change only colors, or free that."""
        if self.layer is not None:
            self._attempt(lambda it: it.set_alpha_locked(self.active, locked))

    def toggle_clipping(self, node_id: str = "") -> None:
        """Clip a node, or the active one, to the one below it, or free it."""
        if self.document is None or not self.can_clip(node_id):
            return
        node = self.document.node(node_id or self.active)
        self._attempt(lambda it: it.set_clipping(node.id, not node.clipping))

    def can_clip(self, node_id: str = "") -> bool:
        """Whether there is something below a node that it can be clipped to."""
        document, wanted = self.document, node_id or self.active
        if document is None or (not node_id and self.node is None):
            return False
        return document.index(wanted) > 0 or document.node(wanted).clipping

    # Masks

    def add_mask(self) -> None:
        """Give the active node a mask that shows the selection, or all; it is painted next."""
        document, node = self.document, self.node
        if document is None or node is None or node.mask is not None:
            return
        if self._attempt(lambda it: it.add_mask(node.id, document.selection)) is not None:
            self.paint_on(node.id, mask=True)

    def has_mask(self) -> bool:
        """Whether the active node has a mask."""
        return self.node is not None and self.node.mask is not None

    def remove_mask(self) -> None:
        """Take the active node's mask away."""
        self._on_active_mask("remove_mask")

    def invert_mask(self) -> None:
        """Let the active node's mask show what it hid."""
        self._on_active_mask("invert_mask")

    def apply_mask(self) -> None:
        """Work the active layer's mask into its pixels."""
        self._on_active_mask("apply_mask")

    def toggle_mask(self, node_id: str) -> None:
        """Let the mask of a node act, or show the node without it."""
        if self.document is not None:
            mask = self.document.node(node_id).mask
            if mask is not None:
                self._attempt(lambda it: it.enable_mask(node_id, not mask.enabled))

    def _on_active_mask(self, operation: str) -> None:
        if self.has_mask():
            self.show_mask(False)
            self._attempt(lambda it: getattr(it, operation)(self.active))

    # Filling

    def clear_selection_pixels(self) -> None:
        """Make the selection, or the whole active layer, transparent; a painted mask hides it."""
        if self.paints_mask:
            self._attempt(lambda it: it.fill_mask(self.active, 0))
        elif self.node is not None:
            self._attempt(lambda it: it.clear(self.active))

    def fill_selection(self) -> None:
        """Fill the selection, or the whole active layer or painted mask, with the color."""
        red, green, blue = self.color.red(), self.color.green(), self.color.blue()
        if self.paints_mask:
            gray = round(0.3 * red + 0.59 * green + 0.11 * blue)
            self._attempt(lambda it: it.fill_mask(self.active, gray))
        elif self.node is not None:
            self._attempt(lambda it: it.fill(self.active, (red, green, blue)))
