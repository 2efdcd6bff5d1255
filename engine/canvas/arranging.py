"""Operations on the layers of a document: add, group, order, merge, and what each looks like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.canvas import composite as compositing
from engine.canvas.blending import MODES, NORMAL
from engine.canvas.history import Change, Edit, FieldEdit
from engine.canvas.layer import Group, Layer, Node, layer_of, shared_copy
from engine.canvas.masking import Masking
from engine.canvas.raster import as_rgba
from engine.canvas.rect import EMPTY
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError


class Arranging(Masking):
    """Every operation can be undone and gives the change it made, or the node it made."""

    # Adding and removing

    def add_layer(
        self,
        name: str,
        pixels: np.ndarray | None = None,
        *,
        x: int = 0,
        y: int = 0,
        above: str = "",
        recipe: dict[str, Any] | None = None,
        source: str = "",
        what: str = "Add layer",
    ) -> Layer:
        """Put a layer above the node ``above``, or on top; transparent when no ``pixels``."""
        layer = Layer(name=name, x=x, y=y, recipe=recipe, source=source)
        if pixels is not None:
            layer.tiles = Tiles.from_array(as_rgba(pixels))
        self._put([layer], above, what)
        return layer

    def add_nodes(self, nodes: Sequence[Node], *, above: str = "", what: str = "Paste") -> Change:
        """Put nodes that belong to no document above the node ``above``, or on top."""
        return self._put(nodes, above, what)

    def ungroup(self, group_id: str) -> Change:
        """Put what a group holds in its place. Raises BadInputError for a layer."""
        group = self._unlocked(group_id)
        if not isinstance(group, Group):
            raise BadInputError("{name} is not a group.", name=group.name)
        parent, place = self.group_of(group_id), self.index(group_id)
        rest = [*parent.children[:place], *group.children, *parent.children[place + 1 :]]
        chosen = group.children[-1].id if group.children else ""
        return self._restack([(parent, rest)], "Ungroup layers", chosen)

    # Merging

    def merge_down(self, node_id: str) -> Change:
        """Make one layer of this node and the one below it in its group; one step.

        It keeps the name of the lower one, and its mode where that is not Normal. Raises
        BadInputError at the bottom, and when either is locked.
        """
        place, parent = self.index(node_id), self.group_of(node_id)
        if place == 0:
            raise BadInputError("There is no layer below to merge with.")
        lower, upper = self._unlocked(parent.children[place - 1].id), self._unlocked(node_id)
        base = shared_copy(lower)
        base.clipping = False
        kept: dict[str, Any] = {"clipping": lower.clipping}
        if lower.mode != NORMAL:
            kept |= {"mode": lower.mode, "opacity": lower.opacity}
            base.mode, base.opacity = NORMAL, 1.0
        merged = self._flattened([base, upper], lower.name, **kept)
        rest = [*parent.children[: place - 1], merged, *parent.children[place + 1 :]]
        return self._restack([(parent, rest)], "Merge layers", merged.id)

    def merge_group(self, group_id: str) -> Change:
        """Make one layer of a group, with the group's mode, opacity and mask."""
        group = self._unlocked(group_id)
        if not isinstance(group, Group):
            raise BadInputError("{name} is not a group.", name=group.name)
        kept = {name: getattr(group, name) for name in ("opacity", "visible", "clipping", "mask")}
        merged = self._flattened(group.children, group.name, mode=group.mode, **kept)
        return self._instead(group, merged, "Merge layers")

    def flatten_group(self, group_id: str) -> Change:
        """Make one layer of a group, with its mask and opacity worked into the pixels."""
        group = self._unlocked(group_id)
        if not isinstance(group, Group):
            raise BadInputError("{name} is not a group.", name=group.name)
        whole = shared_copy(group)
        whole.mode, whole.visible, whole.clipping = NORMAL, True, False
        kept = {name: getattr(group, name) for name in ("mode", "visible", "clipping")}
        return self._instead(group, self._flattened([whole], group.name, **kept), "Flatten group")

    def _instead(self, node: Node, other: Node, what: str) -> Change:
        parent, place = self.group_of(node.id), self.index(node.id)
        rest = [*parent.children[:place], other, *parent.children[place + 1 :]]
        return self._restack([(parent, rest)], what, other.id)

    def merge_visible(self, name: str) -> Layer:
        """Put a layer on top that shows all that is visible."""
        merged = self._flattened(self.root.children, name)
        self._put([merged], "", "Merge visible")
        return merged

    # Order and place

    def reorder_layer(self, node_id: str, index: int, group_id: str | None = None) -> Change:
        """Move a node to place ``index`` of its group, 0 at the bottom, or of another group.

        ``group_id`` is empty for the root. Raises BadInputError for a group into itself.
        """
        node, parent = self.node(node_id), self.group_of(node_id)
        target = parent if group_id is None else self._group(group_id)
        inside = isinstance(node, Group) and (target is node or target in node.walk())
        if inside:
            raise BadInputError("A group cannot be put into itself.")
        left = [child for child in parent.children if child is not node]
        rest = left if target is parent else list(target.children)
        index = min(max(0, index), len(rest))
        placed = [*rest[:index], node, *rest[index:]]
        stacks = [(target, placed)] if target is parent else [(parent, left), (target, placed)]
        return self._restack(stacks, "Reorder layers", node_id)

    # Looks

    def rename_layer(self, node_id: str, name: str) -> Change:
        """Give a node another name."""
        return self._alter(node_id, "Rename layer", name=name)

    def set_visible(self, node_id: str, visible: bool) -> Change:
        """Show or hide a node."""
        return self._alter(node_id, "Show or hide layer", visible=bool(visible))

    def set_locked(self, node_id: str, locked: bool) -> Change:
        """Protect a node from painting, moving and removal, or free it."""
        return self._alter(node_id, "Lock or unlock layer", locked=bool(locked))

    def set_alpha_locked(self, layer_id: str, locked: bool) -> Change:
        """Let painting change only colors and not what is transparent, or free that."""
        self.layer(layer_id)
        return self._alter(layer_id, "Lock transparency", alpha_locked=bool(locked))

    def set_opacity(self, node_id: str, opacity: float, *, continuing: bool = False) -> Change:
        """Set the opacity, 0..1. ``continuing`` joins it to the step before (a dragged slider)."""
        opacity = min(1.0, max(0.0, float(opacity)))
        return self._alter(node_id, "Layer opacity", continuing, opacity=opacity)

    def set_mode(self, node_id: str, mode: str) -> Change:
        """Set the blend mode, a key of :data:`engine.canvas.blending.MODES`.

        A group with a mode other than Normal no longer passes through.
        """
        if mode not in MODES:
            raise BadInputError("There is no blend mode {name}.", name=mode)
        values: dict[str, Any] = {"mode": mode}
        if isinstance(self.node(node_id), Group) and mode != NORMAL:
            values["passes_through"] = False
        return self._alter(node_id, "Blend mode", **values)

    def set_passing(self, group_id: str, passes_through: bool) -> Change:
        """Let a group's layers blend with what lies under the group, or only with each other."""
        self._group(group_id)
        return self._alter(group_id, "Blend mode", mode=NORMAL, passes_through=bool(passes_through))

    def set_clipping(self, node_id: str, clipping: bool) -> Change:
        """Show a node only where the one below it has pixels, or everywhere."""
        return self._alter(node_id, "Clip to layer below", clipping=bool(clipping))

    # How it is done

    def _group(self, group_id: str) -> Group:
        node = self.node(group_id) if group_id else self.root
        if not isinstance(node, Group):
            raise BadInputError("{name} is not a group.", name=node.name)
        return node

    def _put(self, nodes: Sequence[Node], above: str, what: str) -> Change:
        parent = self.group_of(above) if above else self.root
        place = self.index(above) + 1 if above else len(parent.children)
        rest = [*parent.children[:place], *nodes, *parent.children[place:]]
        return self._restack([(parent, rest)], what, nodes[-1].id)

    def _flattened(self, nodes: Sequence[Node], name: str, **values: Any) -> Layer:
        """One layer that looks as ``nodes`` do over nothing."""
        area = EMPTY
        for node in nodes:
            area = area.united(node.bounds)
        pixels = compositing.composite(nodes, area)
        return layer_of(name, pixels, area.x, area.y, **values)


def moves(nodes: Iterable[Node], dx: int, dy: int) -> list[Edit]:
    """The edits that move each of ``nodes``, with its mask but without what a group holds."""
    edits: list[Edit] = []
    for node in nodes:
        values: dict[str, Any] = {}
        if isinstance(node, Layer):
            values |= {"x": node.x + dx, "y": node.y + dy}
        if node.mask is not None:
            values["mask"] = replace(node.mask, x=node.mask.x + dx, y=node.mask.y + dy)
        if values:
            edits.append(FieldEdit(node.id, values, cost=0))
    return edits
