"""Adapters on a loaded model: create one to train, attach files, choose what acts how much.

Names, ranks, alphas and files are kohya's and LyCORIS's. Nothing acts unless it was made active,
and where nothing acts the model computes exactly what it computed without adapters.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from engine.models import adapter_layers
from engine.models.adapter_file import AdapterFile, from_tensors, read_adapter, to_tensors
from engine.models.adapter_fit import check_family, fitting
from engine.models.adapter_kinds import (
    MAGNITUDE,
    STARTS_AT_ZERO,
    AdapterModule,
    LokrForm,
    Room,
    fresh,
    magnitude_of,
)
from engine.models.adapter_layers import Host, Part, adapters_of, parts_of
from engine.models.adapter_modules import Adapter
from engine.models.adapter_plan import AdapterSpec, learns, room_of
from engine.runtime.errors import BadInputError, ModelFileError
from engine.runtime.files import require_file

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

Weights = Mapping[str, tuple[float, float]]  # name -> (weight on the UNet, on the text encoders)
KEPT_BYTES = 1 << 30
"""Of attached files that stay in memory while they are not in use: tens of checkpoints."""


@dataclass(frozen=True)
class AdapterInfo:
    """An attached file. ``unknown`` are the keys that fit no layer of the model, ``bytes`` what it
    takes in memory; ``on_text`` is whether it changes a text encoder.
    """

    name: str
    path: Path
    rank: int
    alpha: float
    modules: int
    unknown: tuple[str, ...]
    trigger_word: str
    bytes: int = 0
    on_text: bool = True


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

    It starts from ``generator`` (on the CPU) such that the model's output does not change. Layers:
    kohya's, see training specification 7.2, less what ``spec`` leaves out. BadInputError when that
    is every layer.
    """
    for part in parts_of(model):
        modules = {
            key: _started(target.layer, room, spec, generator)
            for key, target in part.targets.items()
            if (room := room_of(part, key, target, spec))
        }
        if modules:
            adapter_layers.wrap(part, name, modules, spec.dropout)
    return _learning(model, name)


def create_from(model: LoadedModel, name: str, file: AdapterFile, spec: AdapterSpec) -> Parameters:
    """As :func:`create`, but with the modules of ``file``, of the parts that ``spec`` trains.

    Raises like :func:`attach`, or BadInputError when ``file`` has nothing of those parts.
    """
    for part, modules in fitting(model, file, torch.float32):
        if modules and learns(part, spec):
            adapter_layers.wrap(part, name, modules, spec.dropout)
    return _learning(model, name)


def _learning(model: LoadedModel, name: str) -> Parameters:
    """Let the modules of ``name`` that are on the model act and learn; their parameters."""
    model.adapters.created.add(name)
    _activate(model, {**model.adapters.active, name: (1.0, 1.0)})
    found: Parameters = {"unet": [], "text": []}
    for part, _, adapter in modules_of(model, name):
        found["text" if part.is_text else "unet"].extend(adapter.parameters())
    if not any(found.values()):
        detach(model, name)
        raise BadInputError(
            "The adapter has no layer to learn with.",
            remedy="Check the layer filter, the ranks and weights of the blocks, and the rates.",
        )
    for parameter in (*found["unet"], *found["text"]):
        parameter.requires_grad_(True)
    return found


def modules_of(model: LoadedModel, name: str) -> Iterator[tuple[Part, str, Adapter]]:
    """The modules of adapter ``name`` with their parts and kohya's names, in order of the model."""
    for part in parts_of(model):
        for key, adapter in adapters_of(part, name).items():
            yield part, key, adapter


def _started(
    layer: Host, room: Room, spec: AdapterSpec, generator: torch.Generator
) -> AdapterModule:
    form = LokrForm(spec.lokr_factor, spec.decompose_both)
    module = fresh(spec.kind, layer.weight, room, generator, form)
    if not spec.magnitude:
        return module
    tensors = {**module.tensors, MAGNITUDE: magnitude_of(layer.weight.detach()).cpu()}
    return AdapterModule(module.kind, tensors, module.alpha)


def continue_from(model: LoadedModel, name: str, file: AdapterFile) -> list[str]:
    """Let the fresh adapter ``name`` start where ``file`` ended, with the alphas it has itself: its
    tensors are scaled so that it changes the model as the file does.

    Gives the modules of ``file`` that the adapter does not have. ModelFileError when it is of
    another family, BadInputError when a module is of another kind or rank, or when none is in both.
    """
    check_family(model, file)
    own = {key: adapter for _, key, adapter in modules_of(model, name)}
    shared = own.keys() & file.modules.keys()
    for key in shared:
        _continue(own[key], file.modules[key], file, key)
    if not shared:
        raise BadInputError(
            "{name} has no layer in common with the new adapter.",
            name=file.path.name,
            remedy="Choose a file of the same kind, trained on the same parts of the model.",
        )
    return sorted(file.modules.keys() - shared)


