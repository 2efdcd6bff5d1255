"""Adapters as layers: a wrapper around one layer of a model, and what hangs on it.

PEFT gives the formulas (:mod:`engine.models.adapter_kinds`), not the wrappers: on one layer its
own cannot hold adapters of several kinds beside each other, stretch LoHa and LoKr to a magnitude,
let a magnitude act in part, or drop between a LoRA's halves as kohya's scripts do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.adapter_kinds import (
    DOWN,
    MAGNITUDE,
    UP,
    AdapterModule,
    Kind,
    by_rows,
    factor,
    flat_change,
    gain,
    scale_of,
)

Host = nn.Linear | nn.Conv2d


@dataclass
class Dropout:
    """What is left out by chance while an adapter learns; shared by all its modules.

    ``inner`` drops single numbers between a LoRA's down and up, ``rank`` whole ranks of a picture
    (rows of the change for LoHa and LoKr), ``module`` whole modules. It acts only while ``on``,
    and draws from torch's own chance: gradient checkpointing then drops the same once more.
    """

    inner: float = 0.0
    rank: float = 0.0
    module: float = 0.0
    on: bool = False

    def leaves_out(self) -> bool:
        """Whether a module sits this batch out."""
        return self.on and self.module > 0 and float(torch.rand(())) < self.module

    def on_ranks(self, inner: Tensor) -> Tensor:
        """Drop from ``inner``, what a LoRA's down gives: [B,…,rank], or [B,rank,h,w]."""
        if not self.on:
            return inner
        if self.inner:
            inner = F.dropout(inner, self.inner)
        if self.rank:
            shape = [inner.shape[0], *[1] * (inner.ndim - 1)]
            at = 1 if inner.ndim == 4 else inner.ndim - 1
            shape[at] = inner.shape[at]
            inner = inner * self._kept(shape, inner)
        return inner

    def on_rows(self, change: Tensor) -> Tensor:
        """Drop rows of ``change`` [out, in]."""
        if not (self.on and self.rank):
            return change
        return change * self._kept([change.shape[0], 1], change)

    def _kept(self, shape: list[int], like: Tensor) -> Tensor:
        """1 / (1 - rank) where a rank stays, 0 where it is dropped."""
        kept = torch.rand(shape, device=like.device) >= self.rank
        return kept.to(like.dtype) / (1 - self.rank)


class Adapter(nn.Module):
    """One adapter on one layer. Its tensors are parameters; they need no gradient yet."""

    def __init__(
        self, module: AdapterModule, device: torch.device, dropout: Dropout | None = None
    ) -> None:
        super().__init__()
        self.kind: Kind = module.kind
        self.endings = tuple(module.tensors)
        for ending, tensor in module.tensors.items():
            own = nn.Parameter(tensor.to(device), requires_grad=False)
            self.register_parameter(_attribute(ending), own)
        self.alpha = module.alpha
        self.dropout = dropout or Dropout()

    @property
    def alpha(self) -> float:
        """What the strength is told by: the scale is alpha / rank."""
        return self._alpha

    @alpha.setter
    def alpha(self, value: float) -> None:
        self._alpha = value
        self.scale = scale_of(self.tensors, value)

    @property
    def tensors(self) -> dict[str, nn.Parameter]:
        """The parameters by their endings in files."""
        return {ending: getattr(self, _attribute(ending)) for ending in self.endings}

    def forward(self, x: Tensor, host: Host, given: Tensor) -> Tensor:
        """What is added to ``given``, the answer of ``host`` alone to ``x``."""
        if MAGNITUDE not in self.endings:
            return self._answer(x, host) * self.scale
        magnitude: Tensor = getattr(self, MAGNITUDE)
        stretch = _beside(host, self._stretch(host, magnitude).flatten())
        if by_rows(magnitude, host.weight):
            plain = given if host.bias is None else given - _beside(host, host.bias)
            return (stretch - 1) * plain + stretch * self._answer(x, host) * self.scale
        stretched = x * (stretch - 1)
        base = apply(host, stretched, host.weight.to(stretched.dtype))
        return base + self._answer(x * stretch, host) * self.scale

    def _stretch(self, host: Host, magnitude: Tensor) -> Tensor:
        # In float32: an error of half precision would be an error of every row's length.
        with torch.autocast(host.weight.device.type, enabled=False):
            with torch.no_grad():
                flat = flat_change(self.kind, self._floats()).reshape(host.weight.shape)
                changed = host.weight.float() + self.scale * flat
            return gain(changed, magnitude.float())

    def _floats(self) -> dict[str, Tensor]:
        return {ending: tensor.float() for ending, tensor in self.tensors.items()}

    def _answer(self, x: Tensor, host: Host) -> Tensor:
        """The unscaled change's answer to ``x``, without its magnitude."""
        if self.kind == "lora":
            return self._low_rank(x, host)
        with torch.autocast(x.device.type, enabled=False):
            change = flat_change(self.kind, self.tensors)
        change = self.dropout.on_rows(change)
        return apply(host, _fitting(x, change), change.reshape(host.weight.shape))

    def _low_rank(self, x: Tensor, host: Host) -> Tensor:
        down: Tensor = getattr(self, _attribute(DOWN))
        up: Tensor = getattr(self, _attribute(UP))
        inner = apply(host, _fitting(x, down), down)
        inner = self.dropout.on_ranks(inner)
        return F.conv2d(inner, up) if up.ndim == 4 else F.linear(inner, up)

    def norm(self) -> Tensor:
        """The Frobenius length of the change, without its magnitude; 0-dimensional."""
        tensors = self._floats()
        if self.kind == "lora":
            down, up = tensors[DOWN].flatten(1), tensors[UP].flatten(1)
            # |up·down|² is the trace of (upᵀup)(down·downᵀ), which are only rank x rank.
            square = ((up.T @ up) * (down @ down.T)).sum()
            return square.clamp_min(0).sqrt() * abs(self.scale)
        if self.kind == "lokr":
            first, second = (factor(tensors, name) for name in ("lokr_w1", "lokr_w2"))
            return first.norm() * second.norm() * abs(self.scale)
        return flat_change(self.kind, tensors).norm() * abs(self.scale)

    @torch.no_grad()
    def shrink(self, ratio: float) -> None:
        """Make the change ``ratio`` times as large, every tensor by as much as the others."""
        factors = [tensor for name, tensor in self.tensors.items() if name != MAGNITUDE]
        for tensor in factors:
            tensor.mul_(ratio ** (1 / len(factors)))


