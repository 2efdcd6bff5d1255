"""Filling a grid: what is missing is drawn, one model state after the other, and kept at once.

The drawing itself comes in as a function, so that nothing here needs a model.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.runtime import device
from engine.runtime.errors import (
    JobCancelled,
    MissingFileError,
    ModelFileError,
    OutOfMemoryError,
    StorageError,
    StylekilnError,
)
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.claims import Claims
from engine.validation.manifest import write_manifest
from engine.validation.planning import PlannedCell, by_model_state
from engine.validation.request import GridRequest
from engine.validation.resolve import Position
from engine.validation.small import prune_small
from engine.validation.store import CellStore

log = logging.getLogger(__name__)

PART = 64
"""About how many pictures are drawn by one call."""
_DRAWN = 0.95
"""The part of a cell that its steps are; the rest is decoding and keeping it."""
_LOOK_AGAIN_S = 0.2


# draw(image, cells, job, keep): draw all cells, which share the model state and the settings of
# ``image``, and call keep(cell, RGB uint8 picture, infotext) as soon as each is done.
Keep = Callable[[PlannedCell, np.ndarray, str], None]
Draw = Callable[[ImageRequest, Sequence[PlannedCell], Job, Keep], None]


@dataclass
class Filling:
    """How far a grid is. ``missing`` were not drawn when it began; ``errors`` has a sentence for
    each identifier that failed; ``drawing`` are the cells that the steps under way amount to.
    """

    request: GridRequest
    cells: list[PlannedCell]
    store: CellStore
    job: Job
    rendered: int = 0
    cached: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    drawing: float = 0.0
    batch_size: int = field(init=False)
    missing: list[PlannedCell] = field(init=False)

    def __post_init__(self) -> None:
        self.batch_size = self.request.image.batch_size
        self.missing = [cell for cell in self.cells if not self._is_drawn(cell)]

    def run(self, draw: Draw) -> None:
        """Draw what is missing. Cancelling keeps what is done; a failed cell does not stop others.

        ``grid.json`` is written before the first cell and whenever this ends, however it ends.
        """
        self._announce()
        self._write_manifest()
        prune_small(self.store.folder)
        try:
            with Claims(self.store.folder) as claims:
                left = self._fill(self.missing, claims, draw)
                while left:
                    self._wait()
                    left = self._fill(self._without_drawn(left), claims, draw)
        finally:
            self._write_manifest()

    def _fill(self, cells: list[PlannedCell], claims: Claims, draw: Draw) -> list[PlannedCell]:
        """Draw ``cells``, but for those that another process is drawing: they are given back."""
        others: list[PlannedCell] = []
        for group in by_model_state(cells):
            for part in self._parts(group):
                mine = claims.take([cell.id for cell in part])
                others += [cell for cell in part if cell.id not in mine]
                # Again, because who let go of a cell has drawn it, unless it failed or was killed.
                left = self._without_drawn([cell for cell in part if cell.id in mine])
                if left:
                    self._draw_group(left, draw)
        return others

    def _without_drawn(self, cells: Sequence[PlannedCell]) -> list[PlannedCell]:
        """``cells`` without those that another process drew meanwhile, which are told."""
        left = [cell for cell in cells if not self._is_drawn(cell)]
        missing = {cell.id for cell in left}
        for cell in cells:
            if cell.id not in missing:
                self.cached += 1
                self._tell(cell, cached=True)
        self._progress()
        return left

    def _is_drawn(self, cell: PlannedCell) -> bool:
        """Whether its picture is there, whole and as large as it was asked for."""
        return self.store.find(cell.id, (cell.image.width, cell.image.height)) is not None

    def _wait(self) -> None:
        """Let the process that has the cells which are left draw some of them."""
        self.job.say("Waiting for cells that another program draws")
        until = time.monotonic() + _LOOK_AGAIN_S
        while time.monotonic() < until:
            self.job.breathe()
            time.sleep(0.05)

    def _parts(self, group: list[PlannedCell]) -> list[list[PlannedCell]]:
        """``group`` in parts of whole batches, so that its pictures are never all in memory."""
        size = self.batch_size * max(1, PART // self.batch_size)
        return [group[at : at + size] for at in range(0, len(group), size)]

    @property
    def by_position(self) -> list[tuple[str, Position]]:
        """(identifier, position) in the order of the request."""
        found = {position: cell.id for cell in self.cells for position in cell.positions}
        return [(found[position], position) for position in self.request.positions()]

    def _announce(self) -> None:
        """Tell what is planned, and what is there already."""
        missing = {cell.id for cell in self.missing}
        self.cached = len(self.cells) - len(missing)
        rows = [{"id": cell, "place": list(position.place)} for cell, position in self.by_position]
        self.job.emit(
            "grid.planned",
            folder=self.request.folder,
            cells=rows,
            cached=self.cached,
            request=self.request.model_dump(mode="json"),
        )
        for cell in self.cells:
            if cell.id not in missing:
                self._tell(cell, cached=True)
        self._progress()

    def _draw_group(self, cells: list[PlannedCell], draw: Draw) -> None:
        """Draw cells of one model state; after a failure those that are left, in smaller parts."""
        done: set[str] = set()

        def keep(cell: PlannedCell, picture: np.ndarray, infotext: str) -> None:
            cell.check_files()
            self.store.put(cell.id, picture, infotext)
            done.add(cell.id)
            self.rendered += 1
            self.drawing = max(0.0, self.drawing - 1)
            self._tell(cell)
            self._progress()

        image = cells[0].image.model_copy(update={"batch_size": self.batch_size})
        try:
            cells[0].check_files()  # cells that share a model state share their files
            draw(image, cells, _CellJob(self, len(cells)), keep)
            return
        except (JobCancelled, StorageError):
            raise
        except Exception as error:
            # Any: hours of other cells must not end because a library chokes on this one. The cell
            # carries the sentence, and the log says where what nobody foresaw came from.
            if not isinstance(error, StylekilnError):
                log.warning("cells could not be drawn", exc_info=error)
            out_of_memory, sentence = device.is_out_of_memory(error), _sentence(error)
            whole_group = isinstance(error, (ModelFileError, MissingFileError))
        self.drawing = 0.0
        # Only here, with the exception and its frames gone, can their tensors be freed.
        left = [cell for cell in cells if cell.id not in done]
        if out_of_memory:
            self._halve_batch()
            parts = [left]
        elif whole_group or len(left) == 1:
            self._fail(left, sentence)
            parts = []
        else:
            parts = [left[: len(left) // 2], left[len(left) // 2 :]]
        for part in filter(None, parts):
            self._draw_group(part, draw)

    def _halve_batch(self) -> None:
        """Free memory and go on with half the batch; raises when it is 1 already."""
        device.free_memory()
        if self.batch_size == 1:
            raise OutOfMemoryError(
                "Out of memory while drawing one cell at a time.",
                remedy="Use a smaller size, or close other programs. Finished cells are kept.",
            )
        self.batch_size //= 2

    def _fail(self, cells: Sequence[PlannedCell], sentence: str) -> None:
        for cell in cells:
            self.errors[cell.id] = sentence
            self._tell(cell)
        self._progress()

    def _tell(self, cell: PlannedCell, *, cached: bool = False) -> None:
        error = self.errors.get(cell.id, "")
        path = "" if error else str(self.store.path(cell.id))
        for position in cell.positions:
            self.job.emit(
                "grid.cell",
                id=cell.id,
                path=path,
                cached=cached,
                error=error,
                place=list(position.place),
            )

    def _progress(self) -> None:
        """Report finished cells, and as their share also what is drawn of the next ones."""
        done, total = self.rendered + self.cached + len(self.errors), len(self.cells)
        share = (done + _DRAWN * self.drawing) / total if total else 1.0
        self.job.progress(done, total, "Drawing cells", share=share)

    def _write_manifest(self) -> None:
        """With the errors of cells that no other process could draw either."""
        errors = {
            cell: sentence
            for cell, sentence in self.errors.items()
            if self.store.find(cell) is None
        }
        files = {path: digest for cell in self.cells for path, digest in cell.files}
        write_manifest(self.request, self.by_position, errors, files)


class _CellJob(Job):
    """The job as one call of ``draw`` sees it: its steps become parts of the grid's progress."""

    def __init__(self, filling: Filling, cells: int) -> None:
        super().__init__(filling.job.handle)
        self._filling = filling
        self._cells = cells
        self._before = filling.rendered

    def breathe(self) -> None:
        """As the grid's own job."""
        self._filling.job.breathe()

    def progress(
        self, step: int, total: int, text: str = "", *, share: float | None = None, **facts: object
    ) -> None:
        """Steps of this call, less the cells that are counted as rendered already."""
        drawn = (step / total if share is None else share) * self._cells if total else 0.0
        self._filling.drawing = max(0.0, drawn - (self._filling.rendered - self._before))
        self._filling._progress()


def _sentence(error: Exception) -> str:
    if isinstance(error, StylekilnError):
        return str(error)
    return f"{type(error).__name__}: {error}"
