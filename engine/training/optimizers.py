"""Optimizers over parameter groups, one group per part with its own learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch.nn import Parameter

from engine.training.config import TrainRequest

# Kohya's order: the text encoders first, then the UNet.
PARTS = ("text", "unet")


def build_optimizer(
    request: TrainRequest, parts: Mapping[str, Sequence[Parameter]], device: torch.device
) -> torch.optim.Optimizer:
    """AdamW over the parts that learn. The fused kernel saves the loop over hundreds of tensors."""
    rates = {"text": request.text_encoder_lr, "unet": request.unet_lr}
    groups = [
        {"params": list(parts[part]), "lr": rates[part], "base_lr": rates[part], "part": part}
        for part in PARTS
        if parts.get(part)
    ]
    fused = device.type in ("cpu", "cuda")
    return torch.optim.AdamW(groups, weight_decay=request.weight_decay, fused=fused)


def set_rates(optimizer: torch.optim.Optimizer, multiplier: float) -> dict[str, float]:
    """Scale every group's own rate by ``multiplier``; the rates by part."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * multiplier
    return {group["part"]: group["lr"] for group in optimizer.param_groups}