class AdaptedLayer(nn.Module):
    """A layer with adapters; only the :attr:`acting` ones change its answer."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.held = nn.ModuleDict()
        self.acting: tuple[tuple[Adapter, float], ...] = ()

    @property
    def weight(self) -> Tensor:
        """The layer's own weight: models ask their layers for its dtype."""
        return self.host.weight

    @property
    def bias(self) -> Tensor | None:
        """The layer's own bias."""
        return self.host.bias

    def forward(self, x: Tensor) -> Tensor:
        """The layer's answer, and what the acting adapters add to it."""
        given: Tensor = self.host(x)
        result = given
        for adapter, weight in self.acting:
            if not adapter.dropout.leaves_out():
                change = adapter(x, self.host, given).to(given.dtype)
                result = result + (change if weight == 1 else weight * change)
        return result

    def hold(self, name: str, adapter: Adapter) -> None:
        """Hang ``adapter`` on the layer; it does not act yet."""
        self.held[_key(name)] = adapter

    def get(self, name: str) -> Adapter | None:
        """The adapter called ``name``, if there is one."""
        if _key(name) not in self.held:
            return None
        found: Any = self.held[_key(name)]
        return found

    def drop(self, name: str) -> None:
        """Take the adapter called ``name`` off."""
        if _key(name) in self.held:
            del self.held[_key(name)]

    def act(self, weights: Iterable[tuple[str, float]]) -> None:
        """Let exactly these adapters act, of those that are here; weight 0 leaves one out."""
        found = ((self.get(name), weight) for name, weight in weights if weight != 0)
        self.acting = tuple((adapter, weight) for adapter, weight in found if adapter is not None)


def apply(host: Host, x: Tensor, weight: Tensor) -> Tensor:
    """What ``host`` would answer with ``weight`` and no bias."""
    if isinstance(host, nn.Conv2d):
        return F.conv2d(x, weight, None, host.stride, host.padding, host.dilation)
    return F.linear(x, weight)


def _fitting(x: Tensor, weight: Tensor) -> Tensor:
    """``x`` in the adapter's precision; autocast chooses its own."""
    if x.dtype == weight.dtype or torch.is_autocast_enabled(x.device.type):
        return x
    return x.to(weight.dtype)


def _beside(host: Host, values: Tensor) -> Tensor:
    """One value per channel, ready to be combined with what goes in or out of ``host``."""
    return values.view(1, -1, 1, 1) if isinstance(host, nn.Conv2d) else values


def _attribute(ending: str) -> str:
    return ending.replace(".", "_")


def _key(name: str) -> str:
    """A module's name may hold no dot, and must be unlike any method of a module dictionary."""
    return "kiln:" + name.replace(".", ":")
