"""The right column: the selected pictures, their captions and fill, and what training will see."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.dataset.caption_panel import CaptionPanel
from app.dataset.fill_panel import FillPanel
from app.dataset.outlook_panel import OutlookPanel
from app.dataset.pixels import preview
from app.dataset.preview import PictureBox
from app.dataset.stand_in import StandIn
from app.i18n import bind, tr, tr_error
from app.i18n import signals as language_signals
from app.i18n.format import dimensions, number
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Column, Panel, padded
from app.widgets.stars import Stars
from app.widgets.text import ElidedLabel, hairline, label
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPixmap

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.library import Picture

preview_side = 512
passing = 0.04
"""Seconds a picture has to stay before it is decoded."""
one_height, two_height = 176, 148


class Inspector(Column):
    """Follows the selection. Without one it says so, and shows the project: buckets, warnings."""

    def __init__(
        self, state: DatasetState, operations: Operations, thumbnails: ThumbnailCache
    ) -> None:
        super().__init__(metrics.RIGHT, "right")
        self.state = state
        self.operations = operations
        self.previews = PreviewPanel(state, operations, thumbnails)
        self.captions = CaptionPanel(state)
        self.fills = FillPanel(state, operations)
        self.outlook = OutlookPanel(state, thumbnails)
        self.export = button("Export", "folder-output")
        self.train = button("", "arrow-right", "primary")
        self._train_text = bind(
            self.train.setText, "Train on {n} picture", "Train on {n} pictures", n=0
        )
        self.nothing = padded(
            label("Select a picture to see its caption, fill and crop.", tone="quiet", wrap=True),
            top=metrics.PAD,
            bottom=metrics.PAD,
        )
        self._lines: dict[QWidget, QWidget] = {}
        self._stack_panels()
        self.add_foot(self.export)
        self.add_foot(self.train, 1)
        state.selection_changed.connect(self.refresh)
        state.reloaded.connect(self.refresh)
        self.refresh()

    def _stack_panels(self) -> None:
        self.add(self.nothing)
        self.add(self.previews, line=False)
        for panel in (self.captions, self.fills, self.outlook):
            self._lines[panel] = hairline("panel")
            self.add(self._lines[panel], line=False)
            self.add(panel, line=False)

    def refresh(self) -> None:
        """Show the selection."""
        selected = self.state.selected
        self.nothing.setVisible(not selected)
        self.previews.setVisible(bool(selected))
        self.captions.setVisible(bool(selected))
        self.previews.show_pictures(selected)
        self.captions.show_pictures(selected)
        self.fills.show_pictures(selected)
        for panel, line in self._lines.items():
            line.setVisible(not panel.isHidden())  # a line alone would look like an empty panel
        used = len(self.state.used)
        self._train_text.update(n=used)
        self.train.setEnabled(used > 0)
        self.export.setEnabled(used > 0)


class PreviewPanel(Panel):
    """One or two of the selected pictures, with what can be decided about all of them."""

    crop_asked = Signal()

    def __init__(
        self, state: DatasetState, operations: Operations, thumbnails: ThumbnailCache
    ) -> None:
        super().__init__("Picture", collapsible=False)
        self.state = state
        self.operations = operations
        self._shown: list[Picture] = []
        self.boxes = [PictureBox(), PictureBox()]
        self._stand_ins = [StandIn(thumbnails, partial(_stand_in, box), self) for box in self.boxes]
        self.facts = [ElidedLabel(size=11, tone="label") for _ in self.boxes]
        self.stars = Stars()
        self.stars.rated.connect(lambda stars: operations.rate(state.selected, stars))
        self.problem = label(tone="error", wrap=True)
        self.pick = _action("flag", "Pick", lambda: self._flag("picked"), "P")
        self.reject = _action("x", "Reject", lambda: self._flag("rejected"), "X")
        self.hold = _action("lock", "Hold out", lambda: operations.hold_out(state.selected), "H")
        self.crop = tool_button(
            "crop", "Edit the picture", self.crop_asked.emit, shortcut="Return", dense=True
        )
        for widget in (self.crop, self.pick, self.reject, self.hold):
            self.add_action(widget)
        self._build()
        language_signals.changed.connect(self._show_again)

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        self._cells = []
        for box, fact in zip(self.boxes, self.facts, strict=True):
            cell = QWidget()
            column = QVBoxLayout(cell)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(6)
            column.addWidget(box)
            column.addWidget(fact)
            row.addWidget(cell, 1)
            self._cells.append(cell)
        self.body.addLayout(row)
        stars = QHBoxLayout()
        stars.setContentsMargins(metrics.GAP, 2, metrics.PAD, 0)
        stars.addWidget(self.stars)
        stars.addStretch(1)
        self.body.addLayout(stars)
        self.body.addWidget(self.problem)
        self.problem.setContentsMargins(metrics.PAD, 4, metrics.PAD, 0)

    def show_pictures(self, pictures: list[Picture]) -> None:
        """Show the last two of ``pictures``."""
        self._shown = pictures
        if len(pictures) == 1:
            self.set_title("{name}", name=pictures[0].path.name)
        elif pictures:
            self.set_title("{n} pictures", n=number(len(pictures)))
        shown = pictures[-2:]
        for place, cell in enumerate(self._cells):
            cell.setVisible(place < len(shown))
        for picture, box, fact, stand_in in zip(
            shown, self.boxes, self.facts, self._stand_ins, strict=False
        ):
            stand_in.begin(picture)
            box.setFixedHeight(one_height if len(shown) == 1 else two_height)
            fact.setText(_facts(picture))
            self.state.session.start(self._load(picture, box))
        self._mark(pictures)

    def _show_again(self) -> None:
        self.show_pictures(self._shown)

    def _flag(self, flag: str) -> None:
        self.operations.flag(self.state.selected, flag)

    def _mark(self, pictures: list[Picture]) -> None:
        marks = (
            (self.pick, lambda item: item.flag == "picked"),
            (self.reject, lambda item: item.flag == "rejected"),
            (self.hold, lambda item: item.held_out),
        )
        for widget, test in marks:
            widget.setChecked(bool(pictures) and all(test(item) for item in pictures))
        given = {item.stars for item in pictures}
        self.stars.set_value(given.pop() if len(given) == 1 else 0)
        self.crop.setEnabled(len(pictures) == 1 and not pictures[0].problem)
        problem = next((item.problem for item in pictures if item.problem), None)
        self.problem.setText(tr_error(problem.as_error()) if problem else "")
        self.problem.setVisible(bool(problem))

    async def _load(self, picture: Picture, box: PictureBox) -> None:
        # Who walks on does not wait for what was passed: decoding it would hold up other work.
        await asyncio.sleep(passing)
        if not self._is_in(box, picture):
            return
        try:
            image = await self.state.session.bridge.io(preview, picture.path, preview_side)
        except StylekilnError as error:
            self.problem.setText(tr_error(error))
            self.problem.setVisible(True)
            image = None
        if self._is_in(box, picture):
            box.set_picture(image)
            self._stand_ins[self.boxes.index(box)].end()

    def _is_in(self, box: PictureBox, picture: Picture) -> bool:
        """Whether ``box`` still is for ``picture``: while one is decoded another may be chosen."""
        shown = dict(zip(self.boxes, self._shown[-2:], strict=False))
        return box in shown and shown[box].id == picture.id


def _stand_in(box: PictureBox, pixmap: QPixmap | None, _: Picture) -> None:
    box.set_picture(pixmap)


def _action(icon: str, tip: str, on: Callable[[], object], shortcut: str) -> QToolButton:
    return tool_button(icon, tip, on, True, shortcut=shortcut, dense=True)


def _facts(picture: Picture) -> str:
    if picture.problem:
        return ""
    size = dimensions(picture.width, picture.height)
    if picture.sharpness is None:
        return size
    return f"{size} · " + tr("sharp {value}", value=f"{picture.sharpness:.2f}")
