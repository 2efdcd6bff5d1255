"""The adapter that learns: made on the loaded model for one run, and taken off again after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import Parameter

from engine.models import adapters
from engine.models.loading import LoadedModel
from engine.training.config import TrainRequest

NAME = "training"


class Network:
    """The trainable parameters by part (``unet``, ``text``), and their kohya-named tensors."""

    def __init__(self, model: LoadedModel, parts: Mapping[str, Sequence[Parameter]]) -> None:
        self._model = model
        self.parts = parts

    @property
    def parameters(self) -> list[Parameter]:
        """All parameters that learn."""
        return [parameter for part in self.parts.values() for parameter in part]

    def tensors(self) -> dict[str, Tensor]:
        """``lora_down``, ``lora_up`` and ``alpha`` of every module, as LoRA files name them."""
        return adapters.state_dict(self._model, NAME)


@contextmanager
def adapted(model: LoadedModel, request: TrainRequest) -> Iterator[Network]:
    """``model`` with a fresh adapter that is active inside the block and gone after it."""
    spec = adapters.AdapterSpec(
        rank=request.network_dim,
        alpha=request.network_alpha,
        conv_rank=request.conv_dim,
        conv_alpha=request.conv_alpha,
        train_unet=request.unet_lr > 0,
        train_text=request.text_encoder_lr > 0,
    )
    generator = torch.Generator().manual_seed(request.seed)
    parts = adapters.create(model, NAME, spec, generator)
    if request.gradient_checkpointing:
        model.unet.enable_gradient_checkpointing()
    try:
        with adapters.active(model, {NAME: (1.0, 1.0)}):
            yield Network(model, parts)
    finally:
        model.unet.disable_gradient_checkpointing()
        adapters.detach(model, NAME)
