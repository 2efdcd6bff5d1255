"""The culling page: look-alikes side by side, single pictures in turn, thresholds at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.dataset.cull_bars import CullBar, LeaveBar
from app.dataset.cull_column import CullColumn, kind_name
from app.dataset.cull_foot import CullFoot, match_name
from app.dataset.cull_pair import PairStage
from app.dataset.cull_pictures import CullPictures
from app.dataset.cull_single import SingleStage
from app.dataset.cull_state import CullState
from app.dataset.cull_thresholds import ThresholdColumn
from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.states import EmptyState
from app.widgets.text import hairline
from engine.dataset.thresholds import CULL_KINDS, Kind

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent

    from app.dataset.cull_deck import Answer
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.widgets.thumbnails import ThumbnailCache
    from engine.dataset.picture import Picture

AHEAD = 3
"""Pairs, or pictures, that are decoded before they are asked for."""
LOW = 760
"""Below this height of the page the detail strip goes."""
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
        self.pixels = CullPictures(state.session)
        self.left = CullColumn(self.cull)
        self.bar = CullBar()
        self.leave_bar = LeaveBar()
        self.pair = PairStage(self.pixels)
        self.single = SingleStage(self.pixels)
        self.done_button = button("Apply the decisions", "check", "primary", on=self._apply_done)
        self.nothing = EmptyState("copy-check", "Nothing to decide", "", self.done_button)
        self.stages = QStackedWidget()
        self.foot = CullFoot(self.cull, thumbnails)
        self.thresholds = ThresholdColumn(self.cull)
        self._after = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        self._connect()

    def _build(self) -> None:
        for page in (self.pair, self.single, self.nothing):
            self.stages.addWidget(page)
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
        outer.addWidget(self.left)
        outer.addWidget(stage, 1)
        outer.addWidget(self.thresholds)

    def _connect(self) -> None:
        self.bar.back.clicked.connect(lambda *_: self.leave())
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
        self.left.kind_chosen.connect(self.choose_kind)
        self.leave_bar.answered.connect(self._answered)
        self.thresholds.undo.clicked.connect(lambda *_: self.back())
        self.thresholds.apply.clicked.connect(lambda *_: self.apply())
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
        count = self.cull.decisions
        self.leave_bar.words.setText(
            tr("{n} decision is not applied yet.", "{n} decisions are not applied yet.", n=count)
        )
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

    def apply(self) -> None:
        """Write the decisions; the rule decides groups that are open."""
        self.leave_bar.hide()
        self.cull.apply(rule=self.cull.kind == "duplicate")
        self.setFocus()

    def _apply_done(self) -> None:
        if self.cull.decisions:
            self.apply()
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
        if self.cull.survey is None:
            self.nothing.say("Comparing pictures", "This takes a moment after pictures were added.")
            self._show_nothing()
        elif pairs:
            self._show_pair()
        else:
            self._show_single()

    def _show_pair(self) -> None:
        cull = self.cull
        pair = cull.deck.pair
        if pair is None:
            self._say_done()
            return
        place = cull.deck.groups.index(pair.group) + 1
        total = len(cull.deck.groups)
        self.bar.title.setText(tr("Group {n} of {total}", n=number(place), total=number(total)))
        bits = cull.survey.bits_between(pair.left, pair.right) if cull.survey else 0
        words = tr("{kind}, distance {n} of 64", kind=match_name(pair.group.kind), n=number(bits))
        if pair.total > 1:
            words += " · " + tr(
                "pair {n} of {total} in this group", n=number(pair.number), total=number(pair.total)
            )
        self.bar.words.setText(words)
        self.stages.setCurrentWidget(self.pair)
        self.pair.show_pair(pair, cull.turn_of(pair.left, pair.right))
        self._fetch_pairs()

    def _fetch_pairs(self) -> None:
        deck = self.cull.deck
        place = deck.groups.index(deck.current) + 1 if deck.current in deck.groups else 0
        coming = [g for g in deck.groups[place:] if g in deck.open][:AHEAD]
        for group in [deck.current, *coming]:
            if group is None:
                continue
            keeper = deck.pair_of(group).left
            others = [picture for picture in group.pictures if picture.id != keeper.id][:AHEAD]
            self.pixels.prefetch(
                [(keeper, 0), *((p, self.cull.turn_of(keeper, p)) for p in others)]
            )

    def _show_single(self) -> None:
        sorting = self.cull.sorting
        picture = self.state.pictures.get(sorting.current) if sorting.current else None
        if picture is None:
            self._say_done()
            return
        place = sorting.ids.index(picture.id)
        total = number(len(sorting.ids))
        self.bar.title.setText(kind_name(self.cull.kind))
        self.bar.words.setText(tr("{n} of {total}", n=number(place + 1), total=total))
        self.stages.setCurrentWidget(self.single)
        self.single.show_picture(picture, self._found(picture))
        coming = [
            self.state.pictures.get(key) for key in sorting.ids[place + 1 : place + 1 + AHEAD]
        ]
        self.pixels.prefetch((one, 0) for one in coming if one is not None)

    def _found(self, picture: Picture) -> str:
        """What was measured, and where the limit is."""
        survey, kind, limits = self.cull.survey, self.cull.kind, self.cull.limits
        value = survey.measure_of(kind, picture.id, limits) if survey else None
        if survey is None or value is None:
            return ""
        limit = survey.limit(kind, limits)
        if kind == "too-small":
            return tr("{n} pixels, less than {limit}", n=number(value), limit=number(limit))
        digits = 1 if kind == "unusual-shape" else 2
        facts = {"value": number(value, digits), "limit": number(limit, digits)}
        if kind == "blurred":
            return tr("Sharpness {value}, below {limit}", **facts)
        if kind == "unusual-shape":
            return tr("{value} times as long as wide, above {limit}", **facts)
        return tr("{value} from the middle of its category, above {limit}", **facts)

    def _say_done(self) -> None:
        self.bar.title.setText(kind_name(self.cull.kind))
        self.bar.words.setText("")
        if self.cull.decisions:
            self.nothing.say(
                "Everything is decided",
                "Nothing is written yet. Rejected pictures leave the training set, and their "
                "files stay on disk.",
            )
            self.done_button.setText(tr("Apply the decisions"))
        else:
            self.nothing.say(
                "Nothing to decide",
                "By these thresholds nothing is left. Move one at the right to look further.",
            )
            self.done_button.setText(tr("Back to grid"))
        self._show_nothing(button=True)

    def _show_nothing(self, *, button: bool = False) -> None:
        self.done_button.setVisible(button)
        self.stages.setCurrentWidget(self.nothing)

    def _foot_buttons(self) -> None:
        cull = self.cull
        self.thresholds.undo.setEnabled(bool(cull.decisions) or self.state.can_undo)
        waiting = len(cull.deck.open) if cull.kind == "duplicate" else 0
        if waiting:
            words = tr("Apply the rule to {n} group", "Apply the rule to {n} groups", n=waiting)
        elif not cull.decisions:
            words = tr("Apply decisions")
        else:
            words = tr("Apply {n} decision", "Apply {n} decisions", n=cull.decisions)
        self.thresholds.apply.setText(words)
        self.thresholds.apply.setEnabled(bool(waiting or cull.decisions))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < metrics.NARROW - metrics.RAIL
        self.thresholds.setFixedWidth(_NARROW_RIGHT if narrow else metrics.RIGHT)
        self.left.setVisible(self.width() >= metrics.LEFT + 560 + self.thresholds.width())
        self.pair.set_room(self.height() >= LOW)


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
