"""The background tool: tell the subject by strokes, a rectangle, a plain color or a model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QFileDialog

from app.dataset.edit_brush import Brush, Rectangle, dots, hatch, paint_mask
from app.dataset.edit_brush_rows import BrushRows
from app.dataset.edit_separate import grabcut, plain_background, stored
from app.dataset.edit_tool import ToolPanel, side_by_side, slider_for
from app.i18n import bind, tr
from app.theme import color
from app.widgets.buttons import button
from app.widgets.fields import Choice, FieldRow
from app.widgets.segments import Segments
from app.widgets.text import ElidedLabel, label
from engine.dataset.separation import SeparateRequest
from engine.dataset.steps import Cutout

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter, QTransform

    from app.dataset.edit_view import EditView
    from app.dataset.edit_work import EditWork
    from engine.imaging.crop import Box

LABEL = "Separate the background"


class BackgroundPanel(ToolPanel):
    """The stage shows the whole picture, what is cut out under a veil; strokes correct it."""

    hides = ("cutout",)

    def __init__(self, work: EditWork, view: EditView) -> None:
        super().__init__("Background", work, view)
        self.brush = Brush(work, view, self._corrected)
        self.brush.hardness = 1.0
        self.rectangle = Rectangle(work, self._boxed)
        self.methods = Choice(
            [("grabcut", "By its colors"), ("plain", "One plain color"), ("model", "ONNX model")]
        )
        self.hands = Segments(
            [("keep", "Keep"), ("remove", "Remove"), ("box", "Rectangle")], fill=True
        )
        self.rows = BrushRows(self.brush)
        self.tolerance_row, self.tolerance = slider_for(SeparateRequest, "tolerance")
        self.tolerance.set_value(24)
        self.model = ElidedLabel(tone="label")
        self.choose_model = button("Choose a model…", "folder-open", on=self._ask_model)
        self.go = button("Find the subject", "scissors", on=self.separate)
        self.go_all = button("", "copy-check", on=self._separate_selected)
        self._go_all = bind(
            self.go_all.setText, "Separate {n} picture", "Separate {n} pictures", n=0
        )
        self.grow_row, self.grow = slider_for(Cutout, "grow")
        self.feather_row, self.feather = slider_for(Cutout, "feather")
        self.state = label(size=11, tone="quiet", wrap=True)
        self._say = bind(self.state.setText, "")
        self.keep: np.ndarray | None = None
        self.remove: np.ndarray | None = None
        self.region: Box | None = None
        self.found: np.ndarray | None = None
        self.model_path = ""
        self._loaded = ""
        self._finder = work.baker()
        self._loader = work.baker()
        self._build()
        self._connect()
        self._show_model(work.state.session.settings.separation_model)

    def _build(self) -> None:
        self.box.addWidget(FieldRow("Method", self.methods, padded=False))
        self.box.addWidget(self.hands)
        self.box.addWidget(self.rows)
        self.box.addWidget(self.tolerance_row)
        self.box.addWidget(self.model)
        self.box.addWidget(self.choose_model, 0, Qt.AlignmentFlag.AlignLeft)
        self.box.addLayout(side_by_side(self.go, self.go_all))
        for widget in (self.state, self.grow_row, self.feather_row):
            self.box.addWidget(widget)
        bind(self.hands.setAccessibleName, "Brush")

    def _connect(self) -> None:
        self.brush.changed = self._brush_changed
        self.methods.changed.connect(lambda _: self._arrange())
        self.hands.changed.connect(lambda _: self._arrange())
        self.grow.changed.connect(lambda value: self._set(grow=int(value)))
        self.feather.changed.connect(lambda value: self._set(feather=int(value)))
        self.work.state.selection_changed.connect(self._arrange)
        self.view.add_overlay(self._paint)

    @property
    def step(self) -> Cutout | None:
        """The cut-out of the picture."""
        found = self.work.recipe.step("cutout")
        return found if isinstance(found, Cutout) else None

    def enter(self) -> None:
        self.another()
        self._arrange()

    def leave(self) -> None:
        self.view.set_hand(None)

    def another(self) -> None:
        shape = self.work.size[::-1]
        self.keep, self.remove = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        self.region, self.found, self._loaded = None, None, ""
        self._say.say("")
        self._arrange()

    def refresh(self) -> None:
        step = self.step
        for widget in (self.grow_row, self.feather_row):
            widget.setVisible(step is not None)
        if step is not None:
            self.grow.set_value(step.grow)
            self.feather.set_value(step.feather)
        self._load()

    def separate(self) -> None:
        """Do what the method says, for this picture."""
        if self.methods.value == "model":
            self._run((self.work.picture.id,) if self.work.picture else (), "replace")
        else:
            self.find_subject()

    def _corrected(self) -> None:
        self.find_subject(again=True)

    def find_subject(self, *, again: bool = False) -> None:
        """Find the subject with the strokes as they are; ``again`` begins with what was found."""
        work = self.work
        if work.source is None or work.picture is None:
            return
        if self.keep is None or self.remove is None:
            return
        self._say.say("Looking for the subject…")
        number = work.picture.id

        def take(found: tuple[str, np.ndarray] | None) -> None:
            self._found(number, found)

        if self.methods.value == "plain":
            tolerance = int(self.tolerance.value)
            self._finder.ask(take, plain_background, work.source, tolerance, work.masks)
        else:
            hints = self.keep.copy(), self.remove.copy()
            start = self.found if again else None
            self._finder.ask(take, grabcut, work.source, self.region, hints, start, work.masks)

    def _found(self, number: int, found: tuple[str, np.ndarray] | None) -> None:
        if self.work.picture is None or self.work.picture.id != number:
            return
        if found is None:
            self._say.say("No subject was found. Mark it with the brush, or try another method.")
            return
        self._say.say("")
        key, self.found = found
        self._loaded = key
        step = (self.step or Cutout(mask=key)).model_copy(update={"mask": key, "on": True})
        self.work.change(self.work.recipe.with_step(step), LABEL)

    def _boxed(self, box: Box) -> None:
        self.region = box
        self.find_subject()

    def _set(self, **values: Any) -> None:
        if self.step is not None:
            step = self.step.model_copy(update=values)
            self.work.change(self.work.recipe.with_step(step), "Change the cut-out", live=True)

    def _arrange(self) -> None:
        method, hand = self.methods.value, self.hands.value
        strokes = method == "grabcut"
        self.hands.setVisible(strokes)
        self.rows.setVisible(strokes and hand != "box")
        self.tolerance_row.setVisible(method == "plain")
        self.choose_model.setVisible(method == "model")
        self.model.setVisible(method == "model" and bool(self.model_path))
        self.go.setEnabled(method != "model" or bool(self.model_path))
        count = len(self.work.state.selected)
        self._go_all.update(n=count)
        self.go_all.setVisible(count > 1)
        self.go_all.setEnabled(self.go.isEnabled())
        if not self.active:
            return
        self.brush.mask = self.remove if hand == "remove" else self.keep
        self.brush.erase = False
        held = self.rectangle if hand == "box" else self.brush
        self.view.set_hand(held if strokes else None)

    def _brush_changed(self) -> None:
        self.rows.show_brush()
        if self.brush.erase:  # X: the other kind of stroke
            self.hands.set_value("keep" if self.hands.value == "remove" else "remove")
            self._arrange()

    def _load(self) -> None:
        work, step = self.work, self.step
        key = step.mask if step is not None and step.on else ""
        if key == self._loaded or work.source is None or work.masks is None:
            return
        self._loaded = key
        if not key:
            self.found = None
            return
        self._loader.ask(lambda mask: self._take(key, mask), stored, work.masks, key, work.size)

    def _take(self, key: str, mask: np.ndarray) -> None:
        if key == self._loaded:
            self.found = mask
            self.view.update()

    def _paint(self, painter: QPainter, transform: QTransform) -> None:
        if not self.active or self.keep is None or self.remove is None:
            return
        if self.found is not None:
            veil = QColor(color("g2"))
            veil.setAlphaF(0.78)
            paint_mask(painter, self.view, self.work, self.found, QBrush(veil), outside=True)
        for hints, brush in ((self.keep, hatch()), (self.remove, dots())):
            if hints.any():
                paint_mask(painter, self.view, self.work, hints, brush)

    # Models and many pictures run in the engine

    def _ask_model(self) -> None:
        dialog = QFileDialog(self, tr("Choose an ONNX model"), self._models(), "ONNX (*.onnx)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.set_model)
        dialog.open()

    def _models(self) -> str:
        """Where to look first: beside the last model, else where rembg keeps its own."""
        known = [Path(self.model_path).parent] if self.model_path else []
        home = os.environ.get("U2NET_HOME") or Path.home() / ".u2net"
        return next((str(place) for place in [*known, Path(home)] if place.is_dir()), "")

    def set_model(self, path: str) -> None:
        """Separate with the model in ``path`` from now on, in other projects too."""
        self.work.state.session.change_settings(separation_model=path)
        self._show_model(path)
        self._arrange()

    def _show_model(self, path: str) -> None:
        self.model_path = path
        self.model.setText(Path(path).name)

    def _separate_selected(self) -> None:
        self._run(tuple(p.id for p in self.work.state.selected if not p.problem), "skip")

    def _run(self, ids: tuple[int, ...], existing: str) -> None:
        project = self.work.state.session.project
        if project is None or not ids:
            return
        self.work.keep()
        request = SeparateRequest(
            project=str(project.root),
            pictures=ids,
            method=self.methods.value,
            model=self.model_path if self.methods.value == "model" else "",
            tolerance=int(self.tolerance.value),
            existing=existing,
        )
        self.work.state.session.start(self._separate(request))

    async def _separate(self, request: SeparateRequest) -> None:
        session = self.work.state.session
        try:
            await self.work.stored()
            result = await session.bridge.run(request)
            session.notify("Separated {n} picture.", "Separated {n} pictures.", n=result.count)
        finally:  # those done before it failed or was cancelled are kept
            session.pictures_changed.emit(set(request.pictures))
