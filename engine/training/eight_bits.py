"""A frozen base model in float8 (e4m3): weights a quarter of the size, computed in the run's own
precision.

A weight is widened where it is used, once forward and once backward, and never kept wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.grad import conv2d_input

STORED = torch.float8_e4m3fn


@contextmanager
def using(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Inside the block the linear layers and convolutions of ``modules`` hold their weights in
    float8, except what learns. Afterwards they are wide again, but what was rounded stays so.
    """
    layers = [layer for module in modules for layer in _frozen_layers(module)]
    before = [(type(layer), layer.weight.dtype) for layer in layers]
    try:
        for layer in layers:
            layer.weight.data = layer.weight.data.to(STORED)
            layer.__class__ = _KINDS[type(layer)]
        yield
    finally:
        for layer, (kind, dtype) in zip(layers, before, strict=True):
            layer.__class__ = kind
            layer.weight.data = layer.weight.data.to(dtype)


def _frozen_layers(module: nn.Module) -> list[Any]:
    return [
        layer
        for layer in module.modules()
        if type(layer) in _KINDS and not layer.weight.requires_grad
    ]


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.dtype = inputs.dtype
        return F.linear(inputs, weight.to(inputs.dtype), bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        (weight,), (grad,) = ctx.saved_tensors, grads
        return (grad @ weight.to(grad.dtype)).to(ctx.dtype), None, None


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None, geometry: tuple[Any, ...]
    ) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.dtype, ctx.shape, ctx.geometry = inputs.dtype, inputs.shape, geometry
        return F.conv2d(inputs, weight.to(inputs.dtype), bias, *geometry)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        (weight,), (grad,) = ctx.saved_tensors, grads
        found = conv2d_input(ctx.shape, weight.to(grad.dtype), grad, *ctx.geometry)
        return found.to(ctx.dtype), None, None, None


class EightBitLinear(nn.Linear):
    """A linear layer whose weight is float8."""

    def forward(self, input: Tensor) -> Tensor:
        """As :class:`torch.nn.Linear`, in the dtype of ``input``."""
        return _Linear.apply(input, self.weight, self.bias)


class EightBitConv2d(nn.Conv2d):
    """A convolution whose weight is float8."""

    def forward(self, input: Tensor) -> Tensor:
        """As :class:`torch.nn.Conv2d`, in the dtype of ``input``."""
        geometry = (self.stride, self.padding, self.dilation, self.groups)
        return _Convolution.apply(input, self.weight, self.bias, geometry)


_KINDS: dict[type, Any] = {nn.Linear: EightBitLinear, nn.Conv2d: EightBitConv2d}
