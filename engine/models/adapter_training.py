"""Adapters that learn: made fresh or from a file on a loaded model, and their tensors in and out.

Names, ranks, alphas and files are kohya's and LyCORIS's; what acts is up to
:mod:`engine.models.adapters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from engine.models import adapter_layers
from engine.models.adapter_file import AdapterFile, from_tensors, to_tensors
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
from engine.models.adapter_layers import Host, adapters_of, parts_of
from engine.models.adapter_modules import Adapter
from engine.models.adapter_plan import AdapterSpec, learns, room_of
from engine.models.adapters import activate, detach, modules_of
from engine.runtime.errors import BadInputError, ModelFileError

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel

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
    activate(model, {**model.adapters.active, name: (1.0, 1.0)})
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
