"""Low-rank arithmetic: sums and best approximations of products up · down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.models.adapter_kinds import DOWN, UP, AdapterModule


@dataclass(frozen=True)
class Spectrum:
    """A change [out, in·k·k] as ``left`` · diag(``values``) · ``right``, largest first, and the
    ``kernel`` sizes of its layer: () for a linear one.
    """

    left: Tensor
    values: Tensor
    right: Tensor
    kernel: tuple[int, ...]

    def module(self, rank: int, alpha: float, gain: float = 1.0) -> AdapterModule:
        """The best LoRA of at most ``rank`` whose change is ``gain`` times what this holds, at the
        strength alpha / rank. The singular values are in the up half, as in kohya's scripts.
        """
        rank = min(rank, len(self.values))
        up = self.left[:, :rank] * self.values[:rank] * gain * rank / alpha
        down = self.right[:rank]
        if self.kernel:
            area = self.kernel[0] * self.kernel[1]
            down = down.reshape(rank, down.shape[1] // area, *self.kernel)
            up = up.reshape(*up.shape, 1, 1)
        return AdapterModule("lora", {DOWN: down.contiguous(), UP: up.contiguous()}, alpha)


def halves(module: AdapterModule) -> tuple[Tensor, Tensor]:
    """Up [out, rank] and down [rank, in·k·k] of a LoRA in float32, unscaled."""
    return module.tensors[UP].float().flatten(1), module.tensors[DOWN].float().flatten(1)


def kernel_of(module: AdapterModule) -> tuple[int, ...]:
    """The kernel of the layer that a LoRA is made for; () for a linear one."""
    return tuple(module.tensors[DOWN].shape[2:])


def stacked(modules: Sequence[tuple[AdapterModule, float]]) -> tuple[Tensor, Tensor]:
    """Up and down of the sum of LoRAs of one layer, each times its strength: exact, the ranks
    added up.
    """
    parts = [(*halves(module), module.scale * ratio) for module, ratio in modules]
    up = torch.cat([up * scale for up, _, scale in parts], dim=1)
    return up, torch.cat([down for _, down, _ in parts], dim=0)


def spectrum_of_product(up: Tensor, down: Tensor, kernel: tuple[int, ...]) -> Spectrum:
    """The spectrum of up · down without ever making the product: two QR and a small SVD."""
    left, small_left = torch.linalg.qr(up)
    right, small_right = torch.linalg.qr(down.T)
    u, values, v = torch.linalg.svd(small_left @ small_right.T)
    count = min(len(values), up.shape[1])
    return Spectrum(left @ u[:, :count], values[:count], v[:count] @ right.T, kernel)


def spectrum_of(change: Tensor) -> Spectrum:
    """The spectrum of a whole change [out, in(, k, k)] in float32."""
    left, values, right = torch.linalg.svd(change.float().flatten(1), full_matrices=False)
    return Spectrum(left, values, right, tuple(change.shape[2:]))
