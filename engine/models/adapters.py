"""LoRA adapters on a loaded model: create one to train, attach files, choose what acts how much.

The adapters are PEFT's; names, ranks, alphas and files are kohya's. Nothing acts unless it was
made active, and where nothing acts the model computes exactly what it computed without adapters.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from engine.models import adapter_layers
from engine.models.adapter_layers import Part, Target, parts_of
from engine.models.family import FAMILIES
from engine.models.lora_file import LoraFile, LoraModule, from_tensors, read_lora, to_tensors
from engine.runtime.errors import ModelFileError
from engine.runtime.files import require_file

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

Weights = Mapping[str, tuple[float, float]]  # name -> (weight on the UNet, on the text encoders)
KEPT = 6  # attached files that stay in memory while they are not in use


@dataclass(frozen=True)
class AdapterSpec:
    """A new adapter. Alpha 0 means alpha = rank; ``conv_rank`` 0 leaves residual blocks alone.

    With ``conv_rank`` the 3x3 convolutions of residual blocks and resamplers get that rank and
    ``conv_alpha``; their linear layers and 1x1 convolutions get ``rank`` and ``alpha``.
    """

    rank: int = 8
    alpha: float = 1.0
    train_unet: bool = True
    train_text: bool = True
    conv_rank: int = 0
    conv_alpha: float = 1.0


@dataclass(frozen=True)
class AdapterInfo:
    """An attached file. ``unknown`` are the keys that fit no layer of the model."""

    name: str
    path: Path
    rank: int
    alpha: float
    modules: int
    unknown: tuple[str, ...]
    trigger_word: str


@dataclass
class AdapterState:
    """The adapters of one model. ``attached`` (files) is in order of last use."""

    created: set[str] = field(default_factory=set)
    attached: dict[str, tuple[tuple[str, int, int], AdapterInfo]] = field(default_factory=dict)
    active: dict[str, tuple[float, float]] = field(default_factory=dict)


Parameters = dict[str, list[nn.Parameter]]  # the trainable tensors under "unet" and "text"


def create(
    model: LoadedModel, name: str, spec: AdapterSpec, generator: torch.Generator
) -> Parameters:
    """Put a new adapter on ``model``, active with weight 1, in float32; gives its parameters.

    Down starts uniform within 1/sqrt(fan in), drawn from ``generator`` (on the CPU), up at zero:
    the model's output does not change. Layers: kohya's, see training specification 7.2.
    """
    for part in parts_of(model):
        modules = {
            key: _fresh(target, spec, generator)
            for key, target in part.targets.items()
            if _wanted(part, target, spec)
        }
        if modules:
            adapter_layers.wrap(part, name, modules)
    model.adapters.created.add(name)
    _activate(model, {**model.adapters.active, name: (1.0, 1.0)})
    found: Parameters = {"unet": [], "text": []}
    for part in parts_of(model):
        for factors in adapter_layers.factors_of(part, name).values():
            for tensor in (factors.down, factors.up):
                tensor.requires_grad_(True)
                found["text" if part.is_text else "unet"].append(tensor)
    return found


def _wanted(part: Part, target: Target, spec: AdapterSpec) -> bool:
    if part.is_text:
        return spec.train_text
    return spec.train_unet and (not target.residual or spec.conv_rank > 0)


def _fresh(target: Target, spec: AdapterSpec, generator: torch.Generator) -> LoraModule:
    wide = target.residual and target.wide
    rank = spec.conv_rank if wide else spec.rank
    alpha = (spec.conv_alpha if wide else spec.alpha) or float(rank)
    fan_in = target.layer.weight[0].numel()
    down = torch.empty((rank, *target.layer.weight.shape[1:]), dtype=torch.float32)
    down.uniform_(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)
    up = torch.zeros((target.layer.weight.shape[0], rank, *[1] * (down.ndim - 2)))
    return LoraModule(down, up, alpha)


def attach(model: LoadedModel, path: str | Path, name: str = "") -> AdapterInfo:
    """Put the LoRA file ``path`` on ``model`` as adapter ``name`` (its path when empty), inactive.

    A file that is attached already and has not changed is not read again. ModelFileError when the
    file is damaged, of another family or of another size.
    """
    path = require_file(Path(path))
    name = name or str(path.resolve())
    state = path.stat()
    key = (str(path.resolve()), state.st_mtime_ns, state.st_size)
    held = model.adapters.attached.pop(name, None)
    if held is not None and held[0] == key:
        model.adapters.attached[name] = held
        return held[1]
    if held is not None:
        detach(model, name)
    info = _put_on(model, read_lora(path), name)
    model.adapters.attached[name] = (key, info)
    _activate(model, model.adapters.active)
    return info


def _put_on(model: LoadedModel, lora: LoraFile, name: str) -> AdapterInfo:
    if lora.family != model.family.id:
        raise ModelFileError(
            "{name} is a LoRA for {family}; {model} is {other}.", name=lora.path.name,
            family=FAMILIES[lora.family].label, model=model.name, other=model.family.label,
            remedy="Choose a LoRA and a base model of the same family.",
        )  # fmt: skip
    parts = parts_of(model)
    fitting = [
        {key: _fitted(lora, key, part, model) for key in lora.modules if key in part.targets}
        for part in parts
    ]
    known = {key for modules in fitting for key in modules}
    if not known:
        raise ModelFileError(
            "{name} fits no layer of {model}.",
            name=lora.path.name,
            model=model.name,
            remedy="Choose a LoRA made for this model.",
        )
    for part, modules in zip(parts, fitting, strict=True):
        if modules:
            adapter_layers.wrap(part, name, modules)
    unknown = (*lora.unknown, *(key for key in lora.modules if key not in known))
    return AdapterInfo(
        name, lora.path, lora.rank, lora.alpha, len(known), unknown, lora.trigger_word
    )


def _fitted(lora: LoraFile, key: str, part: Part, model: LoadedModel) -> LoraModule:
    """The module ``key`` in the layer's shape and dtype.

    Files disagree on whether a 1x1 convolution is written with two or four dimensions.
    """
    module, weight = lora.modules[key], part.targets[key].layer.weight
    down, up = (
        (module.rank, *weight.shape[1:]),
        (weight.shape[0], module.rank, *[1] * (weight.ndim - 2)),
    )
    if module.down.numel() != math.prod(down) or module.up.numel() != math.prod(up):
        raise ModelFileError(
            "{name} was made for another model than {model}: its {key} has {actual} inputs, the "
            "model's has {expected}.", name=lora.path.name, model=model.name, key=key,
            actual=module.down[0].numel(), expected=weight[0].numel(),
            remedy="Choose a LoRA made for this model.",
        )  # fmt: skip
    return LoraModule(
        module.down.to(model.dtype).reshape(down),
        module.up.to(model.dtype).reshape(up),
        module.alpha,
    )


def detach(model: LoadedModel, name: str) -> None:
    """Take adapter ``name`` off ``model``; nothing of it stays."""
    model.adapters.attached.pop(name, None)
    model.adapters.created.discard(name)
    _activate(model, {key: pair for key, pair in model.adapters.active.items() if key != name})
    for part in parts_of(model):
        adapter_layers.unwrap(part.module, name)


@contextlib.contextmanager
def active(model: LoadedModel, weights: Weights) -> Iterator[None]:
    """Let exactly the adapters ``weights`` act inside the block; afterwards what acted before.

    Each acts with its (UNet, text encoder) weight; weight 0 is as if the adapter were not there.
    Which parameters need gradients does not change. Afterwards the attached files that were not
    used for longest are taken off while there are more than :data:`KEPT`. KeyError for a name that
    is neither created nor attached.
    """
    state = model.adapters
    missing = weights.keys() - state.created - state.attached.keys()
    if missing:
        raise KeyError(f"adapters that are not on the model: {sorted(missing)}")
    before = state.active
    try:
        _activate(model, weights)
        yield
    finally:
        _activate(model, before)
        _evict(model)


def _evict(model: LoadedModel) -> None:
    state = model.adapters
    idle = [name for name in state.attached if name not in state.active]
    for name in idle[: max(0, len(state.attached) - KEPT)]:
        detach(model, name)


def _activate(model: LoadedModel, weights: Weights) -> None:
    model.adapters.active = dict(weights)
    unet = {name: unet for name, (unet, _) in weights.items()}
    text = {name: text for name, (_, text) in weights.items()}
    adapter_layers.set_weights(model.unet, unet)
    for encoder in model.text_encoders:
        adapter_layers.set_weights(encoder, text)


def state_dict(model: LoadedModel, name: str) -> dict[str, torch.Tensor]:
    """Adapter ``name`` as kohya's tensors: copies on the CPU, alpha included."""
    modules = {
        key: LoraModule(down.detach().cpu().clone(), up.detach().cpu().clone(), alpha)
        for part in parts_of(model)
        for key, (down, up, alpha) in adapter_layers.factors_of(part, name).items()
    }
    return to_tensors(modules)


def load_state(model: LoadedModel, name: str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Copy kohya's ``tensors`` into the existing adapter ``name``, in place.

    ModelFileError when they are not exactly the modules and shapes of the adapter.
    """
    given, own = from_tensors(tensors), from_tensors(state_dict(model, name))
    same = given.keys() == own.keys() and all(
        given[key].down.shape == own[key].down.shape and given[key].up.shape == own[key].up.shape
        for key in own
    )
    if not same:
        raise ModelFileError(
            "The saved adapter has other layers or ranks than the one in training.",
            remedy="Resume with the settings the run was started with.",
        )
    for part in parts_of(model):
        for key, factors in adapter_layers.factors_of(part, name).items():
            factors.down.data.copy_(given[key].down)
            factors.up.data.copy_(given[key].up)
