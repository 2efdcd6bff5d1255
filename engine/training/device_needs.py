"""What precision and attention need of a computer: told beside their fields, and before any work.

Nothing here imports torch by itself, so that the window can ask in a worker.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from engine.runtime.device import default_device, default_dtype
from engine.runtime.refusals import Refusal

if TYPE_CHECKING:
    import torch

Name = Literal["no", "fp16", "bf16"]
ASKED = ("mixed_precision", "fp8_base", "fp8_base_unet", "attention")
"""The settings that this is about."""
_NAMES: dict[str, Name] = {"torch.float32": "no", "torch.bfloat16": "bf16", "torch.float16": "fp16"}


def best_precision(device: torch.device) -> Name:
    """What "auto" is on ``device``."""
    # Apple's GPUs compute fp16 but have no scaler for its gradients.
    return "no" if device.type == "mps" else _NAMES[str(default_dtype(device))]


def lacking(values: Mapping[str, Any], device: torch.device) -> Iterator[Refusal]:
    """What :data:`ASKED` settings among ``values`` want and ``device`` does not have."""
    asked = values["mixed_precision"]
    precision = best_precision(device) if asked == "auto" else asked
    if precision == "fp16" and device.type == "mps":
        yield Refusal(
            "mixed_precision",
            "fp16 cannot be trained on this graphics card.",
            remedy="Use bf16 or no mixed precision.",
        )
    fp8 = next((name for name in ("fp8_base", "fp8_base_unet") if values[name]), "")
    if fp8 and precision == "no":
        yield Refusal(
            fp8,
            "fp8 needs a graphics card that computes in half precision.",
            remedy="Choose mixed precision fp16 or bf16, or turn fp8 off.",
        )
    missing = importlib.util.find_spec("xformers") is None
    if values["attention"] == "xformers" and (missing or device.type != "cuda"):
        yield Refusal(
            "attention",
            "Attention by xformers needs the package xformers and an NVIDIA graphics card.",
            remedy="Install it, or choose sdpa, which is about as fast.",
        )


def lacking_here(values: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """The same on this computer. Loads torch, so that it is for no thread of a window."""
    return tuple(lacking(values, default_device()))
