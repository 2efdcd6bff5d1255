"""Gradient checkpointing (Chen et al. 2016): blocks are computed again in the backward pass instead
of being kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from engine.models.loading import LoadedModel


@contextmanager
def using(model: LoadedModel) -> Iterator[None]:
    """Inside the block the UNet keeps little, and so does every text encoder that learns."""
    layers = [
        layer
        for encoder in model.text_encoders
        if any(parameter.requires_grad for parameter in encoder.parameters())
        for layer in encoder.modules()
        if isinstance(layer, GradientCheckpointingLayer)
    ]
    model.unet.enable_gradient_checkpointing()
    for layer in layers:
        _checkpoint(layer, True)
    try:
        yield
    finally:
        model.unet.disable_gradient_checkpointing()
        for layer in layers:
            _checkpoint(layer, False)


def _checkpoint(layer: Any, on: bool) -> None:
    """Not through the encoder's own switch: that needs dropout's training mode in all modules."""
    layer.gradient_checkpointing = on
    layer._gradient_checkpointing_func = partial(checkpoint, use_reentrant=False)
    layer.training = on
