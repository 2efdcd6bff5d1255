"""The fill tool: what goes behind transparent parts, of this picture, its category or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from app.dataset.edit_bake import scaled
from app.dataset.edit_fill_parts import NAMES, ColorField, FillTile, tile
from app.dataset.edit_tool import ToolPanel, evenly, side_by_side
from app.dataset.edit_view import EditView, Hand
from app.dataset.fill_panel import fill_text
from app.dataset.fill_picture import ask_picture
from app.dataset.pixels import shrunk
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import FieldRow, ValueSlider
from app.widgets.images import image_of, pixmap_of
from app.widgets.panel import Panel
from app.widgets.row_list import Row, RowList
from app.widgets.text import label
from engine.dataset.edits import work_on
from engine.dataset.steps import FillStep
from engine.imaging.alpha import Fill, fill, has_transparency

if TYPE_CHECKING:
    import numpy as np
    from PySide6.QtWidgets import QLayout

    from app.dataset.edit_work import EditWork
    from engine.dataset.edits import Recipe
    from engine.dataset.masks import MaskStore

PRESETS = {"grey": Fill(color="#808080"), "white": Fill(color="#FFFFFF")}


class FillPanel(ToolPanel):
    """Tiles show each fill behind the picture itself; a click takes it."""

    def __init__(self, work: EditWork, view: EditView) -> None:
        super().__init__("Alpha fill", work, view)
        self.tiles = {name: FillTile(name) for name in NAMES}
        self.first, self.second = ColorField(), ColorField()
        self.pick = tool_button("pipette", "Pick a color from the picture", self._pick, True)
        self.angle = ValueSlider(0, 359, 1, unit="°")
        self.angle.set_default(0)
        self.for_category = button("Use for the category", on=self._for_category)
        self.for_all = button("Use for all", on=self._for_all)
        self.follow = button("", kind="quiet", on=self._follow_them)
        self._followed = bind(self.follow.setText, "Follow the project")
        self.image = button("Choose a picture", "image-plus", on=self._ask_image)
        self.clean = ValueSlider(0, 100, 1, unit="%")
        self.clean.set_default(0)
        self.categories = RowList()
        self._named = ""  # the tile that was clicked, where two stand for the same fill
        self.hint = label(size=11, tone="quiet", wrap=True)
        self._hint = bind(self.hint.setText, "")
        self._drawer = work.baker()
        self._build()
        self._connect()

    def _build(self) -> None:
        for names in (tuple(NAMES)[:4], tuple(NAMES)[4:]):
            self.box.addLayout(evenly(*(self.tiles[name] for name in names)))
        row = side_by_side(self.first.swatch, self.first, self.pick, stretch=1)
        self.color_row = FieldRow("Color", _boxed(row), padded=False)
        row = side_by_side(self.second.swatch, self.second, stretch=1)
        self.second_row = FieldRow("To", _boxed(row), padded=False)
        self.angle_row = FieldRow("Angle", self.angle, padded=False)
        self.image_row = FieldRow("Picture", self.image, padded=False)
        self.clean_row = FieldRow(
            "Edge clean-up",
            self.clean,
            "Half-transparent pixels take their color from the subject.",
            padded=False,
        )
        rows = (self.color_row, self.second_row, self.angle_row, self.image_row, self.clean_row)
        for widget in rows:
            self.box.addWidget(widget)
        self.box.addSpacing(metrics.GAP)
        self.box.addWidget(self.hint)
        self.box.addSpacing(metrics.GAP)
        self.box.addLayout(side_by_side(self.for_category, self.for_all))
        self.box.addWidget(self.follow, 0, Qt.AlignmentFlag.AlignLeft)
        self.box.addSpacing(metrics.PAD)
        self.by_category = Panel("Fills of the categories")
        self.by_category.body.addWidget(self.categories)
        bind(self.categories.setToolTip, "A click gives the category the fill that is seen.")
        bind(self.categories.setAccessibleName, "Fills of the categories")
        self.body.addWidget(self.by_category)
        bind(self.first.setAccessibleName, "Fill color")
        bind(self.second.setAccessibleName, "Second fill color")

    def _connect(self) -> None:
        for name, one in self.tiles.items():
            one.clicked.connect(lambda *_, name=name: self.choose(name))
        self.first.chosen.connect(lambda text: self._set(color=text))
        self.second.chosen.connect(lambda text: self._set(second=text))
        self.angle.changed.connect(lambda value: self._set(live=True, angle=int(value)))
        self.clean.changed.connect(lambda value: self._set(live=True, clean=int(value)))
        self.categories.chosen.connect(self._give)
        for field in (self.first, self.second):
            field.in_use = self._in_use
        self.work.state.reloaded.connect(self._follow)

    @property
    def fill(self) -> Fill:
        """What is behind the picture now."""
        return self.work.recipe.fill or self.work.default_fill

    def leave(self) -> None:
        self.view.set_hand(None)
        self.pick.setChecked(False)

    def another(self) -> None:
        self._named = ""

    def refresh(self) -> None:
        now, own = self.fill, self.work.recipe.fill
        plain = now.model_copy(update={"clean": 0})
        chosen = next((name for name, preset in PRESETS.items() if plain == preset), now.kind)
        if self._named == now.kind:
            chosen = self._named
        for name, one in self.tiles.items():
            one.setChecked(name == chosen)
        self.first.set_color(now.color)
        self.second.set_color(now.second)
        self.angle.set_value(now.angle)
        self.color_row.setVisible(now.kind in ("color", "gradient"))
        self.second_row.setVisible(now.kind == "gradient")
        self.angle_row.setVisible(now.kind == "gradient")
        self.image_row.setVisible(now.kind == "image")
        self.clean.set_value(now.clean)
        picture = self.work.picture
        category = picture.category if picture is not None else ""
        project = self.work.state.session.project
        filled = project is not None and category in project.file.category_fills
        self.for_category.setVisible(bool(category))
        self.for_category.setEnabled(not filled or now != self.work.default_fill)
        self.for_all.setEnabled(project is not None and now != project.file.fill)
        self.follow.setVisible(own is not None)
        self._followed.say("Follow the category" if filled else "Follow the project")
        if own is not None:
            self._hint.say("This picture has its own fill.")
        elif filled:
            self._hint.say("Follows the category {name}.", name=category)
        else:
            self._hint.say("Follows the project.")
        self._list_categories()
        self._draw()

    def choose(self, name: str) -> None:
        """Take the fill of a tile."""
        preset = PRESETS.get(name)
        self._named = name
        if preset is not None:
            self._take(preset.model_copy(update={"clean": self.fill.clean}))
        elif name == "image" and not self.fill.image:
            self._ask_image()
        else:
            self._set(kind=name)
        self.refresh()  # the same fill may stand for another tile

    def _ask_image(self) -> None:
        ask_picture(self, self.work.state.session, self._take_image)

    def _take_image(self, key: str) -> None:
        self._set(kind="image", image=key)

    def _list_categories(self) -> None:
        project = self.work.state.session.project
        names = sorted({p.category for p in self.work.state.pictures.values()} - {""})
        self.by_category.setVisible(project is not None and bool(names))
        if project is not None:
            fills = {name: fill_text(project.file.fill_of(name)) for name in names}
            self.categories.set_rows([Row(name, name, note=fills[name]) for name in names])

    def _give(self, name: str) -> None:
        self.categories.set_current("")
        fill = self.fill
        self.work.keep()
        self.work.operations.change(
            lambda library: library.set_category_fill(name, fill),
            "The category {name} has this fill now.",
            name=name,
        )

    def _in_use(self) -> list[str]:
        """Colors that are fills of the project."""
        project = self.work.state.session.project
        if project is None:
            return []
        return [one.color for one in (project.file.fill, *project.file.category_fills.values())]

    def _set(self, *, live: bool = False, **values: object) -> None:
        self._take(self.fill.model_copy(update=values), live=live)

    def _take(self, how: Fill, *, live: bool = False) -> None:
        step = FillStep(fill=how)
        self.work.change(self.work.recipe.with_step(step), "Change fill", live=live)

    def _follow_them(self) -> None:
        self.work.change(self.work.recipe.with_fill(None), "Change fill")

    def _for_category(self) -> None:
        picture = self.work.picture
        if picture is not None:
            self.work.keep()
            self.work.operations.fill_category(picture.category, self.fill)

    def _for_all(self) -> None:
        self.work.keep()
        self.work.operations.fill_project(self.fill)

    def _pick(self) -> None:
        self.view.set_hand(Pipette(self) if self.pick.isChecked() else None)

    def picked(self, text: str) -> None:
        """A color was taken from the picture."""
        self.pick.setChecked(False)
        self.view.set_hand(None)
        kind = self.fill.kind if self.fill.kind == "gradient" else "color"
        self._set(kind=kind, color=text)

    def _draw(self) -> None:
        work = self.work
        if work.picture is None or work.proxy is None:
            return
        factor = work.proxy.shape[1] / work.size[0]
        drawn = [name for name in NAMES if name != "image" or self.fill.image]
        fills = {name: PRESETS.get(name) or self._kind(name) for name in drawn}
        self._drawer.ask(
            self._drawn, _tiles, work.proxy, scaled(work.recipe, factor), work.masks, fills
        )

    def _kind(self, name: str) -> Fill:
        return self.fill.model_copy(update={"kind": name})

    def _drawn(self, found: tuple[dict[str, np.ndarray], bool]) -> None:
        for name, array in found[0].items():
            self.tiles[name].set_picture(pixmap_of(image_of(array)))
        if not found[1]:
            self._hint.say("Nothing of this picture is transparent. Cut its background out first.")


class Pipette(Hand):
    """Takes the color under the pointer from the picture as it is shown."""

    def __init__(self, panel: FillPanel) -> None:
        self._panel = panel

    def press(self, point: QPointF, event: QMouseEvent) -> None:
        tint = self._panel.view.color_at(point)
        if tint is not None:
            self._panel.picked(tint.name().upper())


def _boxed(layout: QLayout) -> QWidget:
    box = QWidget()
    box.setLayout(layout)
    return box


def _tiles(
    proxy: np.ndarray, recipe: Recipe, masks: MaskStore | None, fills: dict[str, Fill]
) -> tuple[dict[str, np.ndarray], bool]:
    """The picture over each fill, and whether any of it is transparent."""
    rgba = shrunk(work_on(proxy, recipe.without("fill"), masks).rgba, 2 * tile)
    made = {}
    for name, how in fills.items():
        image = masks.picture(how.needs) if how.needs and masks is not None else None
        made[name] = fill(rgba, how, image)
    return made, has_transparency(rgba)
