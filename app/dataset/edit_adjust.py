"""The adjust tool: light, levels over a histogram, color and white balance, live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.dataset.edit_bake import scaled
from app.dataset.edit_histogram import Histogram
from app.dataset.edit_tool import ToolPanel, setting_of, slider_for
from app.i18n import bind
from app.theme import metrics
from app.widgets.fields import Check, FieldRow, ValueSlider
from app.widgets.text import label
from engine.dataset.edits import work_on
from engine.dataset.steps import AutoLevels, Levels, Light, Saturation, WhiteBalance

if TYPE_CHECKING:
    from pydantic import BaseModel

    from app.dataset.edit_view import EditView
    from app.dataset.edit_work import EditWork
    from engine.dataset.edits import Recipe
    from engine.dataset.masks import MaskStore
    from engine.dataset.steps import Step

Kind = type[Light] | type[Levels] | type[Saturation] | type[WhiteBalance]
GROUPS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Light, ("brightness", "contrast")),
    (Levels, ("black", "white", "gamma")),
    (Saturation, ("amount",)),
    (WhiteBalance, ("temperature", "tint")),
)


class AdjustPanel(ToolPanel):
    """A slider at its default is no step; a double-click goes back there."""

    def __init__(self, work: EditWork, view: EditView) -> None:
        super().__init__("Adjust", work, view)
        self.sliders: dict[tuple[str, str], ValueSlider] = {}
        self.histogram = Histogram()
        self.auto_levels = Check("Automatic levels")
        self.auto_white = Check("Automatic white balance")
        self._counter = work.baker()
        for model, names in GROUPS:
            self._add_group(model, names)
        self.histogram.moved.connect(self._levels_moved)
        self.auto_levels.changed.connect(self._auto_levels)
        self.auto_white.changed.connect(self._auto_white)

    def _add_group(self, model: Kind, names: tuple[str, ...]) -> None:
        kind = _kind(model)
        if model is not Light:
            self.box.addSpacing(metrics.GAP)
        if model is Levels:
            title = label("Levels", weight=500)
            self.box.addWidget(title)
            self.box.addWidget(self.histogram)
        for name in names:
            row, slider = self._slider(model, name)
            slider.changed.connect(
                lambda value, model=model, name=name: self._moved(model, name, value)
            )
            self.sliders[kind, name] = slider
            self.box.addWidget(row)
        if model is Levels:
            self.box.addWidget(self.auto_levels)
        if model is WhiteBalance:
            self.box.addWidget(self.auto_white)

    def _slider(self, model: Kind, name: str) -> tuple[FieldRow, ValueSlider]:
        row, slider = slider_for(model, name)
        if model is Saturation:
            bind(row.label.setText, "Saturation")
            bind(slider.setAccessibleName, "Saturation")
        return row, slider

    def refresh(self) -> None:
        for (kind, name), slider in self.sliders.items():
            step = self._step(kind)
            slider.set_value(getattr(step, name))
            slider.set_default(setting_of(type(step), name).default)
        white = self._step("white_balance")
        automatic = isinstance(white, WhiteBalance) and white.auto
        for name in ("temperature", "tint"):
            self.sliders["white_balance", name].setEnabled(not automatic)
        levels = self._step("levels")
        if isinstance(levels, Levels):
            self.histogram.set_levels(levels.black, levels.white, levels.gamma)
        for check, on in ((self.auto_levels, self._auto()), (self.auto_white, automatic)):
            check.set_value(on)
        self._count()

    def _auto(self) -> bool:
        step = self.work.recipe.step("auto_levels")
        return step is not None and step.on

    def _step(self, kind: str) -> Step:
        """The step of ``kind`` that is on, or the one that changes nothing."""
        found = self.work.recipe.step(kind)
        return found if found is not None and found.on else _MODELS[kind]()

    def _moved(self, model: Kind, name: str, value: float) -> None:
        exact = float(value) if setting_of(model, name).kind == "float" else round(value)
        self._change(_kind(model), {name: exact}, live=True)

    def _levels_moved(self, black: int, white: int, gamma: float) -> None:
        self._change("levels", {"black": black, "white": white, "gamma": gamma}, live=True)

    def _auto_levels(self, on: bool) -> None:
        recipe = self.work.recipe
        recipe = recipe.with_step(AutoLevels()) if on else recipe.without("auto_levels")
        self.work.change(recipe, "Change levels")

    def _auto_white(self, on: bool) -> None:
        self._change("white_balance", {"auto": on}, live=False)

    def _change(self, kind: str, values: dict[str, Any], *, live: bool) -> None:
        step = self._step(kind).model_copy(update=values)
        if isinstance(step, Levels) and step.black >= step.white:
            black = min(step.black, 254) if "black" in values else max(0, step.white - 1)
            step = step.model_copy(update={"black": black, "white": max(step.white, black + 1)})
        recipe = self.work.recipe
        nothing = step == _MODELS[kind]()
        recipe = recipe.without(kind) if nothing else recipe.with_step(step)
        self.work.change(recipe, _LABELS[kind], live=live)

    def _count(self) -> None:
        work = self.work
        if work.proxy is None or work.picture is None:
            return
        before = scaled(work.recipe.before("levels"), work.proxy.shape[1] / work.size[0])
        self._counter.ask(self.histogram.set_counts, _counts, work.proxy, before, work.masks)


_MODELS: dict[str, Any] = {
    "light": Light,
    "levels": Levels,
    "saturation": Saturation,
    "white_balance": WhiteBalance,
}
_LABELS = {
    "light": "Change light",
    "levels": "Change levels",
    "saturation": "Change saturation",
    "white_balance": "Change white balance",
}


def _kind(model: type[BaseModel]) -> str:
    return str(model.model_fields["kind"].default)


def _counts(proxy: np.ndarray, before: Recipe, masks: MaskStore | None) -> np.ndarray:
    """How many visible pixels have each luma, 256 numbers, as levels find them."""
    rgba = work_on(proxy, before, masks).rgba
    luma = np.rint(rgba[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32))
    seen = rgba[..., 3] >= 128
    return np.bincount(luma[seen].astype(np.int64).ravel(), minlength=256)
