"""The right column of Validate: the recommendation, its chart, red flags and nearest pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, joined, signals, tr
from app.theme import metrics
from app.validation.layout import CellKey
from app.validation.pair_grid import PairGrid
from app.widgets.buttons import button
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series
from app.widgets.layouts import clear_layout
from app.widgets.panel import Column, IconLabel, Panel, padded
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache
    from engine.validation.evidence import RowEvidence
    from engine.validation.pick import Flag, Pick, Sentence

WIDTH, NARROW_WIDTH = 376, 320
# Room for "0.0625" beside the axis, so that the charts below each other align.
_MARGIN = 50.0


class EvidencePanel(Column):
    """Follows the evidence. ``cell_asked`` carries a cell to show in the grid."""

    cell_asked = Signal(object)  # CellKey
    canvas_asked = Signal()
    export_asked = Signal()
    completion_asked = Signal()

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
        self.canvas = button("Open in Canvas", "brush", on=self.canvas_asked.emit)
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
        # Beside the first line of the headline: 20 px in English, 22 in Chinese.
        mark = QVBoxLayout()
        mark.setContentsMargins(0, 2, 0, 0)
        mark.addWidget(self._mark)
        mark.addStretch(1)
        line.addLayout(mark)
        line.addWidget(self.headline, 1)
        self.reasons = label(tone="label", wrap=True)
        panel.body.addLayout(line)
        panel.body.addWidget(padded(self.reasons, top=6))
        self.complete = button("Draw what is missing", "play", on=self.completion_asked.emit)
        self._complete = padded(self.complete, top=8)
        panel.body.addWidget(self._complete)
        self.add(panel)

    def _build_charts(self) -> None:
        self.verdict = Panel("Verdict")
        self.chart = LineChart("", x_name="Epoch", height=178, left=_MARGIN)
        self.chart.set_range(y=(0.0, 1.0))
        self.losses = LineChart("", x_name="Epoch", height=92, numbers=False, left=_MARGIN)
        self.losses.setFixedHeight(126)
        bind(self.chart.plot.setAccessibleName, "Verdict")
        bind(self.losses.plot.setAccessibleName, "Held-out loss")
        note = label("Dotted: between two training pictures.", size=11, tone="quiet", wrap=True)
        self.verdict.body.addWidget(padded(self.chart))
        self.verdict.body.addWidget(padded(note, top=2, bottom=8))
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
        self.pairs.set_columns(1 if narrow else 2)

    # Following

    def refresh(self) -> None:
        """Show the evidence, or what is missing for it."""
        found = self._evidence.evidence
        self._show_verdict()
        for part in (self.verdict, self.flags, self.pairs_panel):
            self._sections[part].setVisible(found is not None)
        self._sections[self.verdict].setVisible(self._state.pick_weight is not None)
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
        missing = self._evidence.lacking() if picked is None else ()
        self._mark.setVisible(picked is not None or bool(missing))
        self._complete.setVisible(bool(missing))
        if picked is not None:
            self._show_pick(picked)
        elif missing:
            self._mark.set("info", "t2")
            self.headline.setText(tr("Not enough to judge"))
            self.reasons.setText(joined(said(sentence) for sentence in missing))
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

    def _show_pick(self, picked: Pick) -> None:
        seen = self._evidence.only_seen()
        sure = picked.sound and picked.sure and not seen
        self._mark.set("circle-check" if sure else "triangle-alert", "ok" if sure else "warn")
        self.headline.setText(said(picked.headline).rstrip(".。"))
        reasons = [said(sentence) for sentence in picked.reasons]
        if seen:
            reasons.append(
                tr("Only what the training pictures show was drawn; add a prompt that is unseen.")
            )
        self.reasons.setText(joined(reasons))

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
                [row.diversity or 0.0 for row in rows],
                "chart2",
                "dash",
                marker="square",
            ),
            Series("Copying", epochs, [row.copying for row in rows], "chart3", marker="circle"),
            Series("", epochs, [between] * len(rows), "chart3", "dot", 1.0, 0.8),
        ]
        if any(row.style_fit is None for row in rows):
            series.pop(0)
        self.chart.set_series(series)
        self.chart.set_range(x=_ends(epochs), y=(0.0, 1.0))
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
        points = sorted((x, y) for x, y in known if y is not None)
        self.losses.set_series(
            [
                Series(
                    "Held-out loss",
                    [x for x, _ in points],
                    [y for _, y in points],
                    "chart4",
                    "dot",
                    marker="square",
                )
            ]
        )
        self.losses.set_range(x=_ends(epochs))
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
        clear_layout(self._flag_rows)
        picked = self._evidence.pick()
        weights = len([weight for weight in self._state.axes.weights if weight])
        flags = telling(picked.flags, weights) if picked is not None else []
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


def telling(flags: Sequence[Flag], weights: int) -> list[Flag]:
    """One flag for each kind and checkpoint, at its highest weight; the gravest kinds first.

    That a checkpoint has not learned the style is told only if that is so at all ``weights``: at
    a low weight it is to be expected.
    """
    found: dict[tuple[str, str], list[Flag]] = {}
    for flag in sorted(flags, key=lambda flag: flag.weight):
        found.setdefault((flag.kind, flag.checkpoint), []).append(flag)
    shown = [
        group[-1]
        for (kind, _), group in found.items()
        if kind != "unlearned" or len(group) == weights
    ]
    order = ("copies", "variety", "subjects", "unlearned")
    return sorted(shown, key=lambda flag: order.index(flag.kind))


def said(sentence: Sentence) -> str:
    """A sentence of the engine in the language of the moment."""
    return tr(sentence.template, **dict(sentence.facts))


def _ends(values: Sequence[float]) -> tuple[float, float] | None:
    """First and last of ascending ``values``; None when they span nothing."""
    return (values[0], values[-1]) if len(values) > 1 else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
