"""What training will see: the baked picture, its bucket, all buckets, and what to look at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.fill_panel import fill_text
from app.dataset.outlook import Outlook, look_ahead, placed, spec_for
from app.dataset.pixels import trained
from app.dataset.preview import BucketBars, PictureBox
from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import dimensions, number, percent
from app.theme import metrics
from app.widgets.panel import Panel
from app.widgets.row_list import Row, RowList
from app.widgets.text import ElidedLabel, label
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from engine.dataset.buckets import Assignment
    from engine.dataset.library import Picture

side = 96


class OutlookPanel(Panel):
    """Follows the selection and the whole project. ``warning_chosen`` names what to show."""

    warning_chosen = Signal(str)

    def __init__(self, state: DatasetState) -> None:
        super().__init__("What training will see")
        self.state = state
        self.outlook: Outlook | None = None
        self.picture = PictureBox(side, checker=False)
        self.facts = Facts()
        self.bars = BucketBars()
        self.summary = label(size=11, tone="quiet", wrap=True)
        self.warnings = RowList()
        self._ticket = 0
        self._build()
        state.reloaded.connect(self.refresh)
        state.selection_changed.connect(self._show_picture)
        self.warnings.chosen.connect(self.warning_chosen)
        language_signals.changed.connect(self.refresh)

    def _build(self) -> None:
        self.top = QWidget()
        row = QHBoxLayout(self.top)
        row.setContentsMargins(0, 0, 0, metrics.GAP)
        row.setSpacing(metrics.PAD)
        row.addWidget(self.picture)
        row.addWidget(self.facts, 1)
        box = QVBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        box.setSpacing(4)
        box.addWidget(self.top)
        box.addWidget(self.bars)
        box.addWidget(self.summary)
        self.body.addLayout(box)
        self.body.addWidget(self.warnings)

    def refresh(self) -> None:
        """Count again and bake again."""
        project = self.state.session.project
        self.setVisible(project is not None and bool(self.state.pictures))
        if project is None:
            return
        spec = spec_for(project.file.resolution)
        self.outlook = look_ahead(self.state.pictures.values(), spec)
        parts = [tr("{n} train", n=number(self.outlook.train))]
        if self.outlook.held_out:
            parts.append(tr("{n} held out", n=number(self.outlook.held_out)))
        self.summary.setText(" · ".join(parts))
        self.warnings.set_rows(_warnings(self.outlook))
        self._show_picture()

    def _show_picture(self) -> None:
        project, picture = self.state.session.project, self.state.current
        self.top.setVisible(picture is not None)
        buckets = self.outlook.buckets if self.outlook is not None else ()
        found = None
        if picture is not None and project is not None and not picture.problem:
            found = placed(picture, spec_for(project.file.resolution))
            fill = picture.recipe.fill or project.file.fill_of(picture.category)
            self.facts.tell(picture, found, fill_text(fill))
            self._ticket += 1
            self.state.session.start(self._bake(picture, self._ticket))
        self.bars.set_buckets(buckets, found.bucket if found is not None else None)

    async def _bake(self, picture: Picture, ticket: int) -> None:
        project = self.state.session.project
        if project is None:
            return
        spec = spec_for(project.file.resolution)
        try:
            array = await self.state.session.bridge.io(trained, picture, project, spec, 2 * side)
        except StylekilnError:
            array = None  # the preview above says why the file cannot be read
        if ticket == self._ticket:
            self.picture.set_picture(array)


class Facts(QWidget):
    """Bucket, scale, cut and fill of one picture."""

    def __init__(self) -> None:
        super().__init__()
        self._names = [label(tone="label") for _ in range(3)]
        self.values = [label() for _ in range(3)]
        self.caption = ElidedLabel(size=11, tone="quiet")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(metrics.GAP)
        grid.setVerticalSpacing(2)
        for row, (name, value) in enumerate(zip(self._names, self.values, strict=True)):
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
        grid.addWidget(self.caption, 3, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(4, 1)

    def tell(self, picture: Picture, found: Assignment | None, fill: str) -> None:
        """Show the numbers of ``picture``."""
        for name, text in zip(self._names, (tr("Bucket"), tr("Scaled"), tr("Fill")), strict=True):
            name.setText(text)
        for widget in (self._names[2], self.values[2]):
            widget.setVisible(picture.has_alpha)
        self.caption.setText(picture.caption or tr("No caption"))
        if found is None:
            self.values[0].setText(tr("too small for a bucket"))
            self.values[1].setText("")
            return
        self.values[0].setText(dimensions(*found.bucket))
        cut = tr("cut {share}", share=percent(found.cut))
        self.values[1].setText(f"{found.scale:.2f}×  {cut}")
        self.values[2].setText(fill)


def _warnings(outlook: Outlook) -> list[Row]:
    found = [
        ("enlarged", tr("Enlarged more than 1.5×"), len(outlook.enlarged)),
        ("bare", tr("No caption"), len(outlook.bare)),
        ("unreadable", tr("Cannot be read"), len(outlook.unreadable)),
    ]
    return [
        Row(key, text, number(count), icon="triangle-alert", icon_tone="warn", tone="t2")
        for key, text, count in found
        if count
    ]
