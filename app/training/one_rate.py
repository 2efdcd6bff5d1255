"""Optimizers that find the learning rate themselves expect rates of 1, and the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.training.optimizer_rules import RULES

RATES = ("learning_rate", "unet_lr", "text_encoder_lr", "text_encoder_lr2")
_LABELS = {
    True: "This optimizer finds the rates itself: those that learn are 1 now.",
    False: "This optimizer takes the rates as they are: they are at their start values again.",
}


def finds_rates(optimizer: object) -> bool:
    """Whether ``optimizer`` is one that finds the size of its steps itself."""
    rule = RULES.get(str(optimizer))
    return rule is not None and rule.one_rate


def said_of(optimizer: object) -> str:
    """What is said when the rates change with the choice of ``optimizer``."""
    return _LABELS[finds_rates(optimizer)]


def rates_for(
    optimizer: object, values: Mapping[str, Any], usual: Mapping[str, Any]
) -> dict[str, float]:
    """The rates that must change with the choice of ``optimizer``; a part that does not learn stays
    as it is.
    """
    found = finds_rates(optimizer)
    if found == finds_rates(values["optimizer_type"]):
        return {}
    wanted = {
        name: 1.0 if found else float(usual[name]) for name in RATES if float(values[name]) > 0
    }
    return {name: rate for name, rate in wanted.items() if float(values[name]) != rate}
