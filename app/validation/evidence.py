"""What speaks for a checkpoint: measured off the UI thread when a grid has come in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.i18n import tr
from engine.dataset.edits import Recipe, bake
from engine.dataset.masks import MaskStore
from engine.imaging.adjust import resize
from engine.imaging.alpha import Fill
from engine.imaging.decode import load_rgba
from engine.runtime.errors import BadInputError, MissingFileError
from engine.validation.evidence import Evidence, assess
from engine.validation.judging import Verdict, judge
from engine.validation.manifest import Grid, open_grid
from engine.validation.pick import Pick, lacking
from engine.validation.sentences import Sentence

if TYPE_CHECKING:
    import numpy as np

    from app.session import Session
    from app.validation.model import GridState
    from engine.validation.resolve import Position

PAIRS = 8
SHOWN = 320  # pixels of the longer side of a training picture in a pair


@dataclass(frozen=True)
class Pair:
    """A generated picture beside the training picture it is nearest to.

    ``shown`` is that one as it was trained on: cropped and filled, uint8 [H, W, 3], made small.
    """

    key: Position
    generated: str
    training: str
    shown: np.ndarray
    similarity: float


@dataclass(frozen=True)
class Assessed:
    """A grid that was measured, and the pairs to show, most alike first."""

    grid: Grid
    evidence: Evidence
    pairs: list[Pair]


class Prepared(NamedTuple):
    """How each training picture is edited and its transparent parts are filled, by path, and where
    the masks and pictures of both lie.
    """

    edits: dict[str, tuple[Recipe, Fill]]
    masks: MaskStore

    def read(self, path: Path) -> np.ndarray:
        """A picture as training sees it before its bucket, uint8 ``[H, W, 3]``."""
        recipe, fill = self.edits.get(str(path), (Recipe(), Fill()))
        return bake(load_rgba(path), recipe, fill, self.masks)

    def small(self, path: Path) -> np.ndarray:
        """The same, made small for a pair."""
        picture = self.read(path)
        height, width = picture.shape[:2]
        scale = min(1.0, SHOWN / max(height, width))
        return resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))


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
        self._judged: tuple[object, Verdict] | None = None  # of what, and what it says

    def clear(self) -> None:
        """Nothing is known about the grid shown."""
        self._wanted += 1
        self.evidence, self.pairs, self.measuring = None, [], False
        self._state.set_pick("", None)
        self.changed.emit()

    async def measure(self) -> None:
        """Measure the grid shown against the project's pictures; a newer wish replaces this one."""
        request, library = self._state.request, self._session.library
        project = self._session.project
        if request is None or library is None or project is None:
            return
        self._wanted += 1
        wish, self.measuring = self._wanted, True
        self.changed.emit()
        pictures = await self._session.bridge.io(library.pictures)
        training = [item.path for item in pictures if item.usable]
        held_out = [item.path for item in pictures if item.held_out and not item.problem]
        found = None
        prepared = Prepared(
            {
                str(item.path): (item.recipe, project.file.fill_of(item.category))
                for item in pictures
                if not item.problem
            },
            MaskStore(project.masks),
        )
        try:
            found = await self._session.bridge.io(
                _assessed, Path(request.folder), training, held_out, prepared
            )
        except (BadInputError, MissingFileError):
            found = None  # nothing drawn yet, or no training pictures: there is no evidence
        finally:
            if wish == self._wanted:
                self.measuring = False
        if wish == self._wanted:
            self.training_count = len(training)
            self._take(found)

    def _take(self, found: Assessed | None) -> None:
        self.evidence = found.evidence if found is not None else None
        self.pairs = found.pairs if found is not None else []
        if found is not None:
            self._spread(found.grid, found.evidence)
        picked = self.pick()
        if picked is not None:
            self._state.set_pick(picked.checkpoint, picked.weight)
        self.changed.emit()

    def _spread(self, grid: Grid, evidence: Evidence) -> None:
        """Tell each cell its nearest training picture."""
        self._state.copy_limit = evidence.threshold
        for cell in grid.cells:
            measured = evidence.cells.get(cell.id)
            if measured is None:
                continue
            self._state.set_evidence(cell.position, measured.copying, str(measured.nearest or ""))

    def lacking(self) -> tuple[Sentence, ...]:
        """What the grid would have to show for a pick; empty when that is there, or nothing is."""
        return lacking(self.evidence) if self.evidence is not None else ()

    def only_seen(self) -> bool:
        """Whether the training pictures show all that was drawn."""
        tags = self._state.tags
        prompts = self._state.axes.prompts
        return bool(prompts) and all(tags.get(text) == "seen" for text in prompts)

    def pick(self) -> Pick | None:
        """The recommendation in the language of the moment."""
        verdict = self.verdict()
        return verdict.pick if verdict is not None else None

    def verdict(self) -> Verdict | None:
        """What the grid says about every checkpoint, in the language of the moment."""
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
        of = (id(self.evidence), tuple(losses.items()), tuple(names.items()))
        if self._judged is None or self._judged[0] != of:
            self._judged = of, judge(self.evidence, losses=losses, names=names)
        return self._judged[1]


def _assessed(
    folder: Path, training: list[Path], held_out: list[Path], prepared: Prepared
) -> Assessed:
    grid = open_grid(folder)
    evidence = assess(grid, training, held_out, read=prepared.read)
    return Assessed(grid, evidence, _pairs(grid, evidence, prepared))


def _pairs(grid: Grid, evidence: Evidence, prepared: Prepared) -> list[Pair]:
    """The cells that are most like a training picture, each picture once."""
    cells = {
        cell.id: cell for cell in grid.cells if cell.id in evidence.cells if cell.position.uses_lora
    }
    nearest = sorted(cells, key=lambda identifier: -evidence.cells[identifier].copying)[:PAIRS]
    found = []
    for identifier in nearest:
        cell, measured = cells[identifier], evidence.cells[identifier]
        if measured.nearest is not None:
            shown = prepared.small(measured.nearest)
            path = str(measured.nearest)
            key = cell.position
            found.append(Pair(key, str(cell.path), path, shown, measured.copying))
    return found
