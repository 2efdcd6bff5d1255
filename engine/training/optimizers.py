"""Optimizers over groups of parameters, each group with its own learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch.nn import Parameter
from torch.optim import Optimizer

from engine.runtime.errors import BadInputError
from engine.training import class_schedule
from engine.training.arguments import parse
from engine.training.config import TrainRequest
from engine.training.named_classes import MissingPackageError, find_class, make, needs, takes
from engine.training.optimizer_rules import REPLACE, RULES, Rule, lacking
from engine.training.reasons import Reason
from engine.training.schedules import text_learns


class Group(Protocol):
    """Parameters that share a rate: ``part`` is unet, te1 or te2, ``rate_factor`` what a block or a
    half of the adapter multiplies the part's rate by.
    """

    @property
    def name(self) -> str: ...
    @property
    def part(self) -> str: ...
    @property
    def parameters(self) -> Sequence[Parameter]: ...
    @property
    def rate_factor(self) -> float: ...


def build(request: TrainRequest, groups: Sequence[Group], device: torch.device) -> Optimizer:
    """The optimizer of a run; the text encoders' groups first, as in kohya's files.

    Raises BadInputError when it cannot be had here, or refuses its arguments or rates.
    """
    rule, cls, _ = _choice(request, device)
    rows = _rows(request, groups)
    _check_rates(request, rule, rows)
    arguments = _arguments(request, rule, cls, device)
    optimizer: Optimizer = make(cls, rule.path, rows, **arguments)
    if request.lr_scheduler_type:
        class_schedule.rates_at(request, _base_rates(optimizer), 1)
    if hasattr(optimizer, "train"):  # one that averages begins where it is looked at
        optimizer.train()
    return optimizer


def refuse_short_schedule(request: TrainRequest, groups: Sequence[Group], updates: int) -> None:
    """Raise BadInputError for a schedule of a class that ends before the ``updates`` of the run:
    its rates are a table, so that need not be found out on the way.
    """
    rates = tuple(row["base_lr"] for row in _rows(request, groups))
    if request.lr_scheduler_type and rates:
        class_schedule.rates_at(request, rates, updates - 1)


def replacement(request: TrainRequest, device: torch.device) -> Reason | None:
    """What another optimizer takes the place of the chosen one for; None when nothing does.

    Raises BadInputError when it is missing and nothing may replace it.
    """
    return _choice(request, device)[2]


def _choice(request: TrainRequest, device: torch.device) -> tuple[Rule, Any, Reason | None]:
    rule = request.optimizer_rule
    try:
        return rule, _found(request.optimizer_type, rule, device), None
    except MissingPackageError as error:
        if not rule.instead:
            raise
        if not request.optimizer_fallback:
            raise BadInputError(
                error.sentence,
                **error.facts | {"instead": rule.instead},
                remedy=REPLACE,
            ) from error
        instead = RULES[rule.instead]
        reason = Reason(
            "{instead} is used instead of {name}, whose package or graphics card is missing here.",
            instead=rule.instead,
            name=request.optimizer_type,
        )
        return instead, _found(rule.instead, instead, device), reason


def _found(name: str, rule: Rule, device: torch.device) -> Any:
    lacks = lacking(name, rule.path, rule, card=device.type == "cuda")
    if lacks is not None:
        raise MissingPackageError(lacks.sentence, remedy=lacks.remedy, **lacks.facts)
    cls = find_class(rule.path, torch.optim, Optimizer)
    if needs(cls.step):
        raise BadInputError(
            "{name} measures the loss several times in a step, which training here does not.",
            name=name,
            remedy="Choose another optimizer.",
        )
    return cls


def _rows(request: TrainRequest, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """The groups that learn, those of the text encoders first."""
    ordered = sorted(groups, key=lambda group: group.part == "unet")
    return [_row(request, group) for group in ordered if request.rate_of(group.part)]


def _row(request: TrainRequest, group: Group) -> dict[str, Any]:
    rate = request.rate_of(group.part) * group.rate_factor
    names = {"name": group.name, "part": group.part}
    return {"params": list(group.parameters), "lr": rate, "base_lr": rate, **names}


def _check_rates(request: TrainRequest, rule: Rule, rows: Sequence[Mapping[str, Any]]) -> None:
    if not any(row["params"] for row in rows):
        raise BadInputError(
            "Nothing would be learned: no layer that has a rate is left.",
            remedy="Raise a learning rate, or choose more layers.",
        )
    if rule.one_rate and len({row["base_lr"] for row in rows if row["base_lr"]}) > 1:
        raise BadInputError(
            "{name} takes one rate for all parts, and blocks or halves have others.",
            name=request.optimizer_type,
            remedy="Leave out rates of blocks and LoRA+, or choose another optimizer.",
        )


def _arguments(request: TrainRequest, rule: Rule, cls: Any, device: torch.device) -> dict[str, Any]:
    """What the class is made with: ours, kohya's fixed ones, and on top those the user gave."""
    given = dict(parse(request.optimizer_args))
    ours: dict[str, Any] = {"lr": None if request.relative_steps else request.base_rate}
    if takes(cls, "weight_decay"):
        ours["weight_decay"] = request.weight_decay
    kernels = {"fused", "foreach", "capturable", "differentiable"}
    if cls is torch.optim.AdamW and not kernels & given.keys():
        # The fused kernel saves the loop over hundreds of tensors.
        ours["fused"] = device.type in ("cpu", "cuda")
    return ours | dict(rule.fixed) | given


