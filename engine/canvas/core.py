"""What a document is: its size, its nodes, a selection, and how a change is done and undone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, cast

import numpy as np

from engine.canvas import composite as compositing
from engine.canvas.compositor import Compositor
from engine.canvas.history import Change, Edit, FieldEdit, History, StackEdit, Step, Together
from engine.canvas.layer import Group, Layer, Node, shared_copy
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from engine.canvas.document import Document
    from engine.canvas.snapshots import Snapshot

LARGEST_SIDE = 16384


class Guide(NamedTuple):
    """A line across the document: ``x`` or ``y`` is constant, at this pixel's near edge."""

    axis: Literal["x", "y"]
    at: int


class Core:
    """Nodes, bottom first, a selection and a history.

    ``selection`` is a raster of one channel or None for "no selection". ``guides`` are lines to
    lay things out by; they are not part of the picture. ``origin`` is where the top left lies from
    where it was when the document was opened. ``settings`` are plain values that are kept with the
    file (the last prompt, for example). ``encoded`` belongs to :mod:`engine.canvas.storage`. Not
    thread-safe: one thread at a time may change it.
    """

    def __init__(self, width: int, height: int, nodes: Sequence[Node] = ()) -> None:
        check_size(width, height)
        self.width = width
        self.height = height
        self.root = Group(name="", children=list(nodes))
        self.selection: Tiles | None = None
        self.guides: tuple[Guide, ...] = ()
        self.origin = (0, 0)
        self.settings: dict[str, Any] = {}
        self.snapshots: list[Snapshot] = []
        self.history = History()
        self.encoded: dict[int, Any] = {}
        self._compositor = Compositor()
        self._version = 0
        self._saved_version = 0

    # Reading

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def bounds(self) -> Rect:
        """The whole document."""
        return Rect(0, 0, self.width, self.height)

    @property
    def modified(self) -> bool:
        """Whether anything changed since the document was saved or opened."""
        return self._version != self._saved_version

    @property
    def version(self) -> int:
        """Counts every change, undo and redo included."""
        return self._version

    def mark_saved(self, version: int) -> None:
        """Note that the file on disk holds the state of ``version``."""
        self._saved_version = version

    def nodes(self) -> Iterator[Node]:
        """All layers and groups, bottom first, each group before what it holds."""
        return self.root.walk()

    @property
    def layers(self) -> list[Layer]:
        """All raster layers, in whatever group they are, bottom first."""
        return [node for node in self.nodes() if isinstance(node, Layer)]

    def node(self, node_id: str) -> Node:
        """The layer or group with this identifier, else BadInputError."""
        for node in self.nodes():
            if node.id == node_id:
                return node
        raise BadInputError("This layer is no longer in the document.", id=node_id)

    def layer(self, layer_id: str) -> Layer:
        """The raster layer with this identifier, else BadInputError."""
        node = self.node(layer_id)
        if not isinstance(node, Layer):
            raise BadInputError(
                "{name} is a group.", name=node.name, remedy="Choose one of its layers."
            )
        return node

    def group_of(self, node_id: str) -> Group:
        """The group that holds a node directly; the root for those in none."""
        for group in (self.root, *(node for node in self.nodes() if isinstance(node, Group))):
            if any(child.id == node_id for child in group.children):
                return group
        raise BadInputError("This layer is no longer in the document.", id=node_id)

    def index(self, node_id: str) -> int:
        """The place of a node in its group, 0 at the bottom."""
        return [child.id for child in self.group_of(node_id).children].index(node_id)

    def composite(self, rect: Rect | None = None, active: str = "", level: int = 0) -> np.ndarray:
        """Straight RGBA uint8 [h, w, 4] of ``rect`` or of all.

        With ``active`` (the identifier of a layer or group) what lies under and over it is kept for
        next time. ``level`` shrinks by two so many times; ``rect`` is in shrunk pixels.
        """
        rect = self.bounds if rect is None else rect
        if not active:
            return compositing.composite(self.root.children, rect, level)
        return self._compositor.composite(self.root.children, active, rect, level)

    def frozen(self) -> Self:
        """A copy of the present state for another thread, for example to save it.

        Pixels are shared until either side changes them, and what was encoded is shared, so that
        saving a copy spares the next save too. ``mark_saved(copy.version)`` tells of it.
        """
        self._settle()
        copy = type(self)(self.width, self.height)
        copy.root = cast("Group", shared_copy(self.root))
        copy.selection = None if self.selection is None else self.selection.copy()
        copy.guides = self.guides
        copy.snapshots = list(self.snapshots)
        copy.settings = json.loads(json.dumps(self.settings))
        copy.encoded = self.encoded
        copy._version = self._version
        return copy

    # History

    def undo(self) -> Change | None:
        """Take the last step back; None when there is none."""
        self._settle()
        return self._counted(self.history.undo(self._whole))

    def redo(self) -> Change | None:
        """Do the last undone step again; None when there is none."""
        self._settle()
        return self._counted(self.history.redo(self._whole))

    # How operations are done

    @property
    def _whole(self) -> Document:
        return cast("Document", self)

    def _settle(self) -> None:
        """Close what is under way, such as a stroke."""

    def _counted(self, change: Change | None) -> Change | None:
        self._version += change is not None
        return change

    def _unlocked(self, node_id: str) -> Node:
        """A node that may be changed: neither it nor a group around it is locked."""
        node = self.node(node_id)
        around: Node = node
        while around is not self.root:
            if around.locked:
                raise BadInputError(
                    "The layer {name} is locked.",
                    name=around.name,
                    remedy="Unlock it in the layers.",
                )
            around = self.group_of(around.id)
        return node

    def _do(self, what: str, edit: Edit, node_id: str = "", *, join: bool = False) -> Change:
        """Swap the edit in and note it; ``join`` leaves the step before to undo both."""
        self._settle()
        rect = edit.swap(self._whole)
        if join and self.history.continues(what, node_id):
            self._version += 1
            return Change(rect.intersected(self.bounds), what, node_id)
        return self._note(what, edit, node_id, rect)

    def _note(self, what: str, edit: Edit, node_id: str, rect: Rect) -> Change:
        self.history.push(Step(what, edit, node_id, time.time()))
        self._version += 1
        return Change(rect.intersected(self.bounds), what, node_id)

    def _alter(self, node_id: str, what: str, join: bool = False, /, **values: Any) -> Change:
        return self._do(what, FieldEdit(node_id, values), node_id, join=join)

    def _restack(
        self, stacks: Sequence[tuple[Group, list[Node]]], what: str, node_id: str, *more: Edit
    ) -> Change:
        """Give groups other children; ``more`` belongs to the same step."""
        edit: Edit = StackEdit(list(stacks))
        return self._do(what, Together([edit, *more]) if more else edit, node_id)


def check_size(width: int, height: int) -> None:
    """Refuse sides that a document cannot have."""
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        raise BadInputError(
            "A canvas of {width} x {height} pixels cannot be made.",
            width=width,
            height=height,
            remedy="Choose sides from 1 to 16384 pixels.",
        )
