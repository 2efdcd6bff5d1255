"""The right column of Validate: the recommendation, its chart, red flags and nearest pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.i18n import bind, signals, tr
from app.theme import color, fonts, metrics
from app.validation.layout import CellKey
from app.widgets.buttons import button
from app.widgets.chart import LineChart, Series
from app.widgets.images import draw_fitted
from app.widgets.panel import Column, IconLabel, Panel, padded
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.evidence import EvidenceState, Pair
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache
    from engine.validation.evidence import RowEvidence
    from engine.validation.pick import Flag, Sentence

WIDTH, NARROW_WIDTH = 376, 320


class EvidencePanel(Column):
    """Follows the evidence. ``cell_asked`` carries a cell to show in the grid."""

    cell_asked = Signal(object)  # CellKey
    canvas_asked = Signal()
    export_asked = Signal()

    def __init__(
        self, state: GridState, evidence: EvidenceState, thumbnails: ThumbnailCache
    ) -> None:
        super().__init__(WIDTH, "right")
        self._state, self._evidence = state, evidence
        self._sections: dict[QWidget, QWidget] = {}
        self._build_verdict()
        self._build_charts()
        self._build_flags()
        self._build_pairs(thumbnails)
        self.export = button("Export grid", "share", on=self.export_asked.emit)
        self.canvas = button("Open in Canvas", "brush", "primary", on=self.canvas_asked.emit)
        self.add_foot(self.export)
        self.add_foot(self.canvas, 1)
        evidence.changed.connect(self.refresh)
        signals.changed.connect(self.refresh)
        self.refresh()

    def _build_verdict(self) -> None:
        panel = Panel("Evidence", collapsible=False)
        line = QHBoxLayout()
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 0)
        line.setSpacing(metrics.GAP)
        self._mark = IconLabel("circle-check", 18, "ok")
        self.headline = label(size=15, weight=600, wrap=True)
        line.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.headline, 1)
        self.reasons = label(tone="label", wrap=True)
        panel.body.addLayout(line)
        panel.body.addWidget(padded(self.reasons, top=6))
        self.add(panel)

    def _build_charts(self) -> None:
        self.verdict = Panel("Verdict")
        self.chart = LineChart("", x_name="Epoch", height=178)
        self.chart.set_range(y=(0.0, 1.0))
        self.losses = LineChart("", x_name="Epoch", height=92, numbers=False)
        self.losses.setFixedHeight(126)
        bind(self.chart.plot.setAccessibleName, "Verdict")
        bind(self.losses.plot.setAccessibleName, "Held-out loss")
        self.verdict.body.addWidget(padded(self.chart, bottom=8))
        self.verdict.body.addWidget(padded(self.losses))
        self._add_section(self.verdict)

    def _build_flags(self) -> None:
        self.flags = Panel("Red flags", count=True)
        self._flag_rows = QVBoxLayout()
        self._flag_rows.setSpacing(4)
        self.flags.body.addLayout(self._flag_rows)
        self._add_section(self.flags)

    def _build_pairs(self, thumbnails: ThumbnailCache) -> None:
        self.pairs_panel = Panel("Nearest training picture")
        self.pairs = PairGrid(self._state, thumbnails)
        self.pairs.chosen.connect(self.cell_asked)
        self.pairs_panel.body.addWidget(padded(self.pairs))
        self._pairs_note = label(size=11, tone="quiet", wrap=True)
        self._pairs_text = bind(self._pairs_note.setText, "")
        self.pairs_panel.body.addWidget(padded(self._pairs_note, top=8))
        self._add_section(self.pairs_panel)

    def _add_section(self, widget: QWidget) -> None:
        """Put ``widget`` under a hairline that is hidden with it."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline("panel"))
        column.addWidget(widget)
        self._sections[widget] = box
        self.add(box, line=False)

    def set_narrow(self, narrow: bool) -> None:
        """One column of pairs in small windows."""
        self.setFixedWidth(NARROW_WIDTH if narrow else WIDTH)
        self.pairs.set_columns(1 if narrow else 2)

    # Following

    def refresh(self) -> None:
        """Show the evidence, or what is missing for it."""
        found = self._evidence.evidence
        self._show_verdict()
        for part in (self.verdict, self.flags, self.pairs_panel):
            self._sections[part].setVisible(found is not None)
        drawn = next(iter(self._state.finished()), None) is not None
        self.export.setEnabled(drawn)
        self.canvas.setEnabled(
            self._state.pick_checkpoint != ""
            or (self._state.first is not None and self._state.first.checkpoint != "")
        )
        if found is not None:
            self._show_charts()
            self._show_flags()
            self.pairs.set_pairs(self._evidence.pairs)
            self._pairs_text.say(
                "Left: generated. Right: the closest of {n} training pictures.",
                n=self._evidence.training_count,
            )

    def _show_verdict(self) -> None:
        picked = self._evidence.pick()
        self._mark.setVisible(picked is not None)
        if picked is not None:
            self._mark.set(
                "circle-check" if picked.sound else "triangle-alert",
                "ok" if picked.sound else "warn",
            )
            self.headline.setText(said(picked.headline).rstrip(".。"))
            joint = "" if tr("Base") != "Base" else " "
            self.reasons.setText(joint.join(said(sentence) for sentence in picked.reasons))
        elif self._evidence.measuring:
            self.headline.setText(tr("Measuring…"))
            self.reasons.setText(tr("Style, diversity and likeness to the training pictures."))
        else:
            self.headline.setText(tr("No evidence yet"))
            self.reasons.setText(
                tr(
                    "It is measured when the grid is drawn, against the "
                    "training pictures of this project."
                )
            )

    def _show_charts(self) -> None:
        rows = self._rows()
        epochs = [float(self._epoch(row)) for row in rows]
        between = self._evidence.evidence.between_training if self._evidence.evidence else 0.0
        series = [
            Series(
                "Style fit", epochs, [row.style_fit or 0.0 for row in rows], "acc", marker="circle"
            ),
            Series(
                "Diversity",
                epochs,
                [row.diversity for row in rows],
                "chart2",
                "dash",
                marker="square",
            ),
            Series("Copying", epochs, [row.copying for row in rows], "chart3", marker="circle"),
            Series("Training pictures", epochs, [between] * len(rows), "chart3", "dot", 1.0, 0.8),
        ]
        if any(row.style_fit is None for row in rows):
            series.pop(0)
        self.chart.set_series(series)
        self.chart.set_ticks([(epoch, f"{epoch:g}") for epoch in epochs])
        self._show_losses(epochs)
        chosen = self._state.checkpoints.get(self._state.pick_checkpoint)
        for chart in (self.chart, self.losses):
            if chosen is None:
                chart.set_chosen(None)
            else:
                chart.set_chosen(chosen.epoch - 0.25, chosen.epoch + 0.25)

    def _show_losses(self, epochs: list[float]) -> None:
        known = [
            (float(item.epoch), item.held_out)
            for item in self._state.checkpoints.values()
            if item.held_out is not None and float(item.epoch) in epochs
        ]
        self.losses.setVisible(len(known) > 1)
        points = sorted(known)
        self.losses.set_series(
            [
                Series(
                    "Held-out loss",
                    [x for x, _ in points],
                    [y for _, y in points if y is not None],
                    "chart4",
                    "dot",
                    marker="square",
                )
            ]
        )
        self.losses.set_ticks([(epoch, f"{epoch:g}") for epoch in epochs])

    def _rows(self) -> list[RowEvidence]:
        """The rows at the weight of the pick, by epoch."""
        evidence, weight = self._evidence.evidence, self._state.pick_weight
        if evidence is None:
            return []
        rows = [row for row in evidence.rows if row.checkpoint and row.weight == weight]
        return sorted(rows, key=self._epoch)

    def _epoch(self, row: RowEvidence) -> int:
        known = self._state.checkpoints.get(row.checkpoint)
        if known is not None and known.epoch:
            return known.epoch
        return self._state.axes.checkpoints.index(row.checkpoint)

    def _show_flags(self) -> None:
        while (item := self._flag_rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        picked = self._evidence.pick()
        flags = telling(picked.flags) if picked is not None else []
        self._sections[self.flags].setVisible(bool(flags))
        self.flags.set_count(len(flags))
        for flag in flags:
            self._flag_rows.addWidget(self._flag_row(flag))

    def _flag_row(self, flag: Flag) -> QWidget:
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 3)
        line.setSpacing(metrics.GAP)
        serious = flag.kind == "copies"
        mark = IconLabel(
            "octagon-alert" if serious else "triangle-alert", 16, "err" if serious else "warn"
        )
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        head, detail = label(wrap=True), label(size=11, tone="quiet", wrap=True)
        head.setText(_capital(said(flag.headline)))
        detail.setText(said(flag.detail))
        words.addWidget(head)
        words.addWidget(detail)
        line.addLayout(words, 1)
        show = button("Show", kind="link", on=lambda: self._show_flag(flag))
        line.addWidget(show, 0, Qt.AlignmentFlag.AlignTop)
        return box

    def _show_flag(self, flag: Flag) -> None:
        axes = self._state.axes
        if axes.prompts:
            seed = self._state.shown_seed
            self.cell_asked.emit(
                CellKey(
                    flag.checkpoint,
                    flag.weight,
                    axes.seeds[0] if seed is None else seed,
                    axes.prompts[0],
                )
            )