def _continue(adapter: Adapter, module: AdapterModule, file: AdapterFile, key: str) -> None:
    tensors = adapter.tensors
    sizes = {ending: tensor.numel() for ending, tensor in module.tensors.items()}
    if adapter.kind != module.kind or sizes != {e: t.numel() for e, t in tensors.items()}:
        raise BadInputError(
            "{name} is a {kind} of rank {rank} in {key}, the new adapter is not.",
            name=file.path.name,
            kind=file.kind,
            rank=module.rank,
            key=key,
            remedy="Choose the same adapter, and take the rank from the file.",
        )
    for ending, tensor in module.tensors.items():
        factor = module.scale / adapter.scale if ending in STARTS_AT_ZERO else 1.0
        tensors[ending].data.copy_(tensor.reshape(tensors[ending].shape) * factor)


def attach(model: LoadedModel, path: str | Path, name: str = "") -> AdapterInfo:
    """Put the file ``path`` on ``model`` as adapter ``name`` (its path when empty), inactive.

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
    info = _put_on(model, read_adapter(path), name)
    model.adapters.attached[name] = (key, info)
    _activate(model, model.adapters.active)
    return info


def _put_on(model: LoadedModel, lora: AdapterFile, name: str) -> AdapterInfo:
    known: set[str] = set()
    size, on_text = 0, False
    for part, modules in fitting(model, lora, model.dtype):
        if modules:
            adapter_layers.wrap(part, name, modules)
            known |= modules.keys()
            size += sum(module.bytes for module in modules.values())
            on_text |= part.is_text
    unknown = (*lora.unknown, *(key for key in lora.modules if key not in known))
    return AdapterInfo(
        name,
        lora.path,
        lora.rank,
        lora.alpha,
        len(known),
        unknown,
        lora.trigger_word,
        size,
        on_text,
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
    used for longest are taken off while they take more than :data:`KEPT_BYTES`. KeyError for a name
    that is neither created nor attached.
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


def without(model: LoadedModel, name: str) -> AbstractContextManager[None]:
    """As :func:`active`, with all that acts now but ``name``."""
    return active(model, {key: two for key, two in model.adapters.active.items() if key != name})


def _evict(model: LoadedModel) -> None:
    state = model.adapters
    idle = {name: info for name, (_, info) in state.attached.items() if name not in state.active}
    held = sum(info.bytes for info in idle.values())
    for name, info in idle.items():
        if held <= KEPT_BYTES:
            return
        detach(model, name)
        held -= info.bytes


def take_off_idle(model: LoadedModel) -> None:
    """Take off every attached file that is not in use: when memory ran out, none is kept."""
    for name in [name for name in model.adapters.attached if name not in model.adapters.active]:
        detach(model, name)


def acts_on_text(model: LoadedModel, path: Path) -> bool:
    """Whether the attached file ``path`` changes a text encoder; of one that is not attached
    nothing is known, so it may.
    """
    held = model.adapters.attached.get(str(path.resolve()))
    return held is None or held[1].on_text


def _activate(model: LoadedModel, weights: Weights) -> None:
    model.adapters.active = dict(weights)
    unet = {name: unet for name, (unet, _) in weights.items()}
    text = {name: text for name, (_, text) in weights.items()}
    adapter_layers.set_weights(model.unet, unet)
    for encoder in model.text_encoders:
        adapter_layers.set_weights(encoder, text)


def state_dict(model: LoadedModel, name: str) -> dict[str, torch.Tensor]:
    """Adapter ``name`` as a file holds it: copies on the CPU, alpha included."""
    modules = {}
    for part in parts_of(model):
        for key, adapter in adapters_of(part, name).items():
            tensors = {e: t.detach().cpu().clone() for e, t in adapter.tensors.items()}
            modules[key] = AdapterModule(adapter.kind, tensors, adapter.alpha)
    return to_tensors(modules)


def load_state(model: LoadedModel, name: str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Copy ``tensors``, named as in files, into the existing adapter ``name``, in place.

    ModelFileError when they are not exactly the modules and shapes of the adapter.
    """
    given, own = from_tensors(tensors), from_tensors(state_dict(model, name))
    if {key: _shapes(module) for key, module in given.items()} != {
        key: _shapes(module) for key, module in own.items()
    }:
        raise ModelFileError(
            "The saved adapter has other layers or ranks than the one in training.",
            remedy="Resume with the settings the run was started with.",
        )
    for part in parts_of(model):
        for key, adapter in adapters_of(part, name).items():
            adapter.alpha = given[key].alpha
            for ending, tensor in adapter.tensors.items():
                tensor.data.copy_(given[key].tensors[ending])


def _shapes(module: AdapterModule) -> dict[str, torch.Size]:
    return {ending: tensor.shape for ending, tensor in module.tensors.items()}
