"""The mask tool: what masked training learns of the picture, painted or taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.dataset.edit_brush import Brush, hatch, paint_mask
from app.dataset.edit_brush_rows import BrushRows
from app.dataset.edit_tool import ToolPanel, side_by_side, slider_for
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Check
from app.widgets.segments import Segments
from app.widgets.text import label
from engine.dataset.steps import Cutout, Mask
from engine.imaging.adjust import resize

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter, QTransform

    from app.dataset.edit_view import EditView
    from app.dataset.edit_work import EditWork
    from engine.dataset.masks import MaskStore

LABEL = "Paint the mask"


class MaskPanel(ToolPanel):
    """Masks are painted at the size of the source, whatever was turned and cropped since."""

    def __init__(self, work: EditWork, view: EditView) -> None:
        super().__init__("Training mask", work, view)
        self.brush = Brush(work, view, self._painted)
        self.modes = Segments([("add", "Paint"), ("erase", "Erase")], fill=True)
        self.rows = BrushRows(self.brush)
        self.from_alpha = button("From transparency", on=self.take_alpha)
        self.from_subject = button("From the background", on=self.take_subject)
        self.invert = Check("Invert")
        self.feather_row, self.feather = slider_for(Mask, "feather")
        self.outside_row, self.outside = slider_for(Mask, "outside")
        self.hint = label(size=11, tone="quiet", wrap=True)
        self._hint = bind(self.hint.setText, "")
        self._loader = work.baker()
        self._shown: str | None = None
        self.box.addWidget(self.modes)
        self.box.addWidget(self.rows)
        sources = side_by_side(self.from_alpha, self.from_subject)
        sources.setSpacing(metrics.GAP_FIELDS)  # else they do not fit the column at 300
        self.box.addLayout(sources)
        for widget in (self.invert, self.feather_row, self.outside_row, self.hint):
            self.box.addWidget(widget)
        self._connect()

    def _connect(self) -> None:
        self.brush.changed = self._brush_changed
        self.modes.changed.connect(self._mode_changed)
        self.invert.changed.connect(lambda on: self._set(live=False, invert=on))
        self.feather.changed.connect(lambda value: self._set(live=True, feather=int(value)))
        self.outside.changed.connect(lambda value: self._set(live=True, outside=int(value)))
        self.view.add_overlay(self._paint)
        bind(self.modes.setAccessibleName, "Brush")

    @property
    def step(self) -> Mask | None:
        """The training mask of the picture."""
        found = self.work.recipe.step("mask")
        return found if isinstance(found, Mask) else None

    def enter(self) -> None:
        self.view.set_hand(self.brush)
        self._shown = None

    def leave(self) -> None:
        self.view.set_hand(None)

    def another(self) -> None:
        self._shown, self.brush.mask = None, None

    def refresh(self) -> None:
        step = self.step
        for widget in (self.invert, self.feather_row, self.outside_row):
            widget.setVisible(step is not None)
        shown = step or Mask(source="alpha")
        self.invert.set_value(shown.invert)
        self.feather.set_value(shown.feather)
        self.outside.set_value(shown.outside)
        self.brush.inverted = shown.invert
        picture = self.work.picture
        self.from_alpha.setEnabled(picture is not None and picture.has_alpha)
        cut = self.work.recipe.step("cutout") is not None
        self.from_subject.setEnabled(cut)
        self._hint.say(_hint(step is not None, cut))
        self._load()

    def take_alpha(self) -> None:
        """Learn what is not transparent."""
        self.work.change(self.work.recipe.with_step(Mask(source="alpha")), "Change the mask")

    def take_subject(self) -> None:
        """Learn what was told from the background."""
        cut = self.work.recipe.step("cutout")
        if isinstance(cut, Cutout):
            step = Mask(source="background", mask=cut.mask)
            self.work.change(self.work.recipe.with_step(step), "Change the mask")

    def _set(self, *, live: bool, **values: Any) -> None:
        if self.step is not None:
            step = self.step.model_copy(update=values)
            self.work.change(self.work.recipe.with_step(step), "Change the mask", live=live)

    def _mode_changed(self, mode: str) -> None:
        self.brush.erase = mode == "erase"

    def _brush_changed(self) -> None:
        self.rows.show_brush()
        self.modes.set_value("erase" if self.brush.erase else "add")

    def _load(self) -> None:
        """Bring the mask of the recipe under the brush."""
        work, step = self.work, self.step
        key = "" if step is None else step.mask or "alpha"
        if work.source is None or work.picture is None or key == self._shown:
            return
        self._shown = key
        place = work.picture.id, key
        self._loader.ask(
            lambda mask: self._take(place, mask), _mask_of, work.source, key, work.masks
        )

    def _take(self, place: tuple[int, str], mask: np.ndarray) -> None:
        picture = self.work.picture
        if picture is not None and place == (picture.id, self._shown):
            self.brush.mask = mask
            self.view.update()

    def _painted(self) -> None:
        if self.brush.mask is not None and self.work.picture is not None:
            self.work.state.session.start(self._store(self.brush.mask.copy()))

    async def _store(self, mask: np.ndarray) -> None:
        work, store = self.work, self.work.masks
        if work.picture is None or store is None:
            return
        number, old, project = work.picture.id, self.step, work.state.session.project
        key = await work.state.session.bridge.io(store.add, mask)
        step = Mask(source="painted", mask=key)
        if old is not None:
            step = old.model_copy(update={"source": "painted", "mask": key})
        if work.state.session.project is not project:
            return
        if work.picture is not None and work.picture.id == number:
            self._shown = key
            work.change(work.recipe.with_step(step), LABEL)
        elif number in work.state.pictures:  # the user went on meanwhile
            recipe = work.state.pictures[number].recipe
            work.spread({number: recipe.with_step(step)}, LABEL, "")

    def _paint(self, painter: QPainter, transform: QTransform) -> None:
        if self.active and self.brush.mask is not None:
            paint_mask(
                painter, self.view, self.work, self.brush.mask, hatch(), outside=self.brush.inverted
            )


def _hint(painted: bool, cut: bool) -> str:
    """What the tool is for, and why one of its ways is closed."""
    if painted:
        return "Hatched is what training learns."
    if cut:
        return "Paint what training shall learn, or begin with one of these."
    return (
        "Paint what training shall learn. To begin from the background, cut the subject out first."
    )


def _mask_of(source: np.ndarray, key: str, masks: MaskStore | None) -> np.ndarray:
    """A mask to paint on: a stored one, the transparency, or an empty one."""
    size = source.shape[1], source.shape[0]
    if key == "alpha":
        return source[..., 3].copy()
    if not key or masks is None:
        return np.zeros(source.shape[:2], np.uint8)
    return np.ascontiguousarray(resize(masks.load(key), size)).copy()
