"""Whether an adapter's file belongs on a model, and its tensors in the shapes of the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from engine.models.adapter_file import AdapterFile
from engine.models.adapter_kinds import DOWN, UP, AdapterModule
from engine.models.adapter_layers import Part, parts_of
from engine.models.family import FAMILIES
from engine.runtime.errors import ModelFileError

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel


def fitting(
    model: LoadedModel, lora: AdapterFile, dtype: torch.dtype
) -> list[tuple[Part, dict[str, AdapterModule]]]:
    """The modules of ``lora`` in ``dtype``, by the part of ``model`` they belong to.

    ModelFileError when ``lora`` is of another family, of another size, or for no layer at all.
    """
    check_family(model, lora)
    found = [
        (part, {k: _fitted(lora, k, part, model, dtype) for k in lora.modules if k in part.targets})
        for part in parts_of(model)
    ]
    if not any(modules for _, modules in found):
        raise ModelFileError(
            "{name} fits no layer of {model}.",
            name=lora.path.name,
            model=model.name,
            remedy="Choose a LoRA made for this model.",
        )
    return found


def check_family(model: LoadedModel, lora: AdapterFile) -> None:
    """Raise ModelFileError when ``lora`` is of another family than ``model``."""
    if lora.family != model.family.id:
        raise ModelFileError(
            "{name} is a LoRA for {family}; {model} is {other}.", name=lora.path.name,
            family=FAMILIES[lora.family].label, model=model.name, other=model.family.label,
            remedy="Choose a LoRA and a base model of the same family.",
        )  # fmt: skip


def _fitted(
    lora: AdapterFile, key: str, part: Part, model: LoadedModel, dtype: torch.dtype
) -> AdapterModule:
    """The module ``key`` in the layer's shape, and in ``dtype``.

    Files disagree on whether a 1x1 convolution is written with two or four dimensions.
    """
    module, weight = lora.modules[key], part.targets[key].layer.weight
    if module.size != (weight.shape[0], weight[0].numel()):
        raise ModelFileError(
            "{name} was made for another model than {model}: its {key} has {actual} inputs, the "
            "model's has {expected}.", name=lora.path.name, model=model.name, key=key,
            actual=module.size[1], expected=weight[0].numel(),
            remedy="Choose a LoRA made for this model.",
        )  # fmt: skip
    tensors = {ending: tensor.to(dtype) for ending, tensor in module.tensors.items()}
    if module.kind == "lora":
        tensors[DOWN] = tensors[DOWN].reshape(module.rank, *weight.shape[1:])
        tensors[UP] = tensors[UP].reshape(weight.shape[0], module.rank, *[1] * (weight.ndim - 2))
    return AdapterModule(module.kind, tensors, module.alpha)
