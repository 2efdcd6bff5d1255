"""The adapter that learns: made on the loaded model for one run, and taken off again after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import Parameter

from engine.models import adapter_training, adapters
from engine.models.adapter_blocks import block_of, block_weights, number_at, numbers
from engine.models.adapter_file import AdapterFile, read_adapter
from engine.models.adapter_kinds import STARTS_AT_ZERO
from engine.models.adapter_layers import Part
from engine.models.adapter_modules import Dropout
from engine.models.adapter_plan import AdapterSpec, Blocks, Filter
from engine.models.loading import LoadedModel
from engine.training import checkpointing
from engine.training.config import TrainRequest
from engine.training.reasons import Reason

NAME = "training"


@dataclass
class Group:
    """Parameters that share a learning rate: ``part`` is unet, te1 or te2, and ``rate_factor`` what
    a block of the UNet, or the half that LoRA+ speeds up, multiplies the part's rate by.
    """

    name: str
    part: str
    rate_factor: float
    parameters: list[Parameter] = field(default_factory=list)


class Network:
    """The adapter in training. ``notes`` say what of the file it started from was left out."""

    def __init__(
        self,
        model: LoadedModel,
        parts: Mapping[str, Sequence[Parameter]],
        dropout: Dropout,
        notes: Sequence[Reason] = (),
    ) -> None:
        self._model = model
        self._dropout = dropout
        self._modules = list(adapters.modules_of(model, NAME))
        self.parts = parts
        self.notes = tuple(notes)

    @property
    def parameters(self) -> list[Parameter]:
        """All parameters that learn, in order of the model."""
        return [parameter for part in self.parts.values() for parameter in part]

    def groups(self, request: TrainRequest) -> list[Group]:
        """The parameters by what their rates are, in order of the model."""
        weights = blocks_of(request, self._model).weights
        found: dict[str, Group] = {}
        for part, key, adapter in self._modules:
            name, factor = _rate_of(part, key, weights)
            plus = request.plus_ratio(part.name)
            for ending, parameter in adapter.tensors.items():
                faster = bool(plus) and ending in STARTS_AT_ZERO
                label = f"{name} plus" if faster else name
                rate = factor * plus if faster else factor
                group = found.setdefault(label, Group(label, part.name, rate))
                group.parameters.append(parameter)
        return list(found.values())

    def tensors(self) -> dict[str, Tensor]:
        """The tensors and the alpha of every module, as files name them."""
        return adapter_training.state_dict(self._model, NAME)

    def train_mode(self, on: bool) -> None:
        """Let dropouts act, or not. Drawn from torch's own chance."""
        self._dropout.on = on

    @torch.no_grad()
    def after_step(self, request: TrainRequest) -> dict[str, float]:
        """Shrink changes that grew too long (kohya's ``scale_weight_norms``).

        Gives ``keys_scaled``, and the largest and the mean length afterwards; empty when off.
        """
        limit = request.scale_weight_norms
        if not limit:
            return {}
        found = [adapter for _, _, adapter in self._modules]
        lengths = torch.stack([adapter.norm() for adapter in found]).tolist()
        for adapter, length in zip(found, lengths, strict=True):
            if length > limit:
                adapter.shrink(limit / length)
        kept = [min(length, limit) for length in lengths]
        return {
            "keys_scaled": float(sum(length > limit for length in lengths)),
            "max_norm": max(kept),
            "avg_norm": sum(kept) / len(kept),
        }


def _rate_of(part: Part, key: str, weights: Sequence[float]) -> tuple[str, float]:
    """The name of a module's group, and what its part's rate is multiplied by."""
    if part.is_text or not weights:
        return part.name, 1.0
    block = block_of(key)
    return f"unet_block{block}", number_at(weights, block, 1.0)


@contextmanager
def adapted(model: LoadedModel, request: TrainRequest) -> Iterator[Network]:
    """``model`` with an adapter that is active inside the block and gone after it.

    Raises BadInputError, MissingFileError or ModelFileError for files to start from that do not
    fit.
    """
    dropout = Dropout(request.network_dropout, request.rank_dropout, request.module_dropout)
    with ExitStack() as stack:
        weights = {NAME: (1.0, 1.0)}
        for number, (path, strength) in enumerate(request.base_adapters, 1):
            name = f"{NAME} base {number}"
            adapters.attach(model, path, name)
            stack.callback(adapters.detach, model, name)
            weights[name] = (strength, strength)
        stack.callback(adapters.detach, model, NAME)
        parts, notes = _made(model, request, dropout)
        stack.enter_context(adapters.active(model, weights))
        if request.gradient_checkpointing:
            stack.enter_context(checkpointing.using(model))
        yield Network(model, parts, dropout, notes)


def _made(
    model: LoadedModel, request: TrainRequest, dropout: Dropout
) -> tuple[adapter_training.Parameters, list[Reason]]:
    spec = spec_of(request, model, dropout)
    file = read_adapter(request.network_weights) if request.network_weights else None
    if file is not None and request.dim_from_weights:
        parts = adapter_training.create_from(model, NAME, file, spec)
        own = {key for _, key, _ in adapters.modules_of(model, NAME)}
        return parts, _notes(file, sorted(file.modules.keys() - own))
    generator = torch.Generator().manual_seed(request.seed)
    parts = adapter_training.create(model, NAME, spec, generator)
    if file is None:
        return parts, []
    return parts, _notes(file, adapter_training.continue_from(model, NAME, file))


def _notes(file: AdapterFile, left_out: Sequence[str]) -> list[Reason]:
    left_out = [*file.unknown, *left_out]
    if not left_out:
        return []
    return [
        Reason(
            "{count} parts of {name} are not continued, such as {key}: the new adapter has no such "
            "layer.",
            count=len(left_out),
            name=file.path.name,
            key=left_out[0],
        )
    ]


def spec_of(request: TrainRequest, model: LoadedModel, dropout: Dropout) -> AdapterSpec:
    """What ``request`` asks of an adapter on ``model``."""
    parts = ("unet", *(f"te{number}" for number, _ in enumerate(model.text_encoders, 1)))
    return AdapterSpec(
        rank=request.network_dim,
        alpha=request.network_alpha,
        conv_rank=request.conv_dim,
        conv_alpha=request.conv_alpha,
        without=frozenset(part for part in parts if not request.rate_of(part)),
        kind=request.network_type,
        magnitude=request.dora_wd,
        rank_stabilized=request.rs_lora,
        lokr_factor=request.factor,
        decompose_both=request.decompose_both,
        blocks=blocks_of(request, model),
        layers=Filter(request.included_layers, request.excluded_layers),
        dropout=dropout,
    )


def blocks_of(request: TrainRequest, model: LoadedModel) -> Blocks:
    """The numbers of the UNet's blocks that ``request`` gives."""
    weights = block_weights(
        request.down_lr_weight,
        request.mid_lr_weight,
        request.up_lr_weight,
        request.block_lr_zero_threshold,
        sdxl=model.family.original_lora_names,
    )
    return Blocks(
        numbers(request.block_dims),
        numbers(request.block_alphas),
        numbers(request.conv_block_dims),
        numbers(request.conv_block_alphas if request.conv_block_dims else ""),  # as in kohya
        weights,
    )
