"""A slow average of the adapter's weights, which wanders less than its last step does.

After each update, average += (1 - d) · (weights - average), with d = min(decay, (1 + n)/(10 + n))
after n updates, so that the random start is soon forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from engine.training.network import Network


class Ema:
    """The average of ``network``, in float32 on its device."""

    def __init__(self, network: Network, decay: float) -> None:
        self._parameters = network.parameters
        self._decay = decay
        self._updates = 0
        self._averages = [parameter.detach().float().clone() for parameter in self._parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        self._updates += 1
        decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
        for average, parameter in zip(self._averages, self._parameters, strict=True):
            average.lerp_(parameter.detach().float(), 1 - decay)

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Inside the block the network has the average; afterwards exactly its own weights."""
        own = [parameter.detach().clone() for parameter in self._parameters]
        try:
            self._put(self._averages)
            yield
        finally:
            self._put(own)

    def _put(self, tensors: list[Tensor]) -> None:
        for parameter, tensor in zip(self._parameters, tensors, strict=True):
            parameter.data.copy_(tensor)

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on: copies on the CPU."""
        averages = [average.cpu().clone() for average in self._averages]
        return {"updates": self._updates, "averages": averages}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self._updates = int(state["updates"])
        for average, saved in zip(self._averages, state["averages"], strict=True):
            average.copy_(saved)
