"""The stage of near-duplicates: two pictures at one zoom, the detail below, facts, and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSizeF, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.cull_facts_table import FactsTable, lines_of, run_lines
from app.dataset.cull_panes import Detail, Pane
from app.dataset.cull_why import Why, kept_words, why
from app.i18n import bind, tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.look import Look
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, label, set_tone
from engine.dataset.cull_facts import facts

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.dataset.cull_deck import Pair
    from app.dataset.cull_pictures import CullPictures
    from app.dataset.cull_runs import TrainedRuns
    from engine.dataset.cull_groups import Criterion
    from engine.dataset.picture import Picture

WIDE = 840
"""Below this width the words of buttons are short."""
BLINK = 500
"""Milliseconds each picture is shown."""


class PaneHead(QWidget):
    """Name of a picture, and what is suggested for it."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, weight=500)
        self.icon = IconLabel("check", 14, "ok")
        self.word = label(tone="ok")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.name, 1)
        row.addWidget(self.icon)
        row.addWidget(self.word)

    def tell(self, name: str, word: str, icon: str, tone: str) -> None:
        """Show a name and a word; without one nothing is suggested."""
        self.name.setText(name)
        self.word.setText(word)
        set_tone(self.word, tone)
        self.icon.set(icon or "check", "ok" if tone == "ok" else "t2")
        self.icon.setVisible(bool(word))
        self.word.setVisible(bool(word))


