"""A training run whose steps are timed, and which gives way between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from engine.runtime.job import Job, JobHandle
from engine.training.base_model import load_base
from engine.training.config import TrainRequest


class WatchedJob(Job):
    """``between`` is called before every step, and what it gives is asked of the run before that
    step. ``steps`` has the seconds of each, ``wishes`` those of what was asked for, by name.
    """

    def __init__(self, request: TrainRequest, between: Callable[[], str | None]) -> None:
        super().__init__(JobHandle(request))
        self.steps: list[float] = []
        self.wishes: dict[str, list[float]] = {}
        self._turn = between
        self._wish: str | None = None
        self._began = 0.0

    def asked(self) -> list[str]:
        """What the run does next; it comes back here when it is done with that."""
        seconds = time.perf_counter() - self._began
        if self._wish is not None:
            self.wishes.setdefault(self._wish, []).append(seconds)
            self._wish = None
        else:
            if self._began:
                self.steps.append(seconds)
            self._wish = self._turn()
        self._began = time.perf_counter()
        return [] if self._wish is None else [self._wish]


class Inside:
    """Seconds that a run spends in its UNet, in the backward pass and in the optimizer."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def _start(self, *_: Any) -> None:
        self._began = time.perf_counter()

    def _stop(self, *_: Any) -> None:
        self.seconds += time.perf_counter() - self._began

    @contextmanager
    def watching(self, request: TrainRequest) -> Iterator[None]:
        """Count inside the block. Other loops in this process are counted too: take the difference
        over the run's own steps.
        """
        unet = load_base(request).unet
        hooks = [
            unet.register_forward_pre_hook(self._start),
            unet.register_forward_hook(self._stop),
            register_optimizer_step_pre_hook(self._start),
            register_optimizer_step_post_hook(self._stop),
        ]
        backward = torch.Tensor.backward

        def counted(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> None:
            self._start()
            backward(tensor, *args, **kwargs)
            self._stop()

        torch.Tensor.backward = counted  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            torch.Tensor.backward = backward  # type: ignore[method-assign]
            for hook in hooks:
                hook.remove()
