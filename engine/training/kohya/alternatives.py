"""Where kohya trains with something else than its file says: what the file may have meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.training.config import TrainRequest
from engine.training.kohya.convert import SLIPS
from engine.training.kohya.elsewhere import IGNORED
from engine.training.kohya.migrations import RENAMED
from engine.training.kohya.report import Line
from engine.training.reasons import Reason


@dataclass(frozen=True)
class Alternative:
    """``words`` say on a button what setting ``values`` does."""

    words: Reason
    values: Mapping[str, Any]


def alternative(line: Line, values: Mapping[str, Any]) -> Alternative | None:
    """What could be trained in place of ``line``, as far as a run of ``values`` takes it."""
    for rule in _RULES:
        found = rule(line)
        if found is not None and _is_sound(found, values):
            return found
    return None


def _is_sound(found: Alternative, values: Mapping[str, Any]) -> bool:
    """Whether none of the values is refused. What else is wrong with the run is none of it."""
    try:
        TrainRequest.model_validate({**values, **found.values})
    except ValidationError as error:
        places = {place for problem in error.errors() for place in problem["loc"][:1] or ("",)}
        return not places & {*found.values, ""}
    return True


def _zero(line: Line) -> Alternative | None:
    """kohya's window drops zeros."""
    said_zero = line.value == 0 and isinstance(line.value, int | float)
    if not said_zero or isinstance(line.value, bool) or len(line.settings) != 1:
        return None
    name, used = next(iter(line.settings.items()))
    if used in (0, None) or isinstance(used, str | bool):
        return None
    off = name == "max_grad_norm"
    words = Reason("Turn the limit off") if off else Reason("Use 0 as written")
    return Alternative(words, {name: 0})


def _ignored(line: Line) -> Alternative | None:
    if line.why != IGNORED:
        return None
    return Alternative(Reason("Use it here"), {RENAMED.get(line.key, line.key): line.value})


def _prediction(line: Line) -> Alternative | None:
    if line.settings.get("prediction_type") != "epsilon":
        return None
    return Alternative(Reason("Follow the model"), {"prediction_type": "auto"})


def _slip(line: Line) -> Alternative | None:
    names = [name for name in SLIPS if line.settings.get(name)]
    if not names:
        return None
    return Alternative(Reason("Compute it right"), dict.fromkeys(names, False))


def _epochs(line: Line) -> Alternative | None:
    """The form has a number of epochs that its steps overrule."""
    if (
        line.key not in ("epoch", "ss_num_epochs")
        or line.status != "no effect"
        or not _is_count(line.value)
    ):
        return None
    words = Reason("Train {n} epochs", n=line.value)
    return Alternative(words, {"max_train_epochs": line.value})


def _samples(line: Line) -> Alternative | None:
    if line.key != "sample_every_n_steps" or line.status != "no effect":
        return None
    if not _is_count(line.value):
        return None
    values = {"sample_every_n_epochs": 0, "sample_every_n_steps": line.value}
    return Alternative(Reason("Draw every {n} steps", n=line.value), values)


def _second_rate(line: Line) -> Alternative | None:
    rates = line.value
    if "text_encoder_lr" not in line.settings or not isinstance(rates, list) or len(rates) != 2:
        return None
    return Alternative(Reason("Use both rates"), {"text_encoder_lr2": rates[1]})


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_RULES: tuple[Callable[[Line], Alternative | None], ...] = (
    _zero, _ignored, _prediction, _slip, _epochs, _samples, _second_rate,
)  # fmt: skip
