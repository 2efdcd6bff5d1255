"""Which pictures training never sees: a share and a seed, in a small panel below its button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.entries import NumberField
from app.widgets.fields import FieldRow
from app.widgets.segments import Segments
from app.widgets.text import label
from engine.dataset.holdout import hold_out

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations

shares = ((0.05, "5 %"), (0.1, "10 %"), (0.2, "20 %"))


class SplitPanel(QFrame):
    """Every category gives its share; the same seed chooses the same pictures everywhere."""

    def __init__(self, state: DatasetState, operations: Operations, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.state = state
        self.operations = operations
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFixedWidth(300)
        self.share = Segments(list(shares), fill=True)
        self.share.set_value(0.1)
        self.seed = NumberField(0, 2**31 - 1, 1)
        self.seed.set_value(0)
        self.says = label(size=11, tone="quiet", wrap=True)
        self._words = bind(self.says.setText, "")
        self.apply = button("Hold out", "lock", "primary", on=self._apply)
        self.clear = button("Take all back", on=self._clear)
        self._build()
        self.share.changed.connect(lambda _: self._tell())

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, metrics.PAD, 0, metrics.PAD)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(FieldRow("Hold out", self.share))
        column.addWidget(FieldRow("Seed", self.seed, "The same seed chooses the same pictures."))
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        foot.setSpacing(metrics.GAP)
        box = QHBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        box.addWidget(self.says)
        column.addLayout(box)
        foot.addWidget(self.clear)
        foot.addStretch(1)
        foot.addWidget(self.apply)
        column.addLayout(foot)

    def open_below(self, widget: QWidget) -> None:
        """Show the panel under ``widget``."""
        self._tell()
        self.adjustSize()
        self.move(widget.mapToGlobal(QPoint(0, widget.height() + 2)))
        self.show()
        self.share.setFocus()

    def _usable(self) -> int:
        return sum(
            not p.is_reg and not p.problem and p.flag != "rejected"
            for p in self.state.pictures.values()
        )

    def _tell(self) -> None:
        usable = self._usable()
        count = round(usable * float(str(self.share.value)))
        self._words.say(
            "{count} of {n} picture, from every category its share.",
            "{count} of {n} pictures, from every category its share.",
            count=count,
            n=usable,
        )
        self.apply.setEnabled(0 < count < usable)
        self.clear.setEnabled(any(p.held_out for p in self.state.pictures.values()))

    def _apply(self) -> None:
        share, seed = float(str(self.share.value)), int(self.seed.value)
        self.hide()
        self.operations.change(
            lambda library: hold_out(library, fraction=share, seed=seed),
            "Held {n} picture out for validation.",
            many="Held {n} pictures out for validation.",
            n=round(self._usable() * share),
        )

    def _clear(self) -> None:
        held = {p.id: False for p in self.state.pictures.values() if p.held_out}
        self.hide()
        self.operations.change(
            lambda library: library.hold_out(held),
            "Took {n} picture back.",
            many="Took {n} pictures back.",
            n=len(held),
        )
