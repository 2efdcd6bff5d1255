"""Old forms of kohya's window, read as the window of today reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.training.kohya.defaults import FALLBACKS, FORM
from engine.training.reasons import Reason

NO_NUMBER = "It is not a number; kohya reads {used}."
RENAMED = {
    "lora_network_weights": "network_weights",
    "stop_text_encoder_training_pct": "stop_text_encoder_training",
    "use_wandb": "log_with",
}


@dataclass(frozen=True)
class Field:
    """A field of the form: the value the window shows, and the key and value in the file."""

    value: Any
    key: str
    given: Any
    why: Reason | None = None


def fields_of(file: Mapping[str, Any]) -> dict[str, Field]:
    """The fields that ``file`` fills, by today's names."""
    fields: dict[str, Field] = {}
    for key, given in file.items():
        name = RENAMED.get(key, key)
        if name != key and name in file:
            continue
        value = " ".join(map(str, given)) if isinstance(given, list) else given
        fields[name] = Field(value, key, given, _renamed(key, name))
    _old_optimizer(fields)
    for name, field in fields.items():
        fields[name] = _migrated(name, field)
    return fields


def _renamed(key: str, name: str) -> Reason | None:
    if key == name:
        return None
    return Reason("An old name of {name}.", name=name)


def _old_optimizer(fields: dict[str, Field]) -> None:
    old = fields.pop("use_8bit_adam", None)
    if old is None:
        return
    if "optimizer" in fields:
        fields["use_8bit_adam"] = old
        return
    name = "AdamW8bit" if old.value in (True, "True", "true") else "AdamW"
    fields["optimizer"] = Field(name, old.key, old.given, Reason("An old name of optimizer."))


def _migrated(name: str, field: Field) -> Field:
    value, why = field.value, field.why
    if name == "xformers" and isinstance(value, bool):
        value = "xformers" if value else "none"
    elif name == "LoRA_type" and value == "LoCon":
        value, why = "LyCORIS/LoCon", Reason("An old name of {name}.", name="LyCORIS/LoCon")
    elif name == "log_with" and isinstance(value, bool):
        value = "wandb" if value else ""
    elif name == "save_model_as" and value not in ("safetensors", "ckpt"):
        value, why = "safetensors", Reason("A LoRA is always written as safetensors.")
    else:
        return _coerced(name, field)
    return Field(value, field.key, field.given, why)


def _coerced(name: str, field: Field) -> Field:
    """Numbers that were stored as text, and flags."""
    usual = FORM.get(name)
    value: Any = field.value
    if isinstance(usual, bool) and isinstance(value, str):
        return Field(value.lower() in ("true", "1"), field.key, field.given, field.why)
    if isinstance(usual, bool) or not isinstance(usual, int | float):
        return field
    number = _number(value)
    if number is not None and isinstance(value, int | float) and not isinstance(value, bool):
        return field
    if number is not None:
        return Field(number, field.key, field.given, field.why)
    fallback = FALLBACKS.get(name, 0)
    why = field.why
    if value not in ("", None):
        why = Reason(NO_NUMBER, used=fallback)
    elif fallback:
        why = Reason("Left empty; kohya reads {used}.", used=fallback)
    return Field(fallback, field.key, field.given, why)


def _number(value: Any) -> int | float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