class PairGrid(QWidget):
    """Generated and training picture side by side, most alike first. A click shows the cell."""

    chosen = Signal(object)  # CellKey

    def __init__(self, state: GridState, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self._state, self._thumbnails = state, thumbnails
        self._pairs: list[Pair] = []
        self._columns = 2
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        bind(self.setAccessibleName, "Nearest training picture")
        thumbnails.ready.connect(lambda _: self.update())
        state.choice_changed.connect(self.update)

    def set_pairs(self, pairs: list[Pair]) -> None:
        """Show these pairs."""
        self._pairs = pairs
        self.updateGeometry()
        self.update()

    def set_columns(self, columns: int) -> None:
        """How many pairs stand side by side."""
        self._columns = columns
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """As high as its rows."""
        rows = -(-len(self._pairs) // self._columns)
        return max(1, rows * (self._card(width).height() + 8) - 8)

    def sizeHint(self) -> QSize:
        """For the width it has."""
        return QSize(280, self.heightForWidth(max(self.width(), 200)))

    def _card(self, width: int) -> QSize:
        card = (width - 8 * (self._columns - 1)) // self._columns
        return QSize(card, (card - 2) // 2 + 26)

    def card_rect(self, index: int) -> QRect:
        """Where pair ``index`` is."""
        size = self._card(self.width())
        row, column = divmod(index, self._columns)
        return QRect(
            column * (size.width() + 8), row * (size.height() + 8), size.width(), size.height()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pairs."""
        painter = QPainter(self)
        for index, pair in enumerate(self._pairs):
            self._paint(painter, self.card_rect(index), pair)

    def _paint(self, painter: QPainter, rect: QRect, pair: Pair) -> None:
        painter.fillRect(rect, color("row_hover"))
        side = (rect.width() - 2) // 2
        for number, path in enumerate((pair.generated, pair.training)):
            box = QRect(rect.left() + number * (side + 2), rect.top(), side, side)
            painter.fillRect(box, color("tile"))
            pixmap: QPixmap | None = self._thumbnails.get(path, side)
            if pixmap is not None:
                draw_fitted(painter, pixmap, box.toRectF())
        foot = QRect(rect.left() + 7, rect.bottom() - 25, rect.width() - 14, 26)
        flag = self._state.flag_of(pair.similarity)
        painter.setFont(fonts.font(12, 600))
        painter.setPen(color({"flag_err": "err", "flag_warn": "warn"}.get(flag, "t2")))
        painter.drawText(foot, _RIGHT, f"{pair.similarity:.2f}")
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2"))
        title = self._state.row_label(pair.key.checkpoint, pair.key.seed)[0]
        words = tr("{title}, {weight}", title=title, weight=f"{pair.key.weight:g}")
        room = foot.width() - 36
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(foot, _LEFT, shown)
        if pair.key == self._state.first:
            painter.setPen(QPen(color("acc"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the cell of the pair under the pointer."""
        for index, pair in enumerate(self._pairs):
            if self.card_rect(index).contains(event.position().toPoint()):
                self.chosen.emit(pair.key)


def telling(flags: Sequence[Flag]) -> list[Flag]:
    """One flag for each kind and checkpoint, at its highest weight; the gravest kinds first."""
    found = {
        (flag.kind, flag.checkpoint): flag for flag in sorted(flags, key=lambda flag: flag.weight)
    }
    order = ("copies", "variety", "subjects", "unlearned")
    return sorted(found.values(), key=lambda flag: order.index(flag.kind))


def said(sentence: Sentence) -> str:
    """A sentence of the engine in the language of the moment."""
    return tr(sentence.template, **dict(sentence.facts))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
