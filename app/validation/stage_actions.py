"""What a user can do with the grid on the stage, and with the cell that is chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.actions import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.validation.view import View

where = "validate"


def stage_actions(view: View, drawn: Callable[[], bool]) -> list[Action]:
    """What the stage shows, and how large."""
    state = view.state

    def both() -> bool:
        return state.second is not None

    def filtered() -> bool:
        return state.shown.narrowed

    def detail() -> bool:
        return not view.grid.framing.whole

    return [
        Action(
            "validate.blink",
            "Blink A and B",
            partial(view.stage.show_way, "blink"),
            "eye",
            "",
            both,
            where,
        ),
        Action(
            "validate.slider",
            "Split A and B by a line",
            partial(view.stage.show_way, "slider"),
            "columns-2",
            "",
            both,
            where,
        ),
        Action(
            "validate.difference",
            "Show the difference of A and B",
            partial(view.stage.show_compare, "difference"),
            "contrast",
            "",
            both,
            where,
        ),
        Action(
            "validate.verdict",
            "Show the verdict",
            view.stage.show_verdict,
            "gauge",
            "",
            drawn,
            where,
        ),
        Action(
            "validate.back",
            "Back to grid",
            view.stage.show_grid,
            "grid-3x3",
            "",
            drawn,
            where,
        ),
        Action(
            "validate.filter",
            "Choose which cells are shown",
            view.bar.open_filter,
            "list-filter",
            "",
            drawn,
            where,
        ),
        Action(
            "validate.show_all",
            "Show all rows and columns",
            state.shown.show_all,
            "eye",
            "",
            filtered,
            where,
        ),
        Action(
            "validate.fit",
            "Fit the grid",
            view.stage.fit,
            "maximize",
            "Ctrl+0",
            drawn,
            where,
        ),
        Action(
            "validate.zoom_in",
            "Zoom in",
            partial(view.stage.zoom, 1),
            "zoom-in",
            "Ctrl++",
            drawn,
            where,
        ),
        Action(
            "validate.zoom_out",
            "Zoom out",
            partial(view.stage.zoom, -1),
            "zoom-out",
            "Ctrl+-",
            drawn,
            where,
        ),
        Action(
            "validate.detail_in",
            "Zoom into all cells",
            partial(view.stage.zoom_detail, 1),
            "scan-search",
            "Ctrl+Shift+.",
            drawn,
            where,
        ),
        Action(
            "validate.detail_out",
            "Zoom out of all cells",
            partial(view.stage.zoom_detail, -1),
            "scan",
            "Ctrl+Shift+,",
            detail,
            where,
        ),
        Action(
            "validate.detail_whole",
            "Whole pictures in all cells",
            view.grid.framing.reset,
            "maximize",
            "",
            detail,
            where,
            stage_key="Z",
        ),
    ]


def cell_actions(view: View) -> list[Action]:
    """What can be done with A."""
    state, undoing = view.state, view.undoing

    def there() -> bool:
        cell = state.cell(state.first)
        return cell is not None and bool(cell.path)

    def failed() -> bool:
        return not view.runner.running and any(state.failed())

    return [
        Action(
            "validate.open",
            "Open the cell large",
            view.stage.open_first,
            "fullscreen",
            "",
            there,
            where,
            stage_key="Enter",
        ),
        Action(
            "validate.nearest",
            "Compare with the nearest training picture",
            view.show_nearest,
            "columns-2",
            "",
            lambda: view.evidence.pair_at(state.first) is not None,
            where,
        ),
        Action(
            "validate.star",
            "Star the cell",
            partial(view.chosen.mark, "starred"),
            "star",
            "",
            there,
            where,
            stage_key="S",
        ),
        Action(
            "validate.reject",
            "Reject the cell",
            partial(view.chosen.mark, "rejected"),
            "x",
            "",
            there,
            where,
            stage_key="X",
        ),
        Action(
            "validate.pin",
            "Pin the cell",
            partial(view.chosen.mark, "pinned"),
            "pin",
            "",
            there,
            where,
            stage_key="P",
        ),
        Action(
            "validate.infotext",
            "Copy infotext",
            view.chosen.copy_infotext,
            "copy",
            "",
            there,
            where,
        ),
        Action(
            "validate.picture",
            "Copy picture",
            view.chosen.copy_picture,
            "image",
            "",
            there,
            where,
        ),
        Action(
            "validate.retry",
            "Try failed cells again",
            view.drawing.retry,
            "rotate-cw",
            "",
            failed,
            where,
        ),
        Action(
            "validate.undo",
            "Undo",
            undoing.undo,
            "undo-2",
            "Ctrl+Z",
            lambda: undoing.possible,
            where,
            about=undoing.about_undo,
        ),
        Action(
            "validate.redo",
            "Redo",
            undoing.redo,
            "redo-2",
            "Ctrl+Shift+Z",
            lambda: bool(undoing.about_redo()),
            where,
            about=undoing.about_redo,
        ),
    ]