class PairStage(QWidget):
    """Shows a pair in one of three modes; buttons tell their answer through ``answered``."""

    def __init__(self, pictures: CullPictures, runs: TrainedRuns) -> None:
        super().__init__()
        self.pictures, self.runs = pictures, runs
        self.pair: Pair | None = None
        self._why: Why = ""
        self.turn = 0
        self.mode = "side"
        self.linked = True
        self.look, self.own_look = Look(), Look()
        self.panes = [Pane(self.look), Pane(self.look)]
        self.details = [Detail(self.look), Detail(self.look)]
        self.heads = [PaneHead(), PaneHead()]
        self.table = FactsTable()
        self._blink = QTimer(self)
        self._blink.setInterval(BLINK)
        self._blink.timeout.connect(self._swap)
        self._second, self._has_room = False, True
        self.buttons = {
            "left": button("", "check", "primary", big=True),
            "both": button("Keep both", big=True),
            "not-duplicates": button("Not duplicates", big=True),
            "skip": button("Skip", big=True),
            "right": button("", "check", big=True),
        }
        keys = {"left": "←", "both": "↑", "not-duplicates": "N", "skip": "Space"}
        for name, key in {**keys, "right": "→"}.items():
            self.buttons[name].show_shortcut(key)
        self._build()
        pictures.ready.connect(self.refresh)
        runs.ready.connect(self._show_facts)

    def _build(self) -> None:
        self.sides = []
        pair = QHBoxLayout()
        pair.setSpacing(metrics.PAD)
        for head, pane, detail in zip(self.heads, self.panes, self.details, strict=True):
            side = QWidget()
            column = QVBoxLayout(side)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(metrics.GAP)
            column.addWidget(head)
            column.addWidget(pane, 1)
            column.addWidget(detail)
            pair.addWidget(side, 1)
            self.sides.append(side)
        bind(self.panes[0].setAccessibleName, "Left picture")
        bind(self.panes[1].setAccessibleName, "Right picture")
        foot = QHBoxLayout()
        foot.setSpacing(metrics.GAP)
        for name, made in self.buttons.items():
            foot.addWidget(made, 1 if name in ("left", "right") else 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, metrics.GAP, 16, 16)
        outer.setSpacing(metrics.GAP)
        outer.addLayout(pair, 1)
        outer.addWidget(self.table)
        outer.addLayout(foot)

    # What is shown

    def show_pair(self, pair: Pair, turn: int, criterion: Criterion) -> None:
        """Show another pair; ``turn`` is the orientation of the right one that is the left one,
        ``criterion`` what the left one is proposed by.
        """
        before = (self.pair.left.id, self.pair.right.id) if self.pair else None
        self._why = why(pair.left, pair.right, criterion)
        self.pair, self.turn = pair, turn
        if before != (pair.left.id, pair.right.id):
            larger = max((pair.left, pair.right), key=lambda p: p.width * p.height)
            sides = (larger.width, larger.height)
            if turn % 2 and larger is pair.right:
                sides = (larger.height, larger.width)
            size = QSizeF(max(1, sides[0]), max(1, sides[1]))
            self.look.show(size)
            self.own_look.show(size)
            self._second = False
        self._show_facts()
        self.refresh()

    def _show_facts(self) -> None:
        pair = self.pair
        if pair is None:
            return
        known = {one.id: one for one in facts(pair.group)}
        lines = lines_of(known[pair.left.id], known[pair.right.id])
        trained = [self.runs.words(picture) for picture in (pair.left, pair.right)]
        self.table.set_lines([*lines, *run_lines(*trained)])

    def set_mode(self, mode: str) -> None:
        """``"side"``, ``"blink"`` or ``"difference"``."""
        self.mode = mode
        self._second = False
        self.sides[1].setVisible(mode == "side")
        self.set_room(self._has_room)
        if mode == "blink":
            self._blink.start()
        else:
            self._blink.stop()
        self.refresh()

    def set_linked(self, linked: bool) -> None:
        """Let both panes move together, or the right one on its own."""
        self.linked = linked
        if not linked:
            self.own_look.copy(self.look)
        look = self.look if linked else self.own_look
        for one in (self.panes[1], self.details[1]):
            one.set_look(look)

    def set_room(self, has_room: bool) -> None:
        """In a low window the detail goes, the facts stay."""
        self._has_room = has_room
        for detail, mode in zip(self.details, (self.mode != "difference", True), strict=True):
            detail.setVisible(has_room and mode)
        for pane in self.panes:
            pane.framed = has_room and self.mode != "difference"

    def zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        self.look.zoom_to(self.look.scale * factor, QPointF())
        if not self.linked:
            self.own_look.zoom_to(self.own_look.scale * factor, QPointF())

    def fit(self) -> None:
        """Show both pictures whole."""
        self.look.fit()
        self.own_look.fit()

    def refresh(self) -> None:
        """Put the pictures into the panes, as far as they are there."""
        pair = self.pair
        if pair is None or not self.isVisibleTo(self.window()):
            return
        shown = [(pair.left, 0), (pair.right, self.turn)]
        if self.mode == "blink" and self._second:
            shown = [shown[1], shown[0]]
        for (picture, turn), pane, detail in zip(shown, self.panes, self.details, strict=True):
            pixmap = self.pictures.get(picture, turn)
            problem = self._problem(picture)
            pane.set_picture(pixmap, problem)
            detail.set_picture(pixmap)
        if self.mode == "difference":
            away = self.pictures.difference(pair.left, pair.right, self.turn)
            self.panes[0].set_picture(away, self._problem(pair.right))
        self.panes[0].chosen = self.mode == "side"
        self._tell(pair)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.name_buttons()

    def name_buttons(self) -> None:
        """Say what keeping one does to the other where there is room for it."""
        wide = self.width() >= WIDE
        left = tr("Keep left, reject right") if wide else tr("Keep left")
        right = tr("Keep right, reject left") if wide else tr("Keep right")
        for name, words in (("left", left), ("right", right)):
            self.buttons[name].setText(words)

    def _problem(self, picture: Picture) -> str:
        return tr("unreadable") if str(picture.path) in self.pictures.failed else ""

    def _tell(self, pair: Pair) -> None:
        left, right = pair.left.path.name, pair.right.path.name
        if pair.left.name == pair.right.name and pair.left.path.parent != pair.right.path.parent:
            left = f"{pair.left.path.parent.name}/{left}"
            right = f"{pair.right.path.parent.name}/{right}"
        if self.turn:
            right = tr("{name}, turned into place", name=right)
        keep, reject = kept_words(self._why), tr("Suggested: reject")
        if self.mode == "difference":
            both = tr("{left} against {right}, 4 times stronger", left=left, right=right)
            self.heads[0].tell(both, "", "", "")
        elif self.mode == "blink" and self._second:
            self.heads[0].tell(right, reject, "x", "label")
        else:
            self.heads[0].tell(left, keep, "check", "ok")
        self.heads[1].tell(right, reject, "x", "label")

    def _swap(self) -> None:
        if self.isVisible():
            self._second = not self._second
            self.refresh()
