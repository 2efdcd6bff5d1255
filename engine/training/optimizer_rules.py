"""The optimizers that are offered by name: where each is found and what is special about it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.runtime.device import default_device
from engine.runtime.refusals import Refusal

OTHER = "other"
NOT_INSTALLED = "{path} cannot be loaded, because {package} is not installed."
INSTALL = "Install the package {package}, or choose another."
REPLACE = (
    "Choose {instead}, which does the same with more memory, or turn on “Replace a missing "
    "optimizer”."
)


@dataclass(frozen=True)
class Rule:
    """One optimizer. ``package`` is what pip installs for it, empty for what is always there.

    ``decay`` is the weight decay that kohya's scripts train with when none is given. ``one_rate``:
    it finds the size of its steps itself, takes one rate for all parts, and expects 1.
    ``schedule_free``: it averages instead of following a schedule. ``card``: it needs an NVIDIA
    graphics card. ``instead`` does the same where this one cannot be had.
    """

    path: str
    package: str = ""
    decay: float = 0.0
    fixed: Mapping[str, Any] = field(default_factory=dict)
    one_rate: bool = False
    schedule_free: bool = False
    card: bool = False
    instead: str = ""


def _eight_bit(name: str, instead: str, decay: float = 0.0, **fixed: Any) -> Rule:
    path = f"bitsandbytes.optim.{name}"
    return Rule(path, "bitsandbytes", decay, fixed, card=True, instead=instead)


def _adapting(path: str, package: str = "dadaptation") -> Rule:
    return Rule(path, package, one_rate=True)


def _free(name: str, instead: str, decay: float = 0.0) -> Rule:
    path = f"schedulefree.{name}"
    return Rule(path, "schedulefree", decay, schedule_free=True, instead=instead)


_NESTEROV = {"momentum": 0.9, "nesterov": True}

RULES: dict[str, Rule] = {
    "AdamW": Rule("torch.optim.AdamW", decay=0.01),
    "AdamW8bit": _eight_bit("AdamW8bit", "AdamW", 0.01),
    "PagedAdamW": _eight_bit("PagedAdamW", "AdamW", 0.01),
    "PagedAdamW8bit": _eight_bit("PagedAdamW8bit", "AdamW", 0.01),
    "PagedAdamW32bit": _eight_bit("PagedAdamW32bit", "AdamW", 0.01),
    "Lion": Rule("engine.training.lion.Lion"),
    "Lion8bit": _eight_bit("Lion8bit", "Lion"),
    "PagedLion8bit": _eight_bit("PagedLion8bit", "Lion"),
    "SGDNesterov": Rule("torch.optim.SGD", fixed=_NESTEROV),
    "SGDNesterov8bit": _eight_bit("SGD8bit", "SGDNesterov", **_NESTEROV),
    "Prodigy": _adapting("prodigyopt.Prodigy", "prodigyopt"),
    "DAdaptation": _adapting("dadaptation.experimental.DAdaptAdamPreprint"),
    "DAdaptAdamPreprint": _adapting("dadaptation.experimental.DAdaptAdamPreprint"),
    "DAdaptAdaGrad": _adapting("dadaptation.DAdaptAdaGrad"),
    "DAdaptAdam": _adapting("dadaptation.DAdaptAdam"),
    "DAdaptAdan": _adapting("dadaptation.DAdaptAdan"),
    "DAdaptAdanIP": _adapting("dadaptation.experimental.DAdaptAdanIP"),
    "DAdaptLion": _adapting("dadaptation.DAdaptLion"),
    "DAdaptSGD": _adapting("dadaptation.DAdaptSGD"),
    "Adafactor": Rule("transformers.optimization.Adafactor"),
    "AdamWScheduleFree": _free("AdamWScheduleFree", "AdamW"),
    "RAdamScheduleFree": _free("RAdamScheduleFree", "AdamW"),
    "SGDScheduleFree": _free("SGDScheduleFree", "SGDNesterov"),
}


def lacking(name: str, path: str, rule: Rule, *, card: bool) -> Refusal | None:
    """Why the optimizer ``name``, the class ``path``, cannot be had on a computer with or without
    an NVIDIA ``card``; None where nothing is known to be missing.
    """
    facts = {"name": name, "path": path, "package": rule.package, "instead": rule.instead}
    remedy = REPLACE if rule.instead else INSTALL
    if rule.card and not card:
        return Refusal("optimizer_type", "{name} needs an NVIDIA graphics card.", facts, remedy)
    if rule.package and importlib.util.find_spec(rule.package) is None:
        return Refusal("optimizer_type", NOT_INSTALLED, facts, remedy)
    return None


def lacking_here(name: str) -> tuple[Refusal, ...]:
    """The same of the optimizer ``name`` on this computer, as far as it is told without loading the
    package; none where it can be had. Loads torch for one that needs a card, so that it is for no
    thread of a window.
    """
    rule = RULES.get(name)
    if rule is None:
        return ()
    card = rule.card and default_device().type == "cuda"
    found = lacking(name, rule.path, rule, card=card)
    return () if found is None else (found,)


def named(text: str) -> str:
    """The offered optimizer that ``text`` names in any case, or empty."""
    return next((name for name in RULES if name.lower() == text.strip().lower()), "")
