"""What must fit between settings and a base model, as far as it can be told without its weights.

The window says it beside the fields before Start; the run, which has the weights, refuses with the
same sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.dataset.buckets import fitting_step
from engine.models.adapter_blocks import numbers, sides
from engine.models.family import (
    FAMILIES,
    STARTER,
    STARTER_TEXT_LAYERS,
    STARTER_UNIT,
    STARTER_WIDTH,
    Family,
)
from engine.models.inspect import ModelInfo
from engine.runtime.refusals import Refusal, RefusedError
from engine.training.config import TrainRequest
from engine.training.settings.buckets import BucketSettings
from engine.training.settings.losses import NEEDS_EPSILON, NEEDS_V
from engine.training.start_weights import StartFile, misfits

_BLOCK_LISTS = ("block_dims", "block_alphas", "conv_block_dims", "conv_block_alphas")


@dataclass(frozen=True)
class Traits:
    """What is known of a base model. ``native_size`` is the side of its training pictures, ``unit``
    what the sides of pictures must be multiples of, both in pixels, ``layers`` those of its first
    text encoder, ``width`` the channels of its text. ``prediction_type`` is empty, and ``unit``,
    ``layers`` and ``width`` are 0, where only the weights tell.
    """

    name: str
    family: Family
    native_size: int
    prediction_type: str = ""
    unit: int = 0
    layers: int = 0
    width: int = 0


def starter_traits() -> Traits:
    """What is known of the small model that ships."""
    unit, layers = STARTER_UNIT, STARTER_TEXT_LAYERS
    return Traits(STARTER, FAMILIES["sd1"], 128, "v_prediction", unit, layers, STARTER_WIDTH)


def traits_of_file(info: ModelInfo) -> Traits:
    """What the header of a base model's file tells."""
    if info.ref == STARTER:
        return starter_traits()
    family = FAMILIES[info.family]
    versions = [one for one in family.versions if one.prediction_type == info.prediction_type]
    size = (versions or family.versions)[0].native_size
    whole = info.context_width == family.context_width  # else it is a small relative
    unit, layers = (family.unit, family.text_layers) if whole else (0, 0)
    width = info.context_width or 0
    return Traits(info.name, family, size, info.prediction_type, unit, layers, width)


def refuse_what_does_not_fit(
    request: TrainRequest, model: Traits, files: Mapping[str, StartFile]
) -> None:
    """Raise RefusedError with all that ``model`` cannot do; ``files`` are those that the run starts
    from, by path, as far as they were looked at.
    """
    found = (*_sizes(request, model), *_objective(request, model), *_blocks(request, model),
             *_layers(request, model))  # fmt: skip
    of_files = tuple(misfits(request, model, files))
    if found:
        remedy = "Correct it, or choose another base model."
        raise RefusedError((*found, *of_files), remedy=remedy)
    if of_files:
        raise RefusedError(of_files, remedy="Choose another LoRA, or settings that it fits.")


def refuse_sizes(sizes: BucketSettings, model: Traits) -> None:
    """Raise RefusedError for sizes that ``model`` cannot learn in."""
    found = tuple(_sizes(sizes, model))
    if found:
        raise RefusedError(found, remedy="Correct it, or choose another base model.")


def _sizes(request: BucketSettings, model: Traits) -> Iterator[Refusal]:
    """The UNet halves its input several times; sizes it cannot halve evenly crash deep inside."""
    if not model.unit:
        return
    facts = {"unit": str(model.unit), "model": model.name}
    size = request.size or (model.native_size, model.native_size)
    if min(size) < model.unit:
        yield Refusal("resolution", "Must be {unit} or more for {model}.", facts)
    elif request.enable_bucket and fitting_step(request.bucket_reso_steps, size) % model.unit:
        yield Refusal("bucket_reso_steps", "Use a multiple of {unit} with {model}.", facts)
    elif not request.enable_bucket and any(side % model.unit for side in request.size or ()):
        yield Refusal(
            "resolution", "Use multiples of {unit} with {model}, or turn buckets on.", facts
        )


def _objective(request: TrainRequest, model: Traits) -> Iterator[Refusal]:
    named = request.prediction_type
    predicts = model.prediction_type if named == "auto" else named
    if request.scale_v_pred_loss_like_noise_pred and predicts == "epsilon":
        yield Refusal("scale_v_pred_loss_like_noise_pred", NEEDS_V)
    if request.v_pred_like_loss and predicts == "v_prediction":
        yield Refusal("v_pred_like_loss", NEEDS_EPSILON)


def _blocks(request: TrainRequest, model: Traits) -> Iterator[Refusal]:
    """A list of blocks has a number for each of them, or is empty."""
    count = sides(sdxl=model.family.original_lora_names).count
    for name in _BLOCK_LISTS:
        given = len(numbers(getattr(request, name)))
        if given not in (0, count):
            facts = {"given": str(given), "family": model.family.label, "count": str(count)}
            yield Refusal(name, "It has {given} numbers, and {family} has {count} blocks.", facts)


def _layers(request: TrainRequest, model: Traits) -> Iterator[Refusal]:
    if model.layers and request.clip_skip > model.layers:
        facts = {"layers": str(model.layers), "model": model.name}
        yield Refusal("clip_skip", "Must be {layers} or less for {model}.", facts)
