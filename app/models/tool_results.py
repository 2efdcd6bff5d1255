"""What a tool has done, as one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.i18n import tr
from app.i18n.format import percent
from app.i18n.text import joined
from app.models.tools import BAKE, CONVERT, EDIT, EXTRACT, MERGE, RESIZE, Tool
from engine.models.tools.requests import ToolResult


def words_of(tool: Tool, result: ToolResult) -> str:
    """The sentence, in the language of the moment."""
    notes, name = result.notes, Path(result.path).name
    if tool is MERGE:
        done = tr("Merged into {name}: {n} layers.", name=name, n=notes["modules"])
        return _with_left_out(done, notes)
    if tool is RESIZE:
        return _with_left_out(_resized(name, notes), notes)
    if tool is EXTRACT:
        return _extracted(name, notes)
    if tool is BAKE:
        return _baked(name, notes)
    if tool is CONVERT:
        done = tr("{name} has other keys: {n} layers.", name=name, n=notes["modules"])
        return _with_left_out(done, notes)
    assert tool is EDIT
    return tr("{name} says it now.", name=name)


def _resized(name: str, notes: dict[str, Any]) -> str:
    share, ranks = percent(notes["kept"]), _ranks(notes)
    if notes["left_out"]:  # whose effect nobody knows
        return tr("{name} keeps {share} of the effect of {n} layers, {ranks}.", name=name,
                  share=share, n=notes["modules"], ranks=ranks)  # fmt: skip
    return tr("{name} keeps {share} of the effect, {ranks}.", name=name, share=share, ranks=ranks)


def _with_left_out(done: str, notes: dict[str, Any]) -> str:
    names = notes["left_out"]
    if not names:
        return done
    first = names[0] if len(names) == 1 else tr("{first} and others", first=names[0])
    left = tr(
        "{n} part that is not understood was left out: {names}.",
        "{n} parts that are not understood were left out: {names}.", n=len(names), names=first,
    )  # fmt: skip
    return joined((done, left))


def _ranks(notes: dict[str, Any]) -> str:
    low, high = notes["lowest_rank"], notes["highest_rank"]
    if low == high:
        return tr("rank {rank}", rank=low)
    return tr("ranks {low} to {high}", low=low, high=high)


def _extracted(name: str, notes: dict[str, Any]) -> str:
    if notes["unchanged"]:
        return tr(
            "{name} holds what {n} layers learned; a text encoder that did not change is left out.",
            name=name, n=notes["modules"],
        )  # fmt: skip
    return tr("{name} holds what {n} layers learned.", name=name, n=notes["modules"])


def _baked(name: str, notes: dict[str, Any]) -> str:
    left = len(notes["left_out"])
    if left:
        return tr(
            "Baked into {name}: {n} layers changed; {left} that the model does not have were left "
            "out.", name=name, n=notes["layers"], left=left,
        )  # fmt: skip
    return tr("Baked into {name}: {n} layers changed.", name=name, n=notes["layers"])
