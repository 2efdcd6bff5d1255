"""Red flags on the page of the verdict: the pictures that raise each; one can be set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.theme import metrics
from app.validation.flags import flag_mark, flag_words
from app.validation.pair_grid import PairGrid
from app.validation.verdict_words import capital, said
from app.widgets.buttons import button
from app.widgets.fields import FieldRow, TextField
from app.widgets.layouts import clear_layout
from app.widgets.panel import padded
from app.widgets.text import hairline, label
from engine.validation.dismissed import LONGEST

if TYPE_CHECKING:
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache
    from engine.validation.overfit_rules import Flag

_NOTHING = "Nothing speaks against any checkpoint."
_NOTHING_MEASURED = "Nothing that could be measured speaks against a checkpoint."
_WORDS = 230  # width of what is said of a flag


class FlagList(QWidget):
    """``cell_asked`` carries a cell to show in the grid, ``pairs_opened`` the pairs of a flag to
    show large, and which of them.
    """

    cell_asked = Signal(object)  # Position
    pairs_opened = Signal(object, int)  # list[Pair]

    def __init__(
        self, state: GridState, evidence: EvidenceState, thumbnails: ThumbnailCache
    ) -> None:
        super().__init__()
        self._state, self._evidence, self._thumbnails = state, evidence, thumbnails
        self.dialog: DismissDialog | None = None
        self.strips: list[PairGrid] = []
        self._made: list[object] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 8)
        head.setSpacing(metrics.GAP)
        head.addWidget(label("Red flags", weight=600))
        self.count = label(tone="quiet")
        head.addWidget(self.count)
        head.addStretch(1)
        self.note = label(size=11, tone="quiet")
        head.addWidget(self.note)
        column.addLayout(head)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column.addLayout(self._rows)
        self.none = label(tone="label")
        self._none = bind(self.none.setText, _NOTHING)
        self.none.setContentsMargins(16, 4, 16, 12)
        column.addWidget(self.none)

    def refresh(self) -> None:
        """List the flags; one that was set aside stays in its place, struck through."""
        flags, aside = self._evidence.flags(), self._evidence.flags(dismissed=True)
        sure = self._evidence.pick() is not None
        shown: list[object] = [flags, aside, self._evidence.names(), tr("Dismiss…"), sure]
        if shown == self._made:
            return
        self._made = shown
        self.setMinimumHeight(self.height())  # the page does not jump while rows are made anew
        clear_layout(self._rows)
        self.strips = []
        self.count.setText(str(len(flags)))
        words = "Left: generated. Right: the closest of {n} training pictures."
        self.note.setText(tr(words, n=self._evidence.training_count))
        self.note.setVisible(bool(flags) and any(self._evidence.pairs_of(f.cells) for f in flags))
        self._none.say(_NOTHING if sure else _NOTHING_MEASURED)
        self.none.setVisible(not flags and not aside)
        for flag in self._evidence.told():
            self._rows.addWidget(self._row(flag, dismissed=flag in aside))
        QTimer.singleShot(0, self, lambda: self.setMinimumHeight(0))

    def _row(self, flag: Flag, *, dismissed: bool = False) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline("stage"))
        line = QHBoxLayout()
        line.setContentsMargins(16, 10, 16, 10)
        line.setSpacing(metrics.GAP)
        line.addWidget(flag_mark(flag), 0, Qt.AlignmentFlag.AlignTop)
        said_of = QWidget()
        said_of.setFixedWidth(_WORDS)
        words = flag_words(flag, struck=dismissed)
        words.setContentsMargins(0, 0, 0, 0)
        said_of.setLayout(words)
        words.addLayout(self._dismissed(flag) if dismissed else self._links(flag))
        words.addStretch(1)
        line.addWidget(said_of, 0, Qt.AlignmentFlag.AlignTop)
        if not dismissed:
            strip = PairGrid(self._state, self._thumbnails, self._evidence.training, strip=True)
            strip.set_pairs(self._evidence.pairs_of(flag.cells))
            strip.opened.connect(self.pairs_opened)
            self.strips.append(strip)
            line.addWidget(strip, 1, Qt.AlignmentFlag.AlignTop)
        else:
            line.addStretch(1)
        column.addLayout(line)
        return box

    def _links(self, flag: Flag) -> QHBoxLayout:
        links = QHBoxLayout()
        links.setContentsMargins(0, 6, 0, 0)
        links.setSpacing(16)
        links.addWidget(button("Show in grid", kind="link", on=lambda: self._show(flag)))
        links.addWidget(button("Dismiss…", kind="link", on=lambda: self._ask(flag)))
        links.addStretch(1)
        return links

    def _dismissed(self, flag: Flag) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        kept = self._evidence.choices.dismissal(flag)
        reason = label(size=11, tone="label", wrap=True)
        reason.setText(tr("Dismissed: {reason}", reason=kept.reason if kept is not None else ""))
        column.addWidget(reason)
        restore = button("Restore", kind="link", on=lambda: self._evidence.choices.restore(flag))
        line = QHBoxLayout()
        line.addWidget(restore)
        line.addStretch(1)
        column.addLayout(line)
        return column

    def _show(self, flag: Flag) -> None:
        places = self._evidence.places_of(flag)
        if places:
            self.cell_asked.emit(places[0])

    def _ask(self, flag: Flag) -> None:
        self.dialog = DismissDialog(capital(said(flag.headline)), self)
        self.dialog.chosen.connect(lambda reason: self._evidence.choices.dismiss(flag, reason))
        self.dialog.open()


class DismissDialog(QDialog):
    """Asks why a flag is set aside. ``chosen`` carries the reason."""

    chosen = Signal(str)

    def __init__(self, headline: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "Dismiss the flag")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 16, 4, 16)
        column.setSpacing(metrics.GAP_FIELDS)
        head = label(size=15, weight=600, wrap=True)
        head.setText(headline)
        column.addWidget(padded(head, bottom=8))
        self.reason = TextField("Why it is no reason for concern")
        self.reason.setMaxLength(LONGEST)
        column.addWidget(FieldRow("Reason", self.reason))
        words = (
            "The flag stays in the report, struck through, with your reason. The recommendation "
            "does not change."
        )
        column.addWidget(padded(label(words, size=11, tone="quiet", wrap=True)))
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.dismiss_button = button("Dismiss", kind="primary", on=self._dismiss)
        self.dismiss_button.setDefault(True)
        self.dismiss_button.setEnabled(False)
        foot.addWidget(self.dismiss_button)
        column.addLayout(foot)
        self.setMinimumWidth(420)
        self.reason.changed.connect(
            lambda text: self.dismiss_button.setEnabled(bool(str(text).strip()))
        )

    def _dismiss(self) -> None:
        self.chosen.emit(self.reason.text().strip())
        self.accept()
