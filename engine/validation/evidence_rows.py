"""The rows of the evidence: all pictures of one checkpoint at one weight, taken together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.validation import copying, overfit, style
from engine.validation.features import Extractor, PromptExtractor
from engine.validation.held_out import HeldOut
from engine.validation.manifest import Grid, GridCell
from engine.validation.overfit import NOTHING, Figures
from engine.validation.overfit_data import Described
from engine.validation.overfit_stats import Figure
from engine.validation.overfit_trigger import trigger_effect, trigger_shift
from engine.validation.planted import KINDS, PromptKind
from engine.validation.subjects import Subjects
from engine.validation.variants import PLAIN, Variant, Variants

_At = tuple[str, float, Variant]


@dataclass(frozen=True)
class RowEvidence:
    """All pictures of one checkpoint at one weight, in one ``variant`` of the model.

    ``style_fit`` is 0 (as the base model) to 1 (as the wanted style), ``kept`` how much of the base
    model's layout is left, 0 to 1; both are None when the grid has no weight-0 row.
    ``style_distance`` is in spreads. ``copying`` is the mean similarity to the nearest training
    picture, ``copies`` the number of pictures above the threshold; without a training picture they
    are None and 0, and without any picture of the style so are fit and distance. ``diversity`` is
    the mean difference between seeds, None with one seed. ``figures`` are all measures with their
    intervals, ``cells`` the identifiers of the pictures, most like a training picture first;
    ``alike`` are those of the prompt whose seeds differ least.
    """

    checkpoint: str
    weight: float
    count: int
    style_fit: float | None
    style_distance: float | None
    diversity: float | None
    copying: float | None
    copies: int
    kept: float | None
    figures: Figures = NOTHING
    cells: tuple[str, ...] = ()
    held_out_loss: float | None = None
    alike: tuple[str, ...] = ()
    variant: Variant = PLAIN

    @property
    def at(self) -> tuple[str, float, Variant]:
        """What tells it from other rows."""
        return self.checkpoint, self.weight, self.variant

    @property
    def weight_label(self) -> str:
        """The weight on the UNet, with that on the text encoder where it is apart."""
        text = self.variant.text_weight
        return f"{self.weight:g}" if text is None else f"{self.weight:g} (TE {text:g})"


@dataclass(frozen=True)
class Planted:
    """The pictures of one ``prompt`` of a kind: those of the base model, and each row's."""

    kind: PromptKind
    prompt: str
    base: RowEvidence
    rows: tuple[RowEvidence, ...]

    def row(self, checkpoint: str, weight: float) -> RowEvidence | None:
        """The pictures of a checkpoint at a weight."""
        wanted = (checkpoint, weight)
        return next((row for row in self.rows if (row.checkpoint, row.weight) == wanted), None)


