"""What can be asked of the run on the stage, for palette and menus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.actions import Action
from app.training import run_deeds
from engine.training.controls import SAMPLE_NOW, SAVE_NOW, STOP_AFTER_EPOCH

if TYPE_CHECKING:
    from app.training.run_stage import RunStage

WHERE = "train"


def run_actions(stage: RunStage) -> list[Action]:
    """One entry each; those that the run cannot do now are not offered."""
    state, bar = stage.state, stage.bar

    def offered(control: str) -> bool:
        handle = state.live.handle_of(state.story)
        return handle is not None and not handle.done() and control in handle.request.controls

    def can_sample() -> bool:
        return offered(SAMPLE_NOW) and bar.sample.isEnabled()

    def can_save() -> bool:
        return offered(SAVE_NOW) and bar.save.isEnabled()

    def can_resume() -> bool:
        return state.story is not None and run_deeds.resumable(state, state.story) is not None

    def several() -> bool:
        return len(state.runs) > 1

    ends = partial(offered, STOP_AFTER_EPOCH)
    later = partial(bar.ask, STOP_AFTER_EPOCH)
    return [
        Action(
            "train.sample", "Sample now", partial(bar.ask, SAMPLE_NOW), "images", "", can_sample,
            WHERE,
        ),
        Action("train.save", "Save now", partial(bar.ask, SAVE_NOW), "save", "", can_save, WHERE),
        Action("train.last", "Stop after this epoch", later, "flag", "", ends, WHERE),
        Action("train.resume", "Resume the run", bar.resume_run, "play", "", can_resume, WHERE),
        Action(
            "train.compare", "Settings of runs side by side", stage.open_compare, "table", "",
            several, WHERE,
        ),
    ]  # fmt: skip
