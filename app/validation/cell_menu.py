"""The menu of the grid: what can be done with a cell, and with its row and column."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from app.shell.menus import Menu

if TYPE_CHECKING:
    from app.validation.table import Line
    from app.validation.view import View


def open_cell_menu(view: View, row: Line | None, column: Line | None, where: QPoint) -> None:
    """Open at ``where`` on the screen; lines whose header or cell is there can be hidden."""
    state, menu = view.state, Menu(view.grid)
    if row is not None and column is not None and state.first is not None:
        _cell_entries(menu, view)
        menu.line()
    if row is not None and row not in state.baseline_rows():
        menu.add("Hide this row", lambda: state.shown.hide_row(row), "eye-off")
    if column is not None:
        menu.add("Hide this column", lambda: state.shown.hide_column(column), "eye-off")
    if state.shown.narrowed:
        menu.add("Show all", state.shown.show_all, "eye")
    menu.at(where)


def _cell_entries(menu: Menu, view: View) -> None:
    first, files, start = view.state.first, view.cells, view.session.start
    assert first is not None
    cell = view.state.cell(first)
    if cell is not None and cell.problem:
        menu.add("Try again", view.drawing.retry, "rotate-cw", shortcut="Enter")
    if cell is None or not cell.path:
        return
    menu.add("Open large", lambda: view.stage.open_cell(first), "maximize", shortcut="Enter")
    if cell.nearest:
        menu.add("Compare with the nearest training picture", view.show_nearest, "columns-2")
    menu.add("Mark as B", view.state.hold_first, "columns-2", shortcut="B")
    menu.line()
    for kind, words, icon, key in MARKS:
        ticked = view.state.has_mark(kind, first)
        menu.add(words, partial(view.chosen.mark, kind), icon, ticked=ticked, shortcut=key)
    menu.line()
    menu.add("Open in Canvas", view.chosen.open_in_canvas, "brush")
    menu.add("Copy infotext", lambda: start(files.copy_infotext(first)), "copy")
    menu.add("Copy picture", lambda: start(files.copy_picture(first)), "image")


MARKS = (
    ("starred", "Star", "star", "S"),
    ("rejected", "Reject", "x", "X"),
    ("pinned", "Pin", "pin", "P"),
)


SORTS = [
    ("", "In order"),
    ("copying", "Least copying"),
    ("style_fit", "Best style fit"),
    ("diversity", "Most diverse"),
    ("held_out", "Lowest held-out loss"),
]
