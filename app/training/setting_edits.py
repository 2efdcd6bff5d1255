"""What changing a setting in Advanced does to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.training.one_rate import rates_for, said_of

if TYPE_CHECKING:
    from app.training.next_run import NextRun


def edit(state: NextRun, name: str, value: Any) -> None:
    """Put what was chosen in the field of ``name``."""
    if name == "base_model":
        state.choose_base(str(value))
    elif name == "trigger_word":
        state.set_trigger_word(str(value))
    elif name == "categories":
        state.choose_categories(value)
    elif name == "optimizer_type":
        _choose_optimizer(state, str(value))
    else:
        state.change(**{name: value})


def _choose_optimizer(state: NextRun, optimizer: str) -> None:
    rates = rates_for(optimizer, state.values, state.start_values())
    if rates:
        state.replace({"optimizer_type": optimizer, **rates}, said_of(optimizer))
    else:
        state.change(optimizer_type=optimizer)
