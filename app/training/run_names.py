"""What runs are called, so that no two of a project are called alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.training import draft

if TYPE_CHECKING:
    from app.training.model import TrainState
    from engine.training.runs import Run


def next_free(state: TrainState) -> str:
    """The name that the next run gets: the chosen one, counted on where another run has it."""
    name = str(state.values["output_name"])
    taken = [*state.live.names(), *(story.name for story in state.measures)]
    if name.casefold() not in {one.casefold() for one in taken}:
        return name
    return draft.next_name([name, *taken], name)


def name_of(run: Run) -> str:
    """The name of ``run``, with the number of its folder where another run had the name."""
    number = re.fullmatch(rf".*{re.escape(run.name)}(-\d+)", run.folder.name, re.DOTALL)
    return run.name + number.group(1) if number is not None else run.name
