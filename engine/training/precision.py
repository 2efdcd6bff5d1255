"""In how many bits a run computes: what is frozen, what learns, and what keeps fp16 from vanishing.

Mixed precision (Micikevicius et al. 2018): the base model lies in the lower precision and is
computed in it, the adapter stays in float32 unless the run is a "full" one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from engine.training.config import TrainRequest
from engine.training.device_needs import Name, best_precision

DTYPES: dict[str, torch.dtype] = {
    "no": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


@dataclass(frozen=True)
class Precision:
    """``name`` is kohya's word with auto decided; ``full`` means that the adapter is in it too."""

    name: Name
    full: bool
    device: torch.device

    @classmethod
    def of(cls, request: TrainRequest, device: torch.device) -> Precision:
        """What ``request`` means on ``device``."""
        asked = request.mixed_precision
        name = best_precision(device) if asked == "auto" else asked
        return cls(name, request.full_fp16 or request.full_bf16, device)

    @property
    def frozen(self) -> torch.dtype:
        """Of the base model, and of what is computed."""
        return DTYPES[self.name]

    @property
    def trained(self) -> torch.dtype:
        """Of the adapter and its gradients."""
        return self.frozen if self.full else torch.float32

    def autocast(self) -> AbstractContextManager[object]:
        """Inside, matrix products and convolutions are computed in this precision."""
        if self.name == "no":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.frozen)

    def scaler(self) -> torch.amp.GradScaler:
        """Only fp16 needs it: small gradients would vanish in its range."""
        return HalfScaler(self.device.type, enabled=self.name == "fp16")

    def lower(self, parameters: Iterable[Parameter]) -> None:
        """Put the adapter's parameters into the precision they are trained in, in place."""
        for parameter in parameters:
            parameter.data = parameter.data.to(self.trained)


class HalfScaler(torch.amp.GradScaler):
    """Torch's scaler, which by itself refuses gradients that are fp16, as in a full fp16 run."""

    def _unscale_grads_(
        self, optimizer: Any, inv_scale: Tensor, found_inf: Tensor, allow_fp16: bool
    ) -> dict[torch.device, Tensor]:
        return super()._unscale_grads_(optimizer, inv_scale, found_inf, True)
