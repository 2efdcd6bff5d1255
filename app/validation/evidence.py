"""What speaks for a checkpoint: measured off the UI thread when a grid has come in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.i18n import tr
from app.validation.layout import CellKey
from engine.runtime.errors import BadInputError, MissingFileError
from engine.validation.evidence import Evidence, assess
from engine.validation.manifest import Grid, open_grid
from engine.validation.pick import Pick, pick

if TYPE_CHECKING:
    from app.session import Session
    from app.validation.model import GridState

PAIRS = 8


@dataclass(frozen=True)
class Pair:
    """A generated picture beside the training picture it is nearest to."""

    key: CellKey
    generated: str
    training: str
    similarity: float


class EvidenceState(QObject):
    """The evidence of the grid shown, or nothing while it is not measured."""

    changed = Signal()

    def __init__(self, session: Session, state: GridState) -> None:
        super().__init__(state)
        self._session = session
        self._state = state
        self._wanted = 0
        self.evidence: Evidence | None = None
        self.pairs: list[Pair] = []
        self.training_count = 0
        self.measuring = False

    def clear(self) -> None:
        """Nothing is known about the grid shown."""
        self._wanted += 1
        self.evidence, self.pairs, self.measuring = None, [], False
        self._state.set_pick("", None)
        self.changed.emit()

    async def measure(self) -> None:
        """Measure the grid shown against the project's pictures; a newer wish replaces this one."""
        request, library = self._state.request, self._session.library
        if request is None or library is None:
            return
        self._wanted += 1
        wish, self.measuring = self._wanted, True
        self.changed.emit()
        pictures = await self._session.bridge.io(library.pictures)
        training = [item.path for item in pictures if item.usable]
        held_out = [item.path for item in pictures if item.held_out and not item.problem]
        found = None
        try:
            found = await self._session.bridge.io(
                _assessed, Path(request.folder), training, held_out
            )
        except (BadInputError, MissingFileError):
            found = None  # nothing drawn yet, or no training pictures: there is no evidence
        finally:
            if wish == self._wanted:
                self.measuring = False
        if wish == self._wanted:
            self.training_count = len(training)
            self._take(found)

    def _take(self, found: tuple[Grid, Evidence] | None) -> None:
        self.evidence = found[1] if found is not None else None
        self.pairs = []
        if found is not None:
            self._spread(*found)
        picked = self.pick()
        if picked is not None:
            self._state.set_pick(picked.checkpoint, picked.weight)
        self.changed.emit()

    def _spread(self, grid: Grid, evidence: Evidence) -> None:
        """Tell each cell its nearest training picture, and keep the most alike pairs."""
        self._state.copy_limit = evidence.threshold
        pairs: dict[str, Pair] = {}
        for cell in grid.cells:
            measured = evidence.cells.get(cell.id)
            if measured is None:
                continue
            position = cell.position
            key = CellKey(position.checkpoint, position.weight, position.seed, position.prompt)
            nearest = str(measured.nearest or "")
            self._state.set_evidence(key, measured.copying, nearest)
            if position.uses_lora and nearest and cell.id not in pairs:
                pairs[cell.id] = Pair(key, str(cell.path), nearest, measured.copying)
        self.pairs = sorted(pairs.values(), key=lambda pair: -pair.similarity)[:PAIRS]

    def pick(self) -> Pick | None:
        """The recommendation in the language of the moment."""
        if self.evidence is None:
            return None
        known = self._state.checkpoints
        losses = {path: item.held_out for path, item in known.items()}
        names = {
            path: tr("epoch {epoch}", epoch=item.epoch) if item.epoch else item.name
            for path, item in known.items()
        }
        wanted = {row.checkpoint for row in self.evidence.rows if row.checkpoint}
        for path in wanted - set(names):
            names[path] = Path(path).stem
        try:
            return pick(self.evidence, losses, names)
        except BadInputError:
            return None  # a grid of the base model alone has nothing to pick


def _assessed(folder: Path, training: list[Path], held_out: list[Path]) -> tuple[Grid, Evidence]:
    grid = open_grid(folder)
    return grid, assess(grid, training, held_out)
