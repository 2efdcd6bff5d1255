"""Operations on several layers and groups at once, each one step."""

from __future__ import annotations

from collections.abc import Sequence

from engine.canvas.arranging import Arranging, moves
from engine.canvas.history import Change, Edit, FieldEdit, Together
from engine.canvas.layer import Group, Node, duplicated, shared_copy
from engine.runtime.errors import BadInputError

Stacks = list[tuple[Group, list[Node]]]


class Several(Arranging):
    """Nodes are named in any order; what lies in a named group goes along with it."""

    def gathered(self, node_ids: Sequence[str]) -> list[Node]:
        """The named nodes, bottom first, without those that lie in a named group."""
        wanted = set(node_ids)
        found: list[Node] = []
        waiting = list(self.root.children)
        while waiting:
            node = waiting.pop(0)
            if node.id in wanted:
                found.append(node)
            elif isinstance(node, Group):
                waiting[:0] = node.children
        return found

    def group_nodes(self, node_ids: Sequence[str], name: str) -> Group:
        """Put nodes into a new group, at the place of the topmost of them."""
        chosen = self._movable(node_ids)
        top = chosen[-1].id
        group = Group(name=name, children=chosen)
        stacks = self._placed(chosen, self.group_of(top), self.index(top) + 1, [group])
        self._restack(stacks, "Group layers", group.id)
        return group

    def remove_nodes(self, node_ids: Sequence[str]) -> Change:
        """Take nodes out."""
        chosen = self._movable(node_ids)
        stacks = self._placed(chosen, self.root, 0, [])
        return self._restack(stacks, "Remove layer", chosen[-1].id)

    def duplicate_nodes(self, names: dict[str, str]) -> list[Node]:
        """Put a copy of each node above it, called as ``names`` says; gives the copies."""
        stacks: Stacks = []
        copies: list[Node] = []
        for group in self._groups():
            children: list[Node] = []
            for node in group.children:
                children.append(node)
                if node.id in names:
                    copies.append(duplicated(node, names[node.id]))
                    children.append(copies[-1])
            if len(children) > len(group.children):
                stacks.append((group, children))
        self._restack(stacks, "Duplicate layer", copies[-1].id)
        return copies

    def duplicate_layer(self, node_id: str, name: str) -> Node:
        """Put a copy of a layer or group right above it."""
        return self.duplicate_nodes({node_id: name})[0]

    def remove_layer(self, node_id: str) -> Change:
        """Take a layer or group out."""
        return self.remove_nodes([node_id])

    def place_nodes(self, node_ids: Sequence[str], index: int, group_id: str = "") -> Change:
        """Put nodes, in their order, at place ``index`` (0 at the bottom) of a group or the root.

        Raises BadInputError for a group into itself.
        """
        chosen, target = self.gathered(node_ids), self._group(group_id)
        for node in chosen:
            if isinstance(node, Group) and (target is node or target in node.walk()):
                raise BadInputError("A group cannot be put into itself.")
        stacks = self._placed(chosen, target, index, chosen)
        return self._restack(stacks, "Reorder layers", chosen[-1].id)

    def merge_nodes(self, node_ids: Sequence[str]) -> Change:
        """Make one layer of several nodes, at the place and with the name of the topmost.

        What is hidden is left out. Between them, layers that are not named stay where they are.
        """
        chosen = self._movable(node_ids)
        top = chosen[-1]
        lowest = shared_copy(chosen[0])
        lowest.clipping = False
        merged = self._flattened([lowest, *chosen[1:]], top.name)
        stacks = self._placed(chosen, self.group_of(top.id), self.index(top.id) + 1, [merged])
        return self._restack(stacks, "Merge layers", merged.id)

    def show_nodes(self, node_ids: Sequence[str], visible: bool) -> Change:
        """Show or hide nodes."""
        edits: list[Edit] = [FieldEdit(one, {"visible": bool(visible)}) for one in node_ids]
        return self._do("Show or hide layer", Together(edits), node_ids[0])

    def move_nodes(
        self, node_ids: Sequence[str], dx: int, dy: int, *, continuing: bool = False
    ) -> Change:
        """Move layers with their masks, and all that groups hold, by whole pixels."""
        chosen = self._movable(node_ids)
        nodes = [
            one
            for node in chosen
            for one in (node, *(node.walk() if isinstance(node, Group) else ()))
        ]
        edit = Together(moves(nodes, dx, dy))
        return self._do("Move layer", edit, chosen[-1].id, join=continuing)

    def move_by(self, node_id: str, dx: int, dy: int, *, continuing: bool = False) -> Change:
        """Move one layer with its mask, or all that a group holds."""
        return self.move_nodes([node_id], dx, dy, continuing=continuing)

    def move_layer(self, layer_id: str, x: int, y: int, *, continuing: bool = False) -> Change:
        """Put a layer's origin at (x, y). ``continuing`` joins it to the step before (a drag)."""
        layer = self.layer(layer_id)
        return self.move_by(layer_id, int(x) - layer.x, int(y) - layer.y, continuing=continuing)

    def _movable(self, node_ids: Sequence[str]) -> list[Node]:
        chosen = self.gathered(node_ids)
        if not chosen:
            raise BadInputError("This layer is no longer in the document.")
        for node in chosen:
            self._unlocked(node.id)
        return chosen

    def _groups(self) -> list[Group]:
        return [self.root, *(node for node in self.nodes() if isinstance(node, Group))]

    def _placed(
        self, moving: Sequence[Node], target: Group, index: int, put: Sequence[Node]
    ) -> Stacks:
        """What groups hold when ``moving`` is taken out and ``put`` comes to ``index``."""
        gone = {id(node) for node in moving}
        stacks: Stacks = []
        for group in self._groups():
            rest = [node for node in group.children if id(node) not in gone]
            if group is target and put:
                below = sum(id(node) not in gone for node in group.children[: max(0, index)])
                rest[below:below] = put
            if rest != group.children:
                stacks.append((group, rest))
        return stacks