def set_rates(
    optimizer: Optimizer,
    request: TrainRequest,
    factor: float,
    step: int,
    total: int,
) -> dict[str, float]:
    """Give every group its rate at ``step`` of ``total``: its own times ``factor``, or what a
    schedule of a class says; the rates by group.

    A text encoder whose time is over gets the rate 0 and no gradients any more.
    """
    rates = [base * factor for base in _base_rates(optimizer)]
    if request.lr_scheduler_type:
        rates = list(class_schedule.rates_at(request, _base_rates(optimizer), step))
    text = text_learns(request, step, total)
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        learns = text or group["part"] == "unet"
        group["lr"] = rate if learns else 0.0
        if not learns:
            _still(group["params"])
    return effective_rates(optimizer)


def _still(parameters: Sequence[Parameter]) -> None:
    for parameter in parameters:
        parameter.requires_grad_(False)
        parameter.grad = None


def _base_rates(optimizer: Optimizer) -> tuple[float, ...]:
    return tuple(group["base_lr"] for group in optimizer.param_groups)


def effective_rates(optimizer: Optimizer) -> dict[str, float]:
    """The rate that every group learns with, by its name: times what Prodigy or D-Adaptation found,
    or the step that Adafactor sizes itself.
    """
    return {group["name"]: _effective(optimizer, group) for group in optimizer.param_groups}


def _effective(optimizer: Optimizer, group: dict[str, Any]) -> float:
    if group.get("relative_step"):
        state = optimizer.state.get(group["params"][0])
        return float(optimizer._get_lr(group, state)) if state else 0.0  # type: ignore[attr-defined]
    return float(group["lr"] * group.get("d", 1.0))


@contextmanager
def evaluating(optimizer: Optimizer) -> Iterator[None]:
    """The weights to look at, save or measure: for a schedule-free optimizer its average.

    Afterwards the weights are exactly what they were; going there and back would round.
    """
    average = getattr(optimizer, "eval", None)
    if average is None:
        yield
        return
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    before = [one.detach().clone() for one in parameters]
    average()
    try:
        yield
    finally:
        optimizer.train()  # type: ignore[attr-defined]
        with torch.no_grad():
            for parameter, value in zip(parameters, before, strict=True):
                parameter.copy_(value)
