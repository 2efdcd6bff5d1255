"""Zeros that kohya's scripts take for something else than the number."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.training.kohya.arguments import Arguments
from engine.training.reasons import Reason

_AS_RANK = Reason("In kohya's scripts an alpha of 0 is as much as the rank.")
_ALWAYS_ONE = Reason("To the power of 0 the rates stay where they are after the warm-up.")
_NOT_POLYNOMIAL = Reason("It has an effect only with {setting}: {value}.",
                         setting="Schedule", value="polynomial")  # fmt: skip


def take_zeros(arguments: Arguments) -> None:
    """Say zeros as what is trained by them."""
    for name, rank in (("network_alpha", "network_dim"), ("conv_alpha", "conv_dim")):
        _alpha(arguments, name, rank)
    _power(arguments)


def _alpha(arguments: Arguments, name: str, rank: str) -> None:
    if name not in arguments or not _is_zero(arguments.value(name)):
        return
    said = arguments.named(name)
    if arguments.value(rank):
        arguments.say(dataclasses.replace(said, value=arguments.value(rank), why=_AS_RANK))
    else:
        arguments.idle(said, _AS_RANK)


def _power(arguments: Arguments) -> None:
    if not _is_zero(arguments.value("lr_scheduler_power")):
        return
    said = arguments.named("lr_scheduler_power")
    if arguments.value("lr_scheduler") != "polynomial":
        arguments.idle(said, _NOT_POLYNOMIAL)
        return
    arguments.pop(said.name)
    arguments.say(
        dataclasses.replace(
            said, name="lr_scheduler", value="constant_with_warmup", why=_ALWAYS_ONE
        )
    )


def _is_zero(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0
