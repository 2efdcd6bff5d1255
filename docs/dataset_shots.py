"""The pictures of the dataset workspace, taken by ``docs/screenshots.py``.

A folder of icons is opened as an artist would, sorted and captioned, and photographed page by page.
Nothing of it reaches a picture of the sample: it is a copy.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from docs.screenshots import Photographer
    from engine.dataset.library import Changes, Library

LEFT = Qt.MouseButton.LeftButton
SAMPLE = Path(__file__).resolve().parents[1] / "resources" / "sample" / "raw"
CATEGORIES = {
    "Food": "bell_pepper broccoli canned_food carrot grapes shaved_ice shortcake",
    "Animals": "boar chipmunk donkey panda spouting_whale water_buffalo nest_with_eggs",
    "Nature": "blossom cactus cloud_with_lightning glowing_star lotus",
    "Buildings": "circus_tent moai post_office",
    "Props": "bookmark_tabs boomerang bowl_with_spoon bucket crown dna identification_card "
    "inbox_tray fork_and_knife_with_plate ring_buoy rocket round_pushpin shield spoon",
}
LOOKS = {
    "Food": "food, glossy",
    "Animals": "animal, side view",
    "Nature": "nature, glossy",
    "Buildings": "building",
    "Props": "object, glossy",
}
STARS = {5: "blossom chipmunk rocket panda", 4: "boar cactus crown donkey lotus", 3: "carrot dna"}
CROPS = {
    "identification_card": (0, 60, 256, 192),
    "crown": (0, 40, 256, 212),
    "canned_food": (30, 8, 192, 240),
    "inbox_tray": (28, 8, 200, 240),
}
PICKED = "blossom chipmunk panda rocket lotus"


class DatasetShots:
    """Takes the pictures of one language; ``suffix`` ends their names."""

    def __init__(self, camera: Photographer, suffix: str = "") -> None:
        self.camera, self.window = camera, camera.window
        self.suffix = suffix

    @property
    def view(self) -> Any:
        """The workspace."""
        return self.window.pages.built["dataset"]

    async def shoot(self, name: str) -> None:
        """Save ``name`` with the ending of the language."""
        await self.camera.shoot(f"{name}{self.suffix}")

    def ids(self, names: str) -> list[int]:
        """The pictures of these names."""
        wanted = names.split()
        pictures = self.view.state.pictures.values()
        return [p.id for name in wanted for p in pictures if p.name == name]

    async def click(self, widget: Any) -> None:
        """Click and let it happen."""
        QTest.mouseClick(widget, LEFT)
        await self.camera.quiet(0.3)

    async def click_row(self, rows: Any, key: str) -> None:
        """Click the row of ``key``."""
        place = next(n for n, row in enumerate(rows.rows.items) if row.key == key)
        box = rows.visualRect(rows.rows.index(place))
        QTest.mouseClick(rows.viewport(), LEFT, pos=box.center())
        await self.camera.quiet(0.3)

    async def segment(self, segments: Any, value: object) -> None:
        """Click one of the choices."""
        place = [option for option, _ in segments._options].index(value)
        QTest.mouseClick(segments, LEFT, pos=segments._rects()[place].center().toPoint())
        await self.camera.quiet(0.3)

    async def choose(self, *names: str) -> None:
        """Click pictures, all but the first with Ctrl."""
        grid, model = self.view.stage.grid, self.view.stage.model
        grid.scrollTo(model.index(model.row_of(self.ids(names[0])[0])))
        for number, name in enumerate(names):
            index = model.index(model.row_of(self.ids(name)[0]))
            spot = grid.visualRect(index).center() - QPoint(0, 20)
            key = Qt.KeyboardModifier.ControlModifier if number else Qt.KeyboardModifier.NoModifier
            QTest.mouseClick(grid.viewport(), LEFT, key, spot)
        await self.camera.quiet(0.4)

    async def take_all(self) -> None:
        """Browser, culling, editor, captions, training, board; then back to the grid."""
        self.window.navigate("dataset", {})
        await self.browser("chipmunk", "donkey")
        await self.captions()
        await self.training()
        await self.cull()
        await self.editor()
        await self.board()

    async def browser(self, *names: str) -> None:
        """The grid with pictures selected."""
        self.view.stage.grid.verticalScrollBar().setValue(0)
        await self.choose(*names)
        await self.shoot("dataset")

    async def captions(self) -> None:
        """Chips with completion in a filtered grid, then a change of captions before it is done."""
        panel, words = self.view.inspector.captions, self.view.stage.bar.words
        self.window.activateWindow()
        words.setFocus()
        QTest.keyClicks(words, "category:animals or stars>=4")
        QTest.keyClick(words, Qt.Key.Key_Escape)
        QTest.keyClick(words, Qt.Key.Key_Return)
        await self.camera.quiet(0.3)
        await self.choose("chipmunk", "donkey")
        panel.entry.setFocus()
        await self.camera.quiet(0.3)
        QTest.keyClicks(panel.entry, "gl")
        await self.shoot("dataset-caption")
        panel.entry.clear()
        QTest.keyClick(panel.entry, Qt.Key.Key_Escape)
        await self.click(panel.edit_button)
        batch = self.view.captions.batch
        await self.click_row(batch.kinds, "rename")
        for name, words in (("old", "glossy"), ("new", "glossy 3d icon")):
            batch.form.controls[name].setFocus()
            batch.form.controls[name].selectAll()
            QTest.keyClicks(batch.form.controls[name], words)
        await self.segment(batch.scope.choice, "all")
        await self.shoot("dataset-batch")
        QTest.keyClick(batch, Qt.Key.Key_Escape)
        self.view.stage.show_all()

    async def training(self) -> None:
        """The grid as trained; a picture with two repeats is drawn twice an epoch."""
        await self.choose("boar")
        await self.segment(self.view.stage.bar.seen, True)
        await self.shoot("dataset-training")
        await self.segment(self.view.stage.bar.seen, False)

    async def cull(self) -> None:
        """Two look-alikes side by side."""
        await self.click(self.view.culling.decide)
        page = self.view.culling.page
        deck = page.cull.deck
        soft = self.ids("lotus_soft")[0]
        place = next(n for n, group in enumerate(deck.groups) if soft in group.ids)
        page.foot.strip.chosen.emit(place)
        await self.shoot("dataset-cull")
        QTest.keyClick(page, Qt.Key.Key_Escape)
        await self.camera.quiet(0.3)

    async def editor(self) -> None:
        """A crop that fits a bucket; then it is taken away."""
        await self.choose("round_pushpin")
        QTest.keyClick(self.view.stage.grid, Qt.Key.Key_Return)
        await self.camera.quiet()
        editor, crop = self.view.editor, self.view.editor.panels["crop"]
        await self.click(editor.bar.tools["crop"])
        await self.segment(crop.modes, "bucket")
        await self.click_row(crop.buckets, "192×320")
        await self.shoot("dataset-crop")
        await self.click(crop.reset)
        QTest.keyClick(editor.view, Qt.Key.Key_Escape)
        await self.camera.quiet(0.3)

    async def board(self) -> None:
        """The categories side by side."""
        await self.click(self.view.board.board_button)
        await self.shoot("dataset-board")
        QTest.keyClick(self.view.board.page, Qt.Key.Key_Escape)
        await self.camera.quiet(0.3)


def lay_out(home: Path) -> Path:
    """A fresh folder of icons with captions beside them, and no project of it."""
    folder = home / "art" / "Icons"
    for old in (folder, home / "projects" / "Icons"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(SAMPLE, folder)
    for category, names in CATEGORIES.items():
        for name in names.split()[:-1]:
            words = name.replace("_", " ")
            text = f"icn3d, {words}, {LOOKS[category]}, plain background"
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


async def sort_out(shots: DatasetShots) -> None:
    """Categories with repeats, stars, picks, a trigger word, two edits, some held out."""
    from engine.dataset.edits import Fill, Recipe

    plain = Fill(color="#C4CABA")
    edits = {name: Recipe().with_crop(box) for name, box in CROPS.items()}
    edits["round_pushpin"] = Recipe().with_fill(plain)
    recipes = {shots.ids(name)[0]: recipe for name, recipe in edits.items()}

    def change(library: Library) -> Changes:
        for category, names in CATEGORIES.items():
            library.set_category(shots.ids(names), category)
        library.set_categories(list(CATEGORIES))
        library.set_category_repeats("Animals", 2)
        library.set_category_fill("Food", Fill(color="#EDE6DA"))
        for stars, names in STARS.items():
            library.set_stars(shots.ids(names), stars)
        library.set_flag(shots.ids(PICKED), "picked")
        library.set_flag(shots.ids("crown_thumb"), "rejected")
        library.set_held_out(shots.ids("moai shield spoon"), True)
        library.set_trigger_word("icn3d")
        return library.set_recipes(recipes)

    await shots.view.operations.change(change)
    settings = {"resolution": "256", "shuffle_caption": True, "keep_tokens": 1}
    shots.window.session.run_settings.put(None, **settings)
    shots.window.session.pictures_changed.emit(None)
    await shots.camera.quiet()
