"""How pictures of one folder are trained, kohya's subset, and samples that know their way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from engine.dataset.edits import Baked, bake_with_mask, work_on
from engine.dataset.problem import Problem
from engine.dataset.samples import Sample
from engine.imaging.alpha import has_transparency
from engine.imaging.decode import load_rgba
from engine.runtime.errors import BadInputError
from engine.training.config import TrainRequest
from engine.training.settings.buckets import BucketSettings
from engine.training.settings.captions import CaptionRules
from engine.training.settings.pictures import PictureSettings
from engine.training.splits import split

_CAPTIONS, _PICTURES = CaptionRules(), PictureSettings()


@dataclass(frozen=True)
class Way:
    """Rules for captions and pixels. ``buckets`` and ``batch_size`` are None where they are the
    run's; pictures of different ``dataset`` numbers never share a batch. ``face_range`` is how much
    faces are enlarged when pictures are cut around them. ``validation_split`` is the share of the
    folder that is measured and not learned. ``held`` pictures teach what the model answers without
    the adapter (kohya's ``diff_output_preservation``).
    """

    captions: CaptionRules = _CAPTIONS
    pictures: PictureSettings = _PICTURES
    buckets: BucketSettings | None = None
    face_range: tuple[float, float] | None = None
    batch_size: int | None = None
    dataset: int = 0
    validation_split: float = 0.0
    validation_seed: int = 0
    held: bool = False


@dataclass(frozen=True)
class TrainingSample(Sample):
    """A sample and the way it is trained. ``mask_file`` is its mask from a folder of masks;
    ``group`` names what it was listed by where that is not its folder.
    """

    way: Way = Way()
    mask_file: Path | None = None
    group: str = ""

    def bake(self) -> Baked:
        """The edited picture; its mask is of its recipe, its transparency or its mask file, or
        their product. Raises PictureError or MissingFileError.
        """
        rgba = load_rgba(self.path)
        found = bake_with_mask(rgba, self.recipe, self.fill, self.masks)
        masks = [] if found.mask is None else [found.mask]
        if self.way.pictures.alpha_mask:
            # Before the fill, which leaves nothing transparent.
            shaped = work_on(rgba, self.recipe.without("fill"), self.masks).rgba
            masks += [shaped[..., 3]] if has_transparency(shaped) else []
        if self.mask_file is not None:
            masks.append(load_rgba(self.mask_file)[..., 0])
        return Baked(found.rgb, _product(masks))


def on_its_way(sample: Sample, way: Way, mask_file: Path | None = None) -> TrainingSample:
    """``sample`` with the way it is trained."""
    values = {field.name: getattr(sample, field.name) for field in fields(Sample)}
    return TrainingSample(**values, way=way, mask_file=mask_file)


def way_of(request: TrainRequest) -> Way:
    """The way of all pictures of a request that are not listed by a dataset file."""
    faces = None if request.enable_bucket else request.face_range
    return Way(
        captions=request,
        pictures=request,
        face_range=faces,
        validation_split=request.validation_split,
        validation_seed=request.validation_seed,
    )


def drawn_anew(way: Way) -> bool:
    """Whether every draw of a picture differs, so that none can be kept."""
    return way.pictures.color_aug or way.pictures.random_crop or way.face_range is not None


def held_apart(
    samples: Sequence[TrainingSample], tell: Callable[[str], object]
) -> tuple[list[TrainingSample], list[TrainingSample]]:
    """(to learn from, held out) by the share of each folder's way; a picture that is held out in
    one dataset is learned in none. ``tell`` hears of a share that holds out none.

    Raises BadInputError when nothing is left to learn.
    """
    kinds: dict[tuple[float, int], list[TrainingSample]] = {}
    for sample in samples:
        key = sample.way.validation_split, sample.way.validation_seed
        kinds.setdefault(key, []).append(sample)
    held_out: list[TrainingSample] = []
    for (share, seed), members in kinds.items():
        plain = [sample for sample in members if not sample.is_reg]
        found = plain if share >= 1 else split(members, share, seed)[1]
        if share and plain and not found:
            tell(
                Problem(
                    "No picture is held out: there is only one, or all of them are copies of it."
                )
            )
        held_out += found
    paths = {sample.path for sample in held_out}
    training = [sample for sample in samples if sample.is_reg or sample.path not in paths]
    if not any(not sample.is_reg for sample in training):
        raise BadInputError(
            "All pictures are held out, so there is nothing to learn from.",
            remedy="Lower the held-out share.",
        )
    return training, [replace(sample, repeats=1) for sample in held_out]


def _product(masks: list[np.ndarray]) -> np.ndarray | None:
    """uint8 masks of one size multiplied as shares of 255; None without any."""
    if len(masks) < 2:
        return masks[0] if masks else None
    product = np.multiply.reduce([mask / 255 for mask in masks])
    return np.rint(product * 255).astype(np.uint8)
