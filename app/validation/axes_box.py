"""The axes of the left column: their blocks in order, their menus, and a link that adds one."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app.i18n import tr
from app.shell.menus import Menu
from app.validation.axis_block import AxisBlock
from app.validation.axis_list import APART
from app.validation.axis_menu import AxisMenu
from app.validation.side_mark import SIDE_WORDS
from app.widgets.buttons import button
from app.widgets.layouts import placed_once
from app.widgets.tab_order import put_before
from app.widgets.tick_popup import TickPopup
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.validation.axes import axis_setting

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.validation.setup import GridSetup

_USUAL = ("y", "x", "group_y", "group_x", "pages")


class AxesBox(QWidget):
    """One block for each axis of the draft."""

    def __init__(self, setup: GridSetup) -> None:
        super().__init__()
        self._setup = setup
        self.blocks: dict[str, AxisBlock] = {}
        self.menu: AxisMenu | None = None
        self.popup: TickPopup | None = None
        self.add = button("Add axis", "plus", "link", on=self.open_menu)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(10)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 8)
        column.setSpacing(10)
        column.addLayout(self._rows)
        line = QVBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(line)

    def follow(self, changed: Collection[str]) -> None:
        """Show the axes of the draft; ``changed`` are those that differ from the plan."""
        names = self._setup.axes.names()
        if names != list(self.blocks):
            self._lay(names)
        for name, block in self.blocks.items():
            block.follow(changed=name in changed)

    def _lay(self, names: list[str]) -> None:
        with placed_once(self):
            for name in self.blocks.keys() - set(names):
                gone = self.blocks.pop(name)
                gone.hide()
                self._rows.removeWidget(gone)
                gone.deleteLater()
            blocks = {name: self.blocks.get(name) or self._make(name) for name in names}
            for place, block in enumerate(blocks.values()):
                self._rows.insertWidget(place, block)
            self.blocks = blocks
        parts = ((block.mark, block.field) for block in self.blocks.values())
        put_before(self.add, itertools.chain.from_iterable(parts))

    def _make(self, name: str) -> AxisBlock:
        made = AxisBlock(self._setup, name)
        made.menu_asked.connect(self._open_axis_menu)
        made.list_asked.connect(self.open_list)
        made.dragged.connect(self._aim)
        made.dropped.connect(self._drop)
        return made

    # Adding

    def open_menu(self) -> None:
        """Offer everything that can vary."""
        self.menu = AxisMenu(self, {*self._setup.axes.names(), "prompt"})
        self.menu.chosen.connect(self.add_axis)
        self.menu.open_under(self.add)

    def add_axis(self, name: str) -> None:
        """Add an axis and put the keyboard into its field."""
        self._setup.add_axis(name)
        field = self.blocks[name].field
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        field.selectAll()

    # The menu of an axis

    def _open_axis_menu(self, name: str, place: QPoint) -> None:
        menu = Menu(self)
        self.fill_side_entries(menu, name)
        menu.line()
        if self._setup.options(name):
            menu.add("Fill in all", partial(self._setup.fill_in, name), "list-checks")
        if name == "weight":
            menu.add("UNet and text encoder apart", partial(self._setup.set_apart, True))
        if name in APART:
            menu.add("One weight for both", partial(self._setup.set_apart, False))
        names = list(self.blocks)
        here = names.index(name)
        if here > 0:
            swap = partial(self._setup.swap_axes, name, names[here - 1])
            menu.add("Swap with the axis above", swap, "arrow-up")
        if here < len(names) - 1:
            swap = partial(self._setup.swap_axes, name, names[here + 1])
            menu.add("Swap with the axis below", swap, "arrow-down")
        menu.add("Remove this axis", partial(self._setup.remove_axis, name), "x")
        menu.at(place)

    def fill_side_entries(self, menu: Menu, name: str) -> None:
        """One entry for each side that the axis ``name`` can run on."""
        now = self._setup.axes.side_of(name)
        for side in _USUAL:
            turn = partial(self._setup.set_side, name, side)
            menu.add(SIDE_WORDS[side], turn, ticked=side == now)

    # Choosing values

    def open_list(self, name: str) -> None:
        """Let the user choose the values of an axis from a list, or files."""
        kind = axis_setting(name).kind
        if kind == "picture":
            menu = Menu(self)
            menu.add("Choose a folder of pictures…", partial(self.ask_files, name, folder=True))
            menu.add("Choose pictures…", partial(self.ask_files, name))
            menu.below(self.blocks[name].field)
            return
        draft = self._setup.axes.get(name)
        values = draft.values if draft is not None and draft.error is None else ()
        others = []
        if kind == "lora" and name != "checkpoint":
            others.append(("Choose LoRA files…", partial(self.ask_files, name)))
        self.popup = TickPopup(self, self._setup.options(name), values, others)
        self.popup.changed.connect(lambda chosen: self._take(name, chosen))
        self.popup.open_under(self.blocks[name].field)

    def _take(self, name: str, chosen: Sequence[object]) -> None:
        """What is ticked, behind values that were typed and are not on the list."""
        draft = self._setup.axes.get(name)
        listed = [value for value, _ in self._setup.options(name)]
        typed = [value for value in draft.values if value not in listed] if draft else []
        self._setup.put(name, [*typed, *chosen])  # type: ignore[list-item]

    def ask_files(self, name: str, *, folder: bool = False) -> QFileDialog:
        """Let the user choose files, or one folder, for an axis."""
        dialog = QFileDialog(self, tr("Choose a folder" if folder else "Choose files"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        else:
            suffixes = (
                sorted(PICTURE_SUFFIXES) if axis_setting(name).kind == "picture"
                else [".safetensors"]
            )  # fmt: skip
            dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
            dialog.setNameFilter(" ".join(f"*{suffix}" for suffix in suffixes))
        dialog.filesSelected.connect(self.blocks[name].take_files)
        dialog.open()
        return dialog

    # Dragging

    def _aim(self, name: str, place: QPoint) -> None:
        aimed = self._block_at(place)
        for block in self.blocks.values():
            block.set_aimed(block is aimed and block.setting != name)

    def _drop(self, name: str, place: QPoint) -> None:
        aimed = self._block_at(place)
        for block in self.blocks.values():
            block.set_aimed(False)
        if aimed is not None and aimed.setting != name:
            self._setup.swap_axes(name, aimed.setting)

    def _block_at(self, place: QPoint) -> AxisBlock | None:
        here = self.mapFromGlobal(place)
        return next((b for b in self.blocks.values() if b.geometry().contains(here)), None)
