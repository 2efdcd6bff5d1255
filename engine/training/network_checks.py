"""What must fit between the adapter's settings and the base model."""

from __future__ import annotations

from engine.models.adapter_blocks import numbers, sides
from engine.models.loading import LoadedModel
from engine.runtime.errors import BadInputError
from engine.training.config import TrainRequest


def check_network(request: TrainRequest, model: LoadedModel) -> None:
    """Raise BadInputError for a list of blocks that has too few or too many numbers."""
    count = sides(sdxl=model.family.original_lora_names).count
    for name in ("block_dims", "block_alphas", "conv_block_dims", "conv_block_alphas"):
        _check_list(name, getattr(request, name), count, model)


def _check_list(name: str, text: str, count: int, model: LoadedModel) -> None:
    given = len(numbers(text))
    if given not in (0, count):
        raise BadInputError(
            "{setting} has {given} numbers; {family} has {count} blocks.",
            setting=name,
            given=given,
            family=model.family.label,
            count=count,
            remedy="Write one number for each block.",
        )
