"""How much room on the disk checkpoints will take, by those that runs like it have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.training.story import Story
    from engine.training.config import TrainRequest

_LAYERS = (
    "base_model", "network_type", "dora_wd", "factor", "decompose_both", "layers_include",
    "layers_exclude", "block_dims", "conv_block_dims", "dim_from_weights", "save_model_as",
    "save_ema",
)  # fmt: skip
"""The settings that say which layers a file has, beside those of :func:`_shape`."""


def checkpoint_bytes(stories: Iterable[Story], request: TrainRequest) -> int | None:
    """The bytes of one checkpoint of ``request``, by the first of ``stories`` with the same layers;
    None without any. A file is as much larger as its rank is higher.
    """
    for story in stories:
        if story.request is not None and _shape(story.request) == _shape(request):
            bytes_ = _of_first(story)
            if bytes_:
                return round(bytes_ * _weight(request) / _weight(story.request))
    return None


def _of_first(story: Story) -> int:
    """The bytes of the first checkpoint; its moving average may lie beside it."""
    saved = [told.data for told in story.events if told.kind == "train.checkpoint"]
    return sum(data["bytes"] for data in saved if data["step"] == saved[0]["step"])


def _shape(request: TrainRequest) -> tuple[object, ...]:
    rank = request.network_dim
    linear = request.network_type == "lora"
    return (
        *(getattr(request, name) for name in _LAYERS),
        request.network_weights if request.dim_from_weights else "",
        request.rate_of("unet") > 0,
        request.text_encoder_lr > 0,
        request.ema_decay > 0,
        request.conv_dim / rank if linear else (rank, request.conv_dim),
    )


def _weight(request: TrainRequest) -> int:
    """What the size of a file grows with."""
    return request.network_dim * (4 if request.save_precision == "float" else 2)
