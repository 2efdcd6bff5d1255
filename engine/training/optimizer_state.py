"""Weights and optimizers as they were, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from engine.runtime.errors import ModelFileError


@torch.no_grad()
def fill(parameters: Sequence[Parameter], weights: Sequence[Tensor]) -> None:
    """Copy ``weights`` into ``parameters``, in order. ModelFileError when they differ in shape."""
    if [one.shape for one in parameters] != [one.shape for one in weights]:
        raise ModelFileError(
            "The saved state has other layers or ranks than the adapter in training.",
            remedy="Go on with the settings that the run was started with.",
        )
    for parameter, weight in zip(parameters, weights, strict=True):
        parameter.copy_(weight)


def restore(optimizer: Optimizer, saved: Mapping[str, Any]) -> None:
    """Put ``optimizer`` where ``saved``, its :meth:`state_dict`, was taken.

    Torch's own way casts the state of a parameter to the parameter's precision; what was kept in a
    finer one must come back in it.
    """
    optimizer.load_state_dict(dict(saved))
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    numbers = [number for group in saved["param_groups"] for number in group["params"]]
    for parameter, number in zip(parameters, numbers, strict=True):
        for name, value in saved["state"].get(number, {}).items():
            now = optimizer.state[parameter].get(name)
            if isinstance(now, Tensor) and isinstance(value, Tensor) and now.dtype != value.dtype:
                optimizer.state[parameter][name] = value.to(now.device)
