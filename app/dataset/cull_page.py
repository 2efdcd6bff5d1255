"""The culling page: look-alikes side by side, single pictures in turn, thresholds at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.cull_bars import CullBar, LeaveBar
from app.dataset.cull_column import CullColumn
from app.dataset.cull_foot import CullFoot, pending_words
from app.dataset.cull_shut import CullStrip
from app.dataset.cull_stages import CullStages
from app.dataset.cull_state import CullState
from app.dataset.cull_thresholds import ThresholdColumn
from app.i18n import signals as language_signals
from app.theme import metrics
from app.widgets.text import hairline
from engine.dataset.thresholds import CULL_KINDS, Kind

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent

    from app.dataset.cull_deck import Answer
    from app.dataset.cull_pair import PairStage
    from app.dataset.cull_single import SingleStage
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.widgets.thumbnails import ThumbnailCache

LOW = 760
"""Below this height of the page the detail strip goes."""
STAGE = 640
"""Pixels a pair needs between the columns."""
_NARROW_RIGHT = 300


class CullPage(QWidget):
    """``closed`` asks for the grid. Nothing is applied until a button says so."""

    closed = Signal()

    def __init__(
        self, state: DatasetState, operations: Operations, thumbnails: ThumbnailCache
    ) -> None:
        super().__init__()
        self.state = state
        self.cull = CullState(state, operations)
        self.left, self.strip = CullColumn(self.cull), CullStrip(self.cull)
        self.bar = CullBar()
        self.leave_bar = LeaveBar()
        self.stages = CullStages(self.cull, self.bar)
        self.pair, self.single = self.stages.pair, self.stages.single
        self.foot = CullFoot(self.cull, thumbnails)
        self.thresholds = ThresholdColumn(self.cull)
        self._after = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Narrower than its three columns: then there are two.
        self.setMinimumWidth(metrics.WINDOW_MINIMUM[0] - metrics.RAIL)
        self._build()
        self._connect()

    def _build(self) -> None:
        stage = QWidget()
        stage.setProperty("surface", "stage")
        stage.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(hairline("column"))
        column.addWidget(self.leave_bar)
        column.addWidget(self.stages, 1)
        column.addWidget(hairline("column"))
        column.addWidget(self.foot)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.strip)
        outer.addWidget(self.left)
        outer.addWidget(stage, 1)
        outer.addWidget(self.thresholds)

    def _connect(self) -> None:
        self.bar.back.clicked.connect(lambda *_: self.leave())
        self.strip.open_button.toggled.connect(lambda _: self._arrange())
        self.bar.modes.changed.connect(self.pair.set_mode)
        self.bar.link.toggled.connect(self.pair.set_linked)
        self.bar.smaller.clicked.connect(lambda *_: self._stage().zoom(0.8))
        self.bar.larger.clicked.connect(lambda *_: self._stage().zoom(1.25))
        self.bar.fit.clicked.connect(lambda *_: self._stage().fit())
        for look in (self.pair.look, self.single.look):
            look.changed.connect(self._show_zoom)
        for name, made in self.pair.buttons.items():
            made.clicked.connect(lambda *_, name=name: self.answer(name))
        for mark, made in self.single.buttons.items():
            made.clicked.connect(lambda *_, mark=mark: self.mark(mark))
        self.stages.done_button.clicked.connect(lambda *_: self._apply_done())
        for column in (self.left, self.strip):
            column.kind_chosen.connect(self.choose_kind)
        self.left.matches.chosen.connect(lambda _: self.setFocus())
        for pane in (*self.pair.panes, self.single.pane):
            pane.pressed.connect(self.setFocus)
        self.leave_bar.answered.connect(self._answered)
        self.thresholds.undo.clicked.connect(lambda *_: self.back())
        self.thresholds.apply.clicked.connect(lambda *_: self.apply())
        self.thresholds.own.clicked.connect(lambda *_: self.apply(rule=False))
        self.cull.changed.connect(self.refresh)
        self.state.reloaded.connect(self._foot_buttons)
        language_signals.changed.connect(self.refresh)

    def _show_zoom(self) -> None:
        self.bar.show_zoom(self._stage().look.scale)

    def _stage(self) -> PairStage | SingleStage:
        return self.pair if self.cull.kind == "duplicate" else self.single

    # Coming and going

    def open(self, kind: str = "duplicate") -> None:
        """Look at suggestions of ``kind``; facts that are no reason to reject show copies."""
        self.leave_bar.hide()
        known = kind if kind in CULL_KINDS else "duplicate"
        self.stages.runs.read()
        self.cull.open(known)  # type: ignore[arg-type]
        self.setFocus()

    def leave(self) -> None:
        """Go back to the grid; what is not applied is asked about in place."""
        if self.leave_bar.isVisible():
            self._answered("stay")
        elif self.cull.decisions:
            self._ask("close")
        else:
            self._close()

    def choose_kind(self, kind: Kind) -> None:
        """Look at another kind; what is not applied is asked about first."""
        if kind == self.cull.kind:
            return
        if self.cull.decisions:
            self._ask(kind)
            self.left.kinds.set_current(self.cull.kind)
        else:
            self.cull.set_kind(kind)
        self.setFocus()

    def _ask(self, after: str) -> None:
        self._after = after
        self.leave_bar.words.setText(pending_words(self.cull.decisions))
        self.leave_bar.show()

    def _answered(self, answer: str) -> None:
        self.leave_bar.hide()
        self.setFocus()
        if answer == "stay":
            return
        if answer == "apply":
            self.cull.apply()
        else:
            self.cull.forget()
        if self._after == "close":
            self._close()
        else:
            self.cull.set_kind(self._after)  # type: ignore[arg-type]

    def _close(self) -> None:
        self.cull.close()
        self.closed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        if self.cull.active:
            self.cull.close()
            self.cull.active = True  # another page of the window; this one is still open
        super().hideEvent(event)

    # Deciding

    def answer(self, answer: Answer) -> None:
        """Decide about the pair and show the next."""
        self.cull.deck.answer(answer)
        self.setFocus()
        self.cull.changed.emit()

    def mark(self, mark: str) -> None:
        """Decide about the picture and show the next."""
        self.setFocus()
        self.cull.mark(mark)  # type: ignore[arg-type]

    def back(self) -> None:
        """Take the last decision back, or the last change when there is none."""
        if not self.cull.back() and self.state.can_undo:
            self.cull.operations.undo()
        self.setFocus()

    def apply(self, *, rule: bool = True) -> None:
        """Write the decisions; with ``rule`` it decides the groups that are open."""
        self.leave_bar.hide()
        self.cull.apply(rule=rule and self.cull.kind == "duplicate")
        self.setFocus()

    def _apply_done(self) -> None:
        if self.cull.decisions:
            self.apply()
        elif (kind := self.stages.next_kind) is not None:
            self.choose_kind(kind)
        else:
            self._close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Backspace:
            self.cull.back()
        elif not self._decide(key):
            super().keyPressEvent(event)

    def _decide(self, key: Qt.Key) -> bool:
        shown = self.stages.currentWidget()
        if shown is self.pair and key in _ANSWERS:
            self.answer(_ANSWERS[key])
        elif shown is self.single and key in _MARKS:
            self.mark(_MARKS[key])
        else:
            return False
        return True

    # Showing

    def refresh(self) -> None:
        """Show what is to be decided now."""
        if not self.cull.active:
            return
        pairs = self.cull.kind == "duplicate"
        self.bar.set_pairs(pairs)
        self.foot.refresh()
        self._show_zoom()
        self._foot_buttons()
        self.stages.refresh()

    def _foot_buttons(self) -> None:
        cull = self.cull
        self.thresholds.undo.setEnabled(bool(cull.decisions) or self.state.can_undo)
        waiting = len(cull.deck.open) if cull.kind == "duplicate" else 0
        self.thresholds.show_buttons(waiting, cull.decisions)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.thresholds.setFixedWidth(_NARROW_RIGHT if self._is_narrow() else metrics.RIGHT)
        self.pair.set_room(self.height() >= LOW)
        self._arrange()

    def _is_narrow(self) -> bool:
        return self.width() < metrics.NARROW - metrics.RAIL

    def _arrange(self) -> None:
        """In a narrow window the list shuts to a strip; opened, it takes the place of the
        thresholds where there is no room for both.
        """
        narrow = self._is_narrow()
        listed = not narrow or self.strip.open_button.isChecked()
        taken = metrics.LEFT + self.strip.width() + self.thresholds.width()
        self.strip.setVisible(narrow)
        self.left.setVisible(listed)
        self.thresholds.setVisible(not narrow or not listed or self.width() >= taken + STAGE)


_ANSWERS: dict[Qt.Key, Answer] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "both",
    Qt.Key.Key_N: "not-duplicates",
    Qt.Key.Key_Space: "skip",
}
_MARKS: dict[Qt.Key, str] = {
    Qt.Key.Key_Left: "rejected",
    Qt.Key.Key_X: "rejected",
    Qt.Key.Key_Right: "picked",
    Qt.Key.Key_K: "picked",
    Qt.Key.Key_Space: "",
}
