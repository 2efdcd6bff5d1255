"""What a finished grid says about each checkpoint and weight: style, copying, diversity, subjects.

Every number stands beside what it has to be read against: the base model's row, and how alike the
training pictures are among themselves. There is no total score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.runtime.errors import BadInputError, MissingFileError
from engine.validation import copying
from engine.validation.evidence_rows import Planted, RowEvidence, Rows
from engine.validation.features import Extractor
from engine.validation.features_cache import FeatureCache
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.held_out import HeldOut
from engine.validation.manifest import Grid
from engine.validation.overfit_data import Described, Describing, Read, read_plain
from engine.validation.planted import PromptKind
from engine.validation.sentences import Sentence
from engine.validation.variants import pooled

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CellEvidence:
    """One picture: similarity to the nearest training picture, and which that is; None where no
    training picture is at hand. ``prompt`` is what it was drawn by.
    """

    copying: float | None
    nearest: Path | None
    prompt: str = ""


@dataclass(frozen=True)
class Undrawn:
    """Of ``total`` different pictures only ``drawn`` are there, and of ``checkpoints`` none."""

    drawn: int
    total: int
    checkpoints: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """That in words."""
        facts = {"drawn": str(self.drawn), "total": str(self.total)}
        found = [Sentence("Only {drawn} of {total} pictures are drawn.", facts)]
        if self.checkpoints:
            count = {"count": str(len(self.checkpoints))}
            found.append(Sentence("Checkpoints not looked at: {count}.", count))
        return tuple(found)


@dataclass(frozen=True)
class Evidence:
    """All rows, with what they are read against.

    ``base`` is the weight-0 row or None. ``between_training`` is the mean similarity of training
    pictures to their nearest other one, ``held_out_copying`` the same for held-out pictures (None
    without any), ``threshold`` the similarity that counts as a copy. ``cells`` are by identifier.
    ``training_similarities`` and ``held_out_similarities`` are the distributions behind the two
    means (repeats among the training pictures count once), ``extractor`` what measured them, and
    ``unread`` the pictures that were left out because they cannot be read.
    ``training_diversity`` is the mean difference of two training pictures. ``planted`` are the
    pictures of prompts whose right answer is known, ``against`` says what it was measured against
    where that is not plain. ``undrawn`` tells that not all of the grid was drawn, ``pooled`` which
    settings each row takes together.
    """

    rows: tuple[RowEvidence, ...]
    base: RowEvidence | None
    between_training: float
    held_out_copying: float | None
    threshold: float
    cells: dict[str, CellEvidence]
    training_similarities: tuple[float, ...] = ()
    held_out_similarities: tuple[float, ...] = ()
    extractor: str = ""
    unread: tuple[Path, ...] = ()
    training_diversity: float | None = None
    planted: tuple[Planted, ...] = ()
    against: tuple[Sentence, ...] = ()
    undrawn: Undrawn | None = None
    pooled: tuple[Sentence, ...] = ()

    @property
    def is_compared(self) -> bool:
        """Whether there was a training picture to compare with."""
        return any(row.copying is not None for row in self.rows)

    @property
    def unseen_copying(self) -> float:
        """How alike real art that was not trained on is to the training pictures: the held-out
        pictures, or without any the training pictures among themselves.
        """
        held_out = self.held_out_copying
        return self.between_training if held_out is None else held_out

    @property
    def expected_diversity(self) -> float:
        """How different seeds can be expected to be: as in the base model, but no more than the
        training pictures are. A style that brings all edges onto one grid makes them more alike.
        """
        base = (self.base.diversity if self.base is not None else None) or 0.0
        return base if self.training_diversity is None else min(base, self.training_diversity)

    def row(self, checkpoint: str, weight: float) -> RowEvidence | None:
        """The row of a checkpoint at a weight."""
        wanted = (checkpoint, weight)
        return next((row for row in self.rows if (row.checkpoint, row.weight) == wanted), None)


@dataclass(frozen=True)
class Reference:
    """What grids are measured against: the pictures of the training and those held out, as
    ``describing`` sees them.
    """

    describing: Describing
    trained: Described
    unseen: Described


def reference_of(
    training: Sequence[Path],
    held_out: Sequence[Path] = (),
    read: Read | None = None,
    extractor: Extractor | None = None,
    cache: FeatureCache | None = None,
) -> Reference:
    """Describe pictures as in :func:`assess`."""
    describing = Describing(extractor or EmbeddedExtractor(), cache or FeatureCache())
    trained = describing.pictures(training, read or read_plain, views=True)
    return Reference(describing, trained, describing.pictures(held_out, read or read_plain))


def assess(
    grid: Grid,
    training: Sequence[Path],
    held_out: Sequence[Path] = (),
    progress: Progress | None = None,
    read: Read | None = None,
    *,
    extractor: Extractor | None = None,
    cache: FeatureCache | None = None,
    prompts: Mapping[str, PromptKind] | None = None,
    losses: Mapping[str, HeldOut] | None = None,
    against: tuple[Sentence, ...] = (),
) -> Evidence:
    """Measure a grid against the pictures it was trained on and those held out.

    Without held-out pictures the training pictures stand for the wanted style, which rewards
    copying a little. Without training pictures what needs none is measured all the same. ``read``
    gives both as training sees them, uint8 ``[H, W, 3]``; without it they are the files,
    transparent parts on white. ``extractor`` is the embedded one unless given; with a ``cache``
    nothing is described twice. ``prompts`` tell what kind each is, ``losses`` the held-out loss of
    each checkpoint, ``against`` what the pictures are. Those that cannot be read are left out and
    named.

    BadInputError when nothing is drawn, MissingFileError when nothing drawn can be read.
    """
    if all(cell.path is None for cell in grid.cells):
        raise BadInputError("There is nothing to compare yet.", remedy="Draw a grid.")
    reference = reference_of(training, held_out, read, extractor, cache)
    found = assess_against(reference, grid, progress, prompts=prompts, losses=losses)
    return replace(found, against=against, undrawn=_undrawn(grid))


def _undrawn(grid: Grid) -> Undrawn | None:
    """What of ``grid`` nobody has tried to draw yet; what failed was tried."""
    drawn = {cell.id for cell in grid.cells if cell.path is not None or cell.error}
    total = len({cell.id for cell in grid.cells})
    if len(drawn) == total:
        return None
    tried = [cell for cell in grid.cells if cell.position.uses_lora]
    seen = {cell.position.checkpoint for cell in tried if cell.id in drawn}
    asked = dict.fromkeys(cell.position.checkpoint for cell in tried)
    return Undrawn(len(drawn), total, tuple(one for one in asked if one not in seen))


def assess_against(
    reference: Reference,
    grid: Grid,
    progress: Progress | None = None,
    *,
    prompts: Mapping[str, PromptKind] | None = None,
    losses: Mapping[str, HeldOut] | None = None,
) -> Evidence:
    """As :func:`assess`, of pictures that are described already: a grid that grows is measured
    again and again. MissingFileError when not one cell can be read.
    """
    describing, trained, unseen = reference.describing, reference.trained, reference.unseen
    chosen = describing.extractor
    paths = {cell.id: cell.path for cell in grid.cells if cell.path is not None}
    told = progress or (lambda _done, _total: None)
    keys, drawn = describing.cells(paths, lambda done: told(done, len(paths)))
    if not keys:
        raise MissingFileError(
            "None of the {count} drawn pictures can be read.",
            count=len(paths),
            remedy="Render the grid again.",
        )
    asked = {cell.id: cell.position.prompt for cell in grid.cells}
    background = copying.background(chosen, trained.features, trained.views)
    real = copying.nearest(chosen, unseen.features, trained.views)
    threshold = copying.copy_threshold(background, chosen.copy_floor)
    compared = len(trained.paths) > 0
    found = copying.nearest(chosen, drawn.features, trained.views) if compared else None
    rows = Rows(
        grid=grid,
        places={key: place for place, key in enumerate(keys)},
        drawn=drawn,
        wanted=unseen.styles if len(unseen.styles) else trained.styles,
        nearest=found,
        threshold=threshold,
        unseen=real.mean if len(unseen.paths) else background.mean,
        training=len(trained.paths),
        prompts=prompts or {},
        losses=losses or {},
        extractor=chosen,
    )
    return Evidence(
        rows=rows.tried(),
        base=rows.base(),
        between_training=background.mean,
        held_out_copying=real.mean if len(unseen.paths) else None,
        threshold=threshold,
        cells={
            key: CellEvidence(None, None, asked[key])
            if found is None
            else CellEvidence(
                float(found.similarity[at]), trained.paths[int(found.index[at])], asked[key]
            )
            for at, key in enumerate(keys)
        },
        training_similarities=tuple(map(float, background.similarity)),
        held_out_similarities=tuple(map(float, real.similarity)),
        extractor=f"{chosen.name} {chosen.version}",
        unread=tuple(describing.unread),
        training_diversity=copying.spread(trained.features),
        planted=rows.planted(),
        pooled=tuple(pooled(grid.request)),
    )
