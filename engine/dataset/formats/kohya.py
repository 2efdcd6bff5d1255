"""Kohya's folders ``<repeats>_<category>/``, alone or named by a dataset TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import tomli_w

from engine.dataset.formats.layout import Layout
from engine.dataset.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.dataset.formats.layout import Row
    from engine.dataset.picture import Picture
    from engine.dataset.requests import ExportRequest
    from engine.dataset.samples import Sample
    from engine.project.project import Project

CONFIG = "dataset.toml"
REGULARIZATION = "reg"


class KohyaFolders(Layout):
    """Captions as text files; regularization pictures in the same layout under ``reg/``."""

    side_captions: ClassVar[bool] = True
    regularization: ClassVar[bool] = True

    def folder(self, picture: Picture, sample: Sample, project: Project) -> str:
        name = f"{sample.repeats}_{super().folder(picture, sample, project)}"
        return f"{REGULARIZATION}/{name}" if sample.is_reg else name

    def index(
        self, target: Path, rows: Sequence[Row], project: Project, request: ExportRequest
    ) -> dict[str, str]:
        return {}

    def notes(
        self, rows: Sequence[Row], left_out: Sequence[Picture], request: ExportRequest
    ) -> list[Problem]:
        told = super().notes(rows, left_out, request)
        if any(row.mask for row in rows):
            told.append(
                Problem(
                    "Kohya's scripts take mask files beside the pictures for pictures.",
                    remedy="For them, export the masks as alpha channels.",
                )
            )
        return told


class KohyaToml(KohyaFolders):
    """The same folders with ``dataset.toml``, one subset per folder.

    Paths in it are absolute: kohya's scripts read others from wherever they are started.
    """

    def index(
        self, target: Path, rows: Sequence[Row], project: Project, request: ExportRequest
    ) -> dict[str, str]:
        folders: dict[str, Row] = {}
        for row in rows:
            folders.setdefault(row.item.name.rpartition("/")[0], row)
        alpha = request.masks == "alpha" and any("mask" in _kinds(row) for row in rows)
        subsets = [_subset(target / name, row, alpha) for name, row in folders.items()]
        dataset = {"resolution": project.file.resolution, "enable_bucket": True}
        return {CONFIG: _rendered({"caption_extension": ".txt"}, dataset, subsets)}


def _rendered(general: dict[str, Any], dataset: dict[str, Any], subsets: list[Any]) -> str:
    """The TOML with a table per subset, which kohya's older reader understands best."""
    parts = [("[general]", general), ("[[datasets]]", dataset)]
    parts += [("[[datasets.subsets]]", subset) for subset in subsets]
    return "\n".join(f"{head}\n{tomli_w.dumps(values)}" for head, values in parts)


def _subset(folder: Path, row: Row, alpha: bool) -> dict[str, Any]:
    sample = row.item.sample
    values: dict[str, Any] = {"image_dir": str(folder), "num_repeats": sample.repeats}
    if sample.category:
        values["class_tokens"] = sample.category
    if sample.is_reg:
        values["is_reg"] = True
    return {**values, "alpha_mask": True} if alpha else values


def _kinds(row: Row) -> set[str]:
    return {step.kind for step in row.item.sample.recipe.steps if step.on}
