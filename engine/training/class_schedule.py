"""Schedules that are a class of torch: their rates as a table, step by step.

The class is stepped on an optimizer of its own with the run's rates. So a run that is resumed reads
the same rates without a stored state of the class.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.optim import SGD, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from engine.runtime.errors import BadInputError
from engine.training.config import TrainRequest
from engine.training.named_classes import find_class, make, needs, not_taken
from engine.training.settings.schedule import arguments


def rates_at(request: TrainRequest, rates: tuple[float, ...], step: int) -> tuple[float, ...]:
    """The rates of the groups that start with ``rates`` at ``step``, by the request's class.

    Raises BadInputError for a class that is not there or refuses its arguments.
    """
    return _course(request.lr_scheduler_type, request.lr_scheduler_args, rates).at(step)


@lru_cache(maxsize=2)
def _course(path: str, text: str, rates: tuple[float, ...]) -> _Course:
    return _Course(path, text, rates)


class _Course:
    """The rates of every step so far."""

    def __init__(self, path: str, text: str, rates: tuple[float, ...]) -> None:
        cls = find_class(path, lr_scheduler, LRScheduler)
        if needs(cls.step):
            raise BadInputError(
                "{name} waits for a measured loss, which a schedule here does not have.",
                name=path,
                remedy="Choose another schedule.",
            )
        groups = [{"params": [torch.zeros(())], "lr": rate} for rate in rates]
        self._optimizer = SGD(groups, lr=rates[0], momentum=0.9)
        self._schedule = make(cls, path, self._optimizer, **arguments(text))
        self._path = path
        self._known = [self._rates()]

    def at(self, step: int) -> tuple[float, ...]:
        """The rates of all groups at ``step``."""
        while len(self._known) <= step:
            self._optimizer.step()
            self._advance()
            self._known.append(self._rates())
        return self._known[step]

    def _advance(self) -> None:
        try:
            self._schedule.step()
        except ValueError as error:  # OneCycleLR counts its steps
            raise BadInputError(
                "{name} ends before the run does.",
                name=self._path,
                remedy="Correct its arguments and try again.",
            ) from error
        except ArithmeticError as error:
            raise not_taken(self._path, error) from error

    def _rates(self) -> tuple[float, ...]:
        return tuple(float(group["lr"]) for group in self._optimizer.param_groups)
