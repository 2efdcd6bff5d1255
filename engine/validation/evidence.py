"""What a finished grid says about each checkpoint and weight: style, copying, diversity, subjects.

Every number stands beside what it has to be read against: the base model's row, and how alike the
training pictures are among themselves. There is no total score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.runtime.errors import BadInputError, MissingFileError
from engine.validation import copying
from engine.validation.evidence_rows import Planted, RowEvidence, Rows
from engine.validation.features import Extractor
from engine.validation.features_cache import FeatureCache
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.manifest import Grid
from engine.validation.overfit_data import Described, Describing, Read, read_plain
from engine.validation.planted import PromptKind

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CellEvidence:
    """One picture: similarity to the nearest training picture, and which that is."""

    copying: float
    nearest: Path | None


@dataclass(frozen=True)
class Evidence:
    """All rows, with what they are read against.

    ``base`` is the weight-0 row or None. ``between_training`` is the mean similarity of training
    pictures to their nearest other one, ``held_out_copying`` the same for held-out pictures (None
    without any), ``threshold`` the similarity that counts as a copy. ``cells`` are by identifier.
    ``training_similarities`` and ``held_out_similarities`` are the distributions behind the two
    means, ``extractor`` what measured them, and ``unread`` the pictures that were left out because
    they cannot be read. ``training_diversity`` is the mean difference of two training pictures.
    ``planted`` are the pictures of prompts whose right answer is known.
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
    """Describe pictures as in :func:`assess`. MissingFileError when not one of those of the
    training can be read.
    """
    describing = Describing(extractor or EmbeddedExtractor(), cache or FeatureCache())
    trained = describing.pictures(training, read or read_plain, views=True)
    if not trained.paths:
        raise MissingFileError(
            "None of the {count} training pictures can be read; {path} is the first.",
            count=len(training),
            path=training[0],
            remedy="Bring them back to where they were, or name their new folder.",
        )
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
    losses: Mapping[str, float | None] | None = None,
) -> Evidence:
    """Measure a grid against the pictures it was trained on and those held out.

    Without held-out pictures the training pictures stand for the wanted style, which rewards
    copying a little. ``read`` gives both as training sees them, uint8 ``[H, W, 3]``; without it
    they are the files, transparent parts on white. ``extractor`` is the embedded one unless given;
    with a ``cache`` nothing is described twice. ``prompts`` tell what kind each is, ``losses`` the
    held-out loss of each checkpoint. Pictures that cannot be read are left out and named.

    BadInputError when nothing is drawn or there is no training picture, MissingFileError when not
    one of the training pictures can be read.
    """
    if not training or all(cell.path is None for cell in grid.cells):
        raise BadInputError(
            "There is nothing to compare yet.",
            remedy="Draw a grid, and name the pictures of the training.",
        )
    reference = reference_of(training, held_out, read, extractor, cache)
    return assess_against(reference, grid, progress, prompts=prompts, losses=losses)


def assess_against(
    reference: Reference,
    grid: Grid,
    progress: Progress | None = None,
    *,
    prompts: Mapping[str, PromptKind] | None = None,
    losses: Mapping[str, float | None] | None = None,
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
    background = copying.background(chosen, trained.features, trained.views)
    real = copying.nearest(chosen, unseen.features, trained.views)
    threshold = copying.copy_threshold(background, chosen.copy_floor)
    found = copying.nearest(chosen, drawn.features, trained.views)
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
            key: CellEvidence(float(similarity), trained.paths[int(index)])
            for key, similarity, index in zip(keys, found.similarity, found.index, strict=True)
        },
        training_similarities=tuple(map(float, background.similarity)),
        held_out_similarities=tuple(map(float, real.similarity)),
        extractor=f"{chosen.name} {chosen.version}",
        unread=tuple(describing.unread),
        training_diversity=copying.spread(trained.features),
        planted=rows.planted(),
    )
