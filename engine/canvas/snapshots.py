"""Named states of a document to go back to, and going through its history."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

import numpy as np

from engine.canvas import composite as compositing
from engine.canvas.history import Change, Edit, FrameEdit, SelectionEdit, StackEdit, Together
from engine.canvas.layer import Group, shared_copy
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.several import Several
from engine.canvas.tiles import Tiles

PREVIEW = 96


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A state that was kept. Its pixels are shared with the document, so it costs little.

    ``taken`` is in unix seconds, ``preview`` straight RGBA uint8 with sides of at most
    :data:`PREVIEW`. Nothing in it is changed afterwards.
    """

    name: str
    size: tuple[int, int]
    root: Group
    selection: Tiles | None
    preview: np.ndarray
    taken: float


class Snapshots(Several):
    """Snapshots belong to the document and are saved with it; taking one is no step."""

    def take_snapshot(self, name: str) -> Snapshot:
        """Keep the present state under a name."""
        self._settle()
        snapshot = Snapshot(
            name,
            self.size,
            cast("Group", shared_copy(self.root)),
            None if self.selection is None else self.selection.copy(),
            self._preview(),
            time.time(),
        )
        self.set_snapshots([*self.snapshots, snapshot])
        return snapshot

    def set_snapshots(self, snapshots: list[Snapshot]) -> None:
        """Keep these and no others, in this order."""
        self.snapshots = list(snapshots)
        self._version += 1

    def go_to_snapshot(self, snapshot: Snapshot) -> Change:
        """Make the document what it was; a step that can be undone."""
        kept = cast("Group", shared_copy(snapshot.root))
        selection = None if snapshot.selection is None else snapshot.selection.copy()
        edits: list[Edit] = [StackEdit([(self.root, kept.children)]), SelectionEdit(selection)]
        if snapshot.size != self.size:
            width, height = snapshot.size
            edits.append(FrameEdit({"width": width, "height": height}))
        return self._do("Go to snapshot", Together(edits))

    def go_to(self, position: int) -> Change | None:
        """Undo or redo until ``position`` steps are done; None when they are already."""
        area, last = EMPTY, None
        while self.history.position != position:
            back = self.history.position > position
            change = self.undo() if back else self.redo()
            if change is None:
                break
            area, last = area.united(change.rect), change
        return None if last is None else Change(area, last.what, last.layer_id)

    def _preview(self) -> np.ndarray:
        level = 0
        while max(self.size) >> level > PREVIEW:
            level += 1
        rect = Rect(0, 0, max(1, self.width >> level), max(1, self.height >> level))
        return compositing.composite(self.root.children, rect, level)