@dataclass(frozen=True)
class Rows:
    """Makes the rows. ``places`` are the rows of ``drawn`` by cell, ``wanted`` the styles to reach,
    ``unseen`` the mean similarity of real art that was not trained on.
    """

    grid: Grid
    places: Mapping[str, int]
    drawn: Described
    wanted: np.ndarray
    nearest: copying.Nearest | None
    threshold: float
    unseen: float
    training: int
    prompts: Mapping[str, str]
    losses: Mapping[str, HeldOut]
    extractor: Extractor
    _axes: Subjects = field(init=False)
    _variants: Variants = field(init=False)
    _base_models: dict[int, str] = field(default_factory=dict, init=False)
    _base: dict[tuple[Any, ...], int] = field(default_factory=dict, init=False)
    _texts: dict[str, np.ndarray] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_axes", Subjects(self.grid.request))
        object.__setattr__(self, "_variants", Variants(self.grid.request))
        for cell in self._cells():
            if not cell.position.uses_lora:
                place = self.places[cell.id]
                self._base[self._axes.subject(cell.position)] = place
                self._base_models[place] = self._variants.base_model(cell.position)
        if isinstance(self.extractor, PromptExtractor):
            texts = list(dict.fromkeys(cell.position.prompt for cell in self._cells()))
            vectors = self.extractor.describe_texts(texts)
            self._texts.update(zip(texts, vectors, strict=True))

    def base(self) -> RowEvidence | None:
        """The base model's row; None when the grid does not show it."""
        cells = [cell for cell in self._cells() if not cell.position.uses_lora]
        return self._row("", 0.0, PLAIN, cells) if cells else None

    def tried(self) -> tuple[RowEvidence, ...]:
        """Every checkpoint at every weight, in the grid's order."""
        groups: dict[_At, list[GridCell]] = {}
        for cell in self._cells():
            at = self._at(cell)
            groups.setdefault(at, []).append(cell)
        return tuple(self._row(*at, cells) for at, cells in groups.items())

    def planted(self) -> tuple[Planted, ...]:
        """For each kind of prompt the first one that the base model and a LoRA have drawn."""
        found = (self._planted(kind) for kind in KINDS)
        return tuple(one for one in found if one is not None)

    def _planted(self, kind: PromptKind) -> Planted | None:
        cells = [cell for cell in self._cells() if self._kind(cell) == kind]
        for prompt in dict.fromkeys(cell.position.prompt for cell in cells):
            base: list[GridCell] = []
            groups: dict[_At, list[GridCell]] = {}
            for cell in cells:
                if cell.position.prompt != prompt:
                    continue
                if not cell.position.uses_lora:
                    base.append(cell)
                    continue
                groups.setdefault(self._at(cell), []).append(cell)
            if base and groups:
                rows = tuple(self._row(*at, group) for at, group in groups.items())
                return Planted(kind, prompt, self._row("", 0.0, PLAIN, base), rows)
        return None

    def _kind(self, cell: GridCell) -> str:
        return "off" if self._off(cell) else self.prompts.get(cell.position.prompt, "")

    def _cells(self) -> list[GridCell]:
        return [cell for cell in self.grid.cells if cell.id in self.places]

    def _at(self, cell: GridCell) -> _At:
        return cell.position.checkpoint, cell.position.weight, self._variants.of(cell.position)

    def _row(
        self,
        checkpoint: str,
        weight: float,
        variant: Variant,
        cells: Sequence[GridCell],
    ) -> RowEvidence:
        cells = list({cell.id: cell for cell in cells}.values())
        rows = [self.places[cell.id] for cell in cells]
        similar = self.nearest.similarity[rows] if self.nearest is not None else None
        pairs = self._pairs(cells)
        layouts = self.drawn.layouts
        figures = self._figures(cells, self.losses.get(checkpoint))
        loss = figures.held_out_loss
        order = range(len(cells)) if similar is None else np.argsort(-similar, kind="stable")
        return RowEvidence(
            checkpoint=checkpoint,
            weight=weight,
            count=len(cells),
            style_fit=self._style_fit(cells),
            style_distance=self._style_distance(rows),
            diversity=figures.diversity.value if figures.diversity is not None else None,
            copying=None if similar is None else float(similar.mean()),
            copies=0 if similar is None else int(copying.copied(similar, self.threshold).sum()),
            kept=copying.kept_from(layouts[pairs.rows], layouts[pairs.base]),
            figures=figures,
            cells=tuple(cells[place].id for place in order),
            held_out_loss=loss.value if loss is not None else None,
            alike=tuple(cells[place].id for place in self._most_alike(cells)),
            variant=variant,
        )

    def _most_alike(self, cells: Sequence[GridCell]) -> tuple[int, ...]:
        groups = [self._axes.group(cell.position) for cell in cells]
        return overfit.most_alike(self.drawn.features[[self.places[c.id] for c in cells]], groups)

    def _style_distance(self, rows: Sequence[int]) -> float | None:
        if not len(self.wanted):
            return None
        return style.style_distance(self.drawn.styles[rows], self.wanted)

    def _base_of(self, cells: Sequence[GridCell]) -> list[int]:
        """The base model's pictures that ``cells`` are read against: of the same base models."""
        models = {self._variants.base_model(cell.position) for cell in cells}
        return [place for place, model in self._base_models.items() if model in models]

    def _style_fit(self, cells: Sequence[GridCell]) -> float | None:
        base, rows = self._base_of(cells), [self.places[cell.id] for cell in cells]
        if not base or not rows or not len(self.wanted):
            return None
        styles = self.drawn.styles
        return style.style_fit(styles[rows], self.wanted, styles[base])

    def _fit(self, cells: Sequence[GridCell], prompts: Sequence[str]) -> Figure | None:
        base, rows = self._base_of(cells), [self.places[cell.id] for cell in cells]
        if not base or not rows or not len(self.wanted):
            return None
        styles = self.drawn.styles
        return overfit.fit(styles[rows], self.wanted, styles[base], prompts)

    def _figures(self, cells: Sequence[GridCell], held_out: HeldOut | None) -> Figures:
        rows = [self.places[cell.id] for cell in cells]
        prompts = [cell.position.prompt for cell in cells]
        features = self.drawn.features
        pairs = self._pairs(cells)
        off = self._pairs([cell for cell in cells if self._off(cell)])
        return replace(
            self._copy_figures(rows, prompts),
            fit=self._fit(cells, prompts),
            diversity=overfit.diversity(
                features[rows], [self._axes.group(cell.position) for cell in cells]
            ),
            vendi=overfit.vendi(features[rows]),
            vendi_ratio=overfit.vendi_ratio(features[pairs.rows], features[pairs.base]),
            change=overfit.change(features[pairs.rows], features[pairs.base], pairs.prompts),
            bleed=overfit.change(features[off.rows], features[off.base], off.prompts),
            trigger_effect=self._trigger_effect(cells),
            following=self._following(rows, prompts),
            following_change=self._following_change(pairs),
            held_out_loss=held_out.loss if held_out is not None else None,
            loss_rise=held_out.rise if held_out is not None else None,
        )

    def _copy_figures(self, rows: Sequence[int], prompts: Sequence[str]) -> Figures:
        if self.nearest is None:
            return NOTHING
        similar = self.nearest.similarity[rows].astype(float)
        return Figures(
            copy_mean=overfit.copy_mean(similar, prompts),
            copy_p90=overfit.copy_p90(similar, prompts),
            copy_share=overfit.copy_share(similar, prompts, self.threshold),
            excess=overfit.excess(similar, prompts, self.unseen),
            entropy=overfit.entropy(self.nearest.index[rows], prompts, self.training),
        )

    def _trigger_effect(self, cells: Sequence[GridCell]) -> Figure | None:
        base = self._base_of(cells)
        if not base:
            return None
        if not len(self.wanted):
            return self._trigger_shift(cells)
        styles, rows = self.drawn.styles, [self.places[cell.id] for cell in cells]
        asked = np.array([not self._off(cell) for cell in cells], bool)
        prompts = [cell.position.prompt for cell in cells]
        return trigger_effect(styles[rows], self.wanted, styles[base], asked, prompts)

    def _trigger_shift(self, cells: Sequence[GridCell]) -> Figure | None:
        paired = [cell for cell in cells if self._axes.subject(cell.position) in self._base]
        pairs, features = self._pairs(paired), self.drawn.features
        asked = np.array([not self._off(cell) for cell in paired], bool)
        ours, theirs = features[pairs.rows], features[pairs.base]
        return trigger_shift(ours, theirs, asked, pairs.prompts)

    def _following(self, rows: Sequence[int], prompts: Sequence[str]) -> Figure | None:
        if not self._texts:
            return None
        texts = np.stack([self._texts[prompt] for prompt in prompts])
        return overfit.following(self.drawn.features[rows], texts, prompts)

    def _following_change(self, pairs: _Pairs) -> Figure | None:
        if not self._texts or not pairs.rows:
            return None
        texts = np.stack([self._texts[prompt] for prompt in pairs.prompts])
        features = self.drawn.features
        ours, theirs = features[pairs.rows], features[pairs.base]
        return overfit.following_change(ours, theirs, texts, pairs.prompts)

    def _off(self, cell: GridCell) -> bool:
        """Whether the picture was asked for without the trigger word."""
        kind = self.prompts.get(cell.position.prompt, "")
        return kind == "off" or self._axes.without_trigger(cell.position)

    def _pairs(self, cells: Sequence[GridCell]) -> _Pairs:
        """Cells beside those of the base model with the same prompt and seed."""
        found = [cell for cell in cells if self._axes.subject(cell.position) in self._base]
        return _Pairs(
            [self.places[cell.id] for cell in found],
            [self._base[self._axes.subject(cell.position)] for cell in found],
            [cell.position.prompt for cell in found],
        )


@dataclass(frozen=True)
class _Pairs:
    """Rows of ``drawn``, those of the base model beside them, and their prompts."""

    rows: list[int]
    base: list[int]
    prompts: list[str]
