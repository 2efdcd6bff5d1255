"""What a user can do in Validate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.actions import Action
from app.validation.plan_words import PLANS
from app.validation.stage_actions import cell_actions, stage_actions

if TYPE_CHECKING:
    from app.validation.view import View


def validation_actions(view: View) -> list[Action]:
    """One entry each for menu, shortcut and command palette."""
    state, runner, drawing, files = view.state, view.runner, view.drawing, view.files

    def drawn() -> bool:
        return next(iter(state.finished()), None) is not None

    where = "validate"
    return [
        Action(
            "validate.start",
            "Draw the grid",
            drawing.start,
            "play",
            "Ctrl+Return",
            lambda: drawing.possible,
            where,
        ),
        Action(
            "validate.pause",
            "Pause or continue the grid",
            runner.pause,
            "pause",
            "",
            lambda: runner.running,
            where,
        ),
        Action(
            "validate.cancel",
            "Cancel the grid",
            runner.cancel,
            "x",
            "",
            lambda: runner.running,
            where,
        ),
        Action(
            "validate.earlier",
            "Open an earlier grid…",
            view.earlier.ask,
            "history",
            "",
            lambda: not runner.running and view.session.project is not None,
            where,
        ),
        Action("validate.axis", "Add axis", view.add_axis, "plus", where=where),
        Action(
            "validate.plan", "Set a plan for the grid", view.choose_plan, "list-checks", where=where
        ),
        *_plans(view),
        Action(
            "validate.files",
            "Choose LoRA files…",
            files.ask_loras,
            "folder-open",
            "",
            where=where,
        ),
        Action(
            "validate.compare",
            "Compare A and B",
            view.stage.show_compare,
            "columns-2",
            "",
            lambda: state.first is not None,
            where,
        ),
        Action(
            "validate.export",
            "Export grid…",
            view.exports.ask_grid,
            "share",
            "Ctrl+Shift+E",
            drawn,
            where,
        ),
        Action(
            "validate.report",
            "Report to print (PDF)…",
            lambda: view.exports.ask_report("pdf"),
            "file-text",
            "",
            lambda: state.pick_checkpoint != "",
            where,
        ),
        Action(
            "validate.approve",
            "Approve for the team…",
            view.approvals.ask,
            "badge-check",
            "",
            lambda: state.pick_checkpoint != "",
            where,
        ),
        Action(
            "validate.canvas",
            "Open in Canvas",
            view.chosen.open_in_canvas,
            "brush",
            "",
            lambda: view.chosen.lora_for_canvas() is not None,
            where,
        ),
        Action(
            "validate.paint",
            "Paint with what is approved, else recommended",
            view.paint,
            "brush",
            "",
            lambda: view.approvals.to_use is not None,
            where,
        ),
        *stage_actions(view, drawn),
        *cell_actions(view),
    ]


def _plans(view: View) -> list[Action]:
    """Each plan by its own words, so that a search finds it."""
    return [
        Action(f"validate.plan.{name}", words, partial(view.set_plan, name), icon, where="validate")
        for name, (words, icon) in PLANS.items()
    ]
