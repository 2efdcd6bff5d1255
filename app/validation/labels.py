"""What rows, columns and cells are called: short names, and what is known of a checkpoint."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.i18n import tr
from engine.sampling.infotext import SAMPLERS, SCHEDULES
from engine.validation.axes import axis_setting
from engine.validation.words import short_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.model import GridState
    from app.validation.table import Line, Table
    from engine.validation.resolve import Position


def checkpoint_title(state: GridState, checkpoint: str) -> str:
    """A checkpoint by its epoch; where several have the same, or none, by its short name."""
    if not checkpoint:
        return tr("Base")
    known = state.checkpoints.get(checkpoint)
    shown = [one for one in state.axes.checkpoints if one]
    epochs = [state.checkpoints[one].epoch for one in shown if one in state.checkpoints]
    if known is not None and known.epoch and epochs.count(known.epoch) <= 1:
        return known.title
    if checkpoint in shown:
        return state.places.short("checkpoint", checkpoint)
    return short_names([checkpoint])[0]


def checkpoint_detail(state: GridState, checkpoint: str) -> str:
    """Its loss on held-out pictures, else on those it learned."""
    known = state.checkpoints.get(checkpoint)
    if known is not None and known.held_out is not None:
        return tr("held-out {loss}", loss=f"{known.held_out:.4f}")
    if known is not None and known.loss is not None:
        return tr("loss {loss}", loss=f"{known.loss:.4f}")
    return ""


def value_words(state: GridState, axis: str, value: Any) -> str:
    """One value of an axis as a header shows it."""
    if axis == "checkpoint":
        return checkpoint_title(state, str(value))
    names = {"sampler": SAMPLERS, "schedule": SCHEDULES}.get(axis, {})
    known = names.get(str(value), "")
    return known or tr(state.places.short(axis, value))


def spoken(state: GridState, axis: str, value: Any) -> str:
    """The same, such that it can stand alone: ``seed 3``, ``weight 0.8``."""
    words = value_words(state, axis, value)
    match axis:
        case "seed":
            return tr("seed {seed}", seed=words)
        case "weight":
            return tr("weight {weight}", weight=words)
        case "prompt" | "checkpoint" | "model" | "sampler" | "schedule" | "size" | "init_image":
            return words
        case _:
            return f"{axis_title(axis)} {words}"


def spoken_words(state: GridState, key: Position) -> str:
    """A cell in words: what tells it from others, but for its prompt."""
    base = state.is_base(key)
    skipped = ("prompt", *(("checkpoint", "weight") if base else ()))
    words = [tr("Base model")] if base else []
    words += [
        spoken(state, axis.name, value)
        for axis, value in zip(state.places.axes, key.place, strict=True)
        if axis.name not in skipped and (len(axis.values) > 1 or axis.name in _ALWAYS)
    ]
    return listed(words)


def listed(words: Sequence[str]) -> str:
    """Words with the comma of the language between them."""
    if not words:
        return ""
    return reduce(lambda one, other: tr("{title}, {weight}", title=one, weight=other), words)


_ALWAYS = ("checkpoint", "weight", "seed")


def line_label(state: GridState, names: tuple[str, ...], line: Line) -> tuple[str, str]:
    """Title and second line of a row whose axes are ``names``."""
    if not names:
        return "", ""
    title = value_words(state, names[0], line.own[0])
    detail = listed([spoken(state, *one) for one in zip(names[1:], line.own[1:], strict=True)])
    if names[0] == "checkpoint" and not detail:
        detail = checkpoint_detail(state, line.own[0])
    seed = state.shown_seed
    if not detail and "seed" not in names and seed is not None:
        detail = tr("seed {seed}", seed=seed)
    return title, detail


def axis_title(axis: str) -> str:
    """What an axis is called."""
    return tr(axis_setting(axis).label)


def file_words(state: GridState, key: Position) -> str:
    """A cell as the name of a file: what tells it from the others, then its prompt."""
    words = [state.name_of(key), str(key.prompt)]
    return ", ".join(word for word in words if word)


def line_words(state: GridState, table: Table, side: Literal["row", "column"], line: Line) -> str:
    """All that a header stands for, whole: its group, then each of its own values."""
    groups = table.names("row_groups" if side == "row" else "column_groups")
    own = table.names("rows" if side == "row" else "columns")
    words = []
    for name, value in zip((*groups, *own), (*line.group, *line.own), strict=True):
        shown = value_words(state, name, value)
        words.append(shown if name in ("prompt", "seed") else f"{axis_title(name)}: {shown}")
        if name == "checkpoint" and value:
            words.append(Path(str(value)).name)
            words.append(checkpoint_detail(state, str(value)))
    return "\n".join(word for word in words if word)
