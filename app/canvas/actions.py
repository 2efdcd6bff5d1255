"""What a user can do on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action
from app.canvas.candidate_keys import toggle_collage
from app.canvas.selection_actions import selection_actions
from app.canvas.tool_actions import tool_actions
from app.canvas.transfer_actions import transfer_actions

if TYPE_CHECKING:
    from app.canvas.view import View


def canvas_actions(view: View) -> list[Action]:
    """One entry each for menu, shortcut and command palette."""
    state, repaint, commands = view.state, view.repainting, view.commands

    def opened() -> bool:
        return state.document is not None

    def selected() -> bool:
        return state.selection is not None

    where = "canvas"
    return [
        Action("canvas.new", "New canvas…", commands.new, "plus", "Ctrl+N", where=where),
        Action(
            "canvas.open", "Open canvas…", commands.open_file, "folder-open", "Ctrl+O", where=where
        ),
        Action("canvas.rename", "Rename the canvas…", commands.rename, "pencil", "", opened, where),
        Action("canvas.save", "Save canvas", commands.save, "save", "Ctrl+S", opened, where),
        Action(
            "canvas.save_as",
            "Save canvas as…",
            commands.save_as,
            "save",
            "Ctrl+Shift+S",
            opened,
            where,
        ),
        Action(
            "canvas.export",
            "Export picture…",
            commands.export,
            "image",
            "Ctrl+Shift+E",
            opened,
            where,
        ),
        Action(
            "canvas.place",
            "Place a picture…",
            commands.place_picture,
            "image-plus",
            "",
            opened,
            where,
        ),
        *transfer_actions(view),
        Action("canvas.undo", "Undo", state.undo, "undo-2", "Ctrl+Z", state.can_undo, where),
        Action("canvas.redo", "Redo", state.redo, "redo-2", "Ctrl+Shift+Z", state.can_redo, where),
        Action(
            "canvas.repaint",
            "Repaint region",
            repaint.start,
            "sparkles",
            "Ctrl+Return",
            lambda: opened() and repaint.can_start,
            where,
        ),
        Action(
            "canvas.repaint_whole",
            "Repaint the whole canvas",
            repaint.start_whole,
            "sparkles",
            "",
            lambda: opened() and repaint.can_start and not repaint.has_region,
            where,
        ),
        Action(
            "canvas.stop",
            "Stop repainting",
            repaint.stop,
            "square",
            "",
            lambda: repaint.running,
            where,
        ),
        Action(
            "canvas.accept",
            "Accept candidate as layer",
            view.accept,
            "check",
            "",
            lambda: state.candidates.ready_one is not None,
            where,
        ),
        Action(
            "canvas.discard",
            "Discard candidates",
            view.discard,
            "trash-2",
            "",
            lambda: bool(state.candidates.items),
            where,
        ),
        Action(
            "canvas.again",
            "Again from this layer",
            view.again.from_layer,
            "history",
            "",
            lambda: view.again.can(state.layer),
            where,
        ),
        Action(
            "canvas.collage",
            "Paint with candidates",
            lambda: toggle_collage(state),
            "blend",
            "",
            lambda: state.collage.active or state.collage.can_start,
            where,
        ),
        Action(
            "canvas.compare",
            "Compare candidates",
            state.compare.toggle,
            "columns-2",
            "",
            lambda: bool(state.candidates.items),
            where,
        ),
        *selection_actions(view),
        *tool_actions(view),
        Action(
            "canvas.fill",
            "Fill with the color",
            state.fill_selection,
            "paint-bucket",
            "Alt+Backspace",
            lambda: state.node is not None,
            where,
        ),
        Action(
            "canvas.fill_around",
            "Fill from surroundings",
            view.filling.start,
            "scan-search",
            "Shift+F5",
            selected,
            where,
        ),
        Action(
            "canvas.clear",
            "Make transparent",
            state.clear_selection_pixels,
            "eraser",
            "",
            lambda: state.node is not None,
            where,
        ),
        *view.layers.commands,
        Action(
            "canvas.zoom_selection",
            "Zoom to the selection",
            view.surface.zoom_to_selection,
            "scan",
            "Ctrl+Shift+0",
            selected,
            where,
        ),
        Action(
            "canvas.fit",
            "Show the whole picture",
            view.surface.fit,
            "maximize",
            "Ctrl+0",
            opened,
            where,
        ),
        Action(
            "canvas.actual",
            "Show at 100 %",
            view.surface.actual_size,
            "scan",
            "",
            opened,
            where,
        ),
        Action(
            "canvas.zoom_in",
            "Zoom in",
            lambda: view.surface.view.step(1),
            "zoom-in",
            "Ctrl++",
            opened,
            where,
        ),
        Action(
            "canvas.zoom_out",
            "Zoom out",
            lambda: view.surface.view.step(-1),
            "zoom-out",
            "Ctrl+-",
            opened,
            where,
        ),
    ]
