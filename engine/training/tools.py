"""What learns in a run, taken together: the adapter, its average, the optimizer and its scale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import Optimizer

from engine.models.loading import LoadedModel
from engine.training import optimizer_state, optimizers
from engine.training.caches import Inputs
from engine.training.config import TrainRequest
from engine.training.distributed import Crew
from engine.training.ema import Ema
from engine.training.learner import Learner
from engine.training.network import Network
from engine.training.objective import Objective
from engine.training.precision import Precision
from engine.training.state import State


@dataclass(frozen=True)
class Tools:
    """What an update works with. ``average`` is None where no average of the weights is kept."""

    learner: Learner
    network: Network
    optimizer: Optimizer
    scaler: torch.amp.GradScaler
    device: torch.device
    crew: Crew
    average: Ema | None = None

    @classmethod
    def of(
        cls,
        request: TrainRequest,
        model: LoadedModel,
        network: Network,
        inputs: Inputs,
        crew: Crew,
    ) -> Tools:
        """The tools of ``request``. BadInputError when its optimizer cannot be had here."""
        precision = Precision.of(request, model.device)
        objective = Objective.of(request, model)
        network.train_mode(True)
        return cls(
            Learner(model, objective, inputs.encoder, inputs.store, precision.name),
            network,
            optimizers.build(request, network.groups(request), model.device),
            precision.scaler(),
            model.device,
            crew,
            Ema(network, request.ema_decay) if request.ema_decay else None,
        )

    @contextmanager
    def shown(self, *, averaged: bool = True) -> Iterator[None]:
        """Inside, the weights are those that are looked at, measured and saved: nothing drops out,
        and the average stands in for the last step unless ``averaged`` is off.
        """
        with ExitStack() as stack:
            stack.enter_context(optimizers.evaluating(self.optimizer))
            if self.average is not None and averaged:
                stack.enter_context(self.average.swapped())
            self.network.train_mode(False)
            stack.callback(self.network.train_mode, True)
            yield

    def state(self) -> dict[str, Any]:
        """The part of a :class:`State` that is kept here."""
        return {
            "weights": [parameter.detach() for parameter in self.network.parameters],
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "more": {} if self.average is None else {"average": self.average.state_dict()},
        }

    def restore(self, state: State) -> None:
        """Stand where ``state`` was taken. ModelFileError when it has other layers."""
        optimizer_state.fill(self.network.parameters, state.weights)
        optimizer_state.restore(self.optimizer, state.optimizer)
        self.scaler.load_state_dict(state.scaler)
        if self.average is not None:
            self.average.load_state_dict(state.more["average"])
