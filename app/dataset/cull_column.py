"""The left column of culling: what to look at, what was decided, and the rule for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import color, metrics
from app.widgets.fields import Check
from app.widgets.panel import Column, Panel
from app.widgets.row_list import Row, RowList
from app.widgets.text import label
from engine.dataset.cull import Rule
from engine.dataset.thresholds import CULL_KINDS

if TYPE_CHECKING:
    from app.dataset.cull_state import CullState


KIND_ICONS = {
    "duplicate": "copy",
    "blurred": "droplet",
    "too-small": "minimize-2",
    "unusual-shape": "square-round-corner",
    "different": "scan-eye",
}


def kind_name(kind: str) -> str:
    """What the list calls a kind of suggestion."""
    names = {
        "duplicate": tr("Near-duplicates"),
        "blurred": tr("Blurred"),
        "too-small": tr("Too small"),
        "unusual-shape": tr("Unusual shape"),
        "different": tr("Looks different"),
    }
    return names[kind]


class Radio(Check):
    """One of several; a round check box."""

    def __init__(self, text_key: str) -> None:
        super().__init__(text_key)
        self.setAutoExclusive(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = (self.height() - 14) / 2
        on = self.isChecked()
        painter.setPen(QPen(color("acc_fill" if on else "line_control"), 1))
        painter.setBrush(color("acc_fill" if on else "field"))
        painter.drawEllipse(QRectF(0.5, top + 0.5, 13, 13))
        if on:
            painter.setBrush(color("on_fill"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QRectF(4, top + 4, 6, 6))
        painter.setPen(color("t1"))
        words = self.rect().adjusted(22, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())


class Progress(QWidget):
    """How much is decided, as a bar of 3 px."""

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0
        self.setFixedHeight(3)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("g4"))
        painter.fillRect(QRectF(0, 0, self.width() * self.share, self.height()), color("t2"))


class CullColumn(Column):
    """``kind_chosen`` asks for another kind of suggestion."""

    kind_chosen = Signal(str)

    def __init__(self, cull: CullState) -> None:
        super().__init__(metrics.LEFT, "left")
        self.cull = cull
        self.kinds, self.matches, self.decided = RowList(), RowList(), RowList()
        self.decided.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.decided.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.panels = {
            "kinds": Panel("Suggestions", count=True),
            "matches": Panel("Kind of match"),
            "decided": Panel("Decided", count=True),
            "rule": Panel("Rule for the rest"),
        }
        for name, rows in (
            ("kinds", self.kinds),
            ("matches", self.matches),
            ("decided", self.decided),
        ):
            self.panels[name].body.addWidget(rows)
        self.rules = {
            "sharper": Radio("Keep the one with more detail"),
            "larger": Radio("Keep the larger one"),
            "captioned": Radio("Keep the one with a caption"),
        }
        self.by_detail = label(
            "Detail is compared at one size. Where it is equal the larger picture stays, then the "
            "lossless file.",
            size=11,
            tone="quiet",
            wrap=True,
        )
        self.by_detail.setContentsMargins(22, 0, 0, metrics.GAP)
        self.take_caption = Check("Take over the other caption", on=True)
        self._build_rule()
        for panel in self.panels.values():
            self.add(panel)
        self.progress = Progress()
        self.left_over = label(tone="label")
        self._build_foot()
        # Later: the page may say no, and a click goes on to mark its row after it told of it.
        queued = Qt.ConnectionType.QueuedConnection
        self.kinds.chosen.connect(self.kind_chosen, queued)
        self.matches.chosen.connect(lambda key: cull.set_match(key or None))
        for signal in (cull.changed, cull.surveyed, language_signals.changed):
            signal.connect(self.refresh)

    def _build_rule(self) -> None:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        column.setSpacing(2)
        for name, radio in self.rules.items():
            radio.setChecked(name == "sharper")
            radio.changed.connect(self._rule_changed)
            column.addWidget(radio)
            if name == "sharper":
                column.addWidget(self.by_detail)
        self.take_caption.changed.connect(self._rule_changed)
        column.addWidget(self.take_caption)
        self.panels["rule"].body.addWidget(box)

    def _build_foot(self) -> None:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.GAP)
        column.addWidget(self.left_over)
        column.addWidget(self.progress)
        self.add_foot(box, 1)

    def _rule_changed(self) -> None:
        chosen = next(name for name, radio in self.rules.items() if radio.isChecked())
        rule = Rule(chosen, self.take_caption.isChecked())  # type: ignore[arg-type]
        self.cull.deck.rule = rule
        self.cull.changed.emit()

    def refresh(self) -> None:
        """Count again."""
        cull = self.cull
        pairs = cull.kind == "duplicate"
        counts = cull.kind_counts
        self.kinds.set_rows(
            [
                Row(
                    kind,
                    kind_name(kind),
                    number(counts.get(kind, 0)),
                    icon=KIND_ICONS[kind],
                    tone="warn" if counts.get(kind) else "t3",
                )
                for kind in CULL_KINDS
            ]
        )
        self.kinds.set_current(cull.kind)
        self.panels["kinds"].set_count(sum(counts.values()))
        self._refresh_matches()
        self.panels["matches"].setVisible(pairs)
        self.panels["rule"].setVisible(pairs)
        self._refresh_decided(pairs)

    def _refresh_matches(self) -> None:
        names = {
            "same": tr("Same picture, other file"),
            "softer": tr("Softer copy"),
            "smaller": tr("Smaller copy"),
            "turned": tr("Turned or mirrored"),
        }
        found = self.cull.match_counts()
        rows = [Row("", tr("All"), number(len(self.cull.groups)))]
        rows += [Row(key, names[key], number(n)) for key, n in found.items()]
        self.matches.set_rows(rows)
        self.matches.set_current(self.cull.match or "")

    def _refresh_decided(self, pairs: bool) -> None:
        if pairs:
            deck = self.cull.deck
            found = deck.counts()
            done, total = found["decided"], len(deck.groups)
            words = tr("{done} of {n} group", "{done} of {n} groups", done=number(done), n=total)
        else:
            plan = list(self.cull.sorting.plan().flags.values())
            found = {"kept": plan.count("picked"), "rejected": plan.count("rejected")}
            done, total = len(plan), len(self.cull.sorting.ids)
            words = tr(
                "{done} of {n} picture", "{done} of {n} pictures", done=number(done), n=total
            )
        rows = [
            Row("kept", tr("Kept"), number(found["kept"]), icon="check"),
            Row("rejected", tr("Rejected"), number(found["rejected"]), icon="x"),
        ]
        if pairs:
            apart = number(found["not-duplicates"])
            rows.append(Row("apart", tr("Not duplicates"), apart, icon="equal-not"))
        self.decided.set_rows(rows)
        self.panels["decided"].header.count.setText(
            tr("{n} of {total}", n=number(done), total=number(total))
        )
        self.left_over.setText(words)
        self.progress.share = done / total if total else 0.0
        self.progress.update()
