"""The pictures of the canvas, taken by ``docs/screenshots.py``: silhouettes are painted on a sheet
and repainted in the trained style, two candidates are joined, a layer is turned.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from collections.abc import Callable

    from docs.screenshots import Photographer

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
FIELD = 128
CAPTION = "{}, pixel icon, white background"
MOST_SECONDS = 900

Point = tuple[float, float]
# Masses of color by subject, in pixels of a field, in the order they are laid.
SUBJECTS: dict[str, list[tuple[str, list[Point]]]] = {
    "red apple": [
        (
            "#b8302c",
            [(30, 62), (38, 44), (56, 40), (64, 46), (72, 40), (90, 44), (98, 62), (94, 86),
             (80, 106), (64, 102), (48, 106), (34, 86)],
        ),
        ("#e0685a", [(42, 54), (54, 50), (52, 62), (42, 72)]),
        ("#4f7d33", [(64, 46), (66, 28), (84, 20), (86, 30), (70, 40)]),
    ],
    "castle": [
        (
            "#8a8a96",
            [(22, 106), (22, 44), (36, 44), (36, 54), (50, 54), (50, 32), (78, 32), (78, 54),
             (92, 54), (92, 44), (106, 44), (106, 106)],
        ),
        ("#62626e", [(78, 34), (78, 54), (92, 54), (92, 44), (106, 46), (106, 106), (84, 106)]),
        ("#4a3626", [(54, 106), (54, 82), (64, 72), (74, 82), (74, 106)]),
        ("#b8302c", [(50, 32), (64, 12), (78, 32)]),
    ],
    "key": [
        ("#d2a02c", [(28, 40), (44, 24), (62, 32), (64, 50), (104, 94), (94, 104), (54, 60),
                     (38, 60)]),
        ("#ffffff", [(40, 42), (48, 36), (54, 42), (48, 50)]),
        ("#d2a02c", [(88, 78), (100, 72), (106, 80), (96, 88)]),
    ],
    "mushroom": [
        ("#d8c8a8", [(52, 60), (76, 60), (80, 104), (48, 104)]),
        ("#b8402c", [(22, 66), (34, 38), (64, 24), (94, 38), (106, 66), (64, 74)]),
        ("#f0e8d8", [(48, 44), (58, 40), (58, 52), (48, 54)]),
    ],
    "lantern": [
        ("#3c3c44", [(44, 36), (84, 36), (92, 104), (36, 104)]),
        ("#f0c040", [(52, 46), (76, 46), (80, 92), (48, 92)]),
        ("#3c3c44", [(50, 36), (56, 18), (72, 18), (78, 36)]),
    ],
    "blue potion": [
        ("#3c6cc0", [(40, 62), (56, 48), (72, 48), (88, 62), (92, 92), (78, 108), (50, 108),
                     (36, 92)]),
        ("#9cc0f0", [(46, 70), (56, 62), (54, 84), (46, 88)]),
        ("#a87850", [(56, 48), (56, 26), (72, 26), (72, 48)]),
    ],
}  # fmt: skip


class CanvasShots:
    """Paints as an artist does and takes the pictures of one language."""

    def __init__(self, camera: Photographer, suffix: str = "") -> None:
        self.camera, self.window = camera, camera.window
        self.suffix = suffix

    @property
    def view(self) -> Any:
        """The page of the canvas."""
        return self.window.pages.built["canvas"]

    async def shoot(self, name: str) -> None:
        """Save ``name`` with the ending of the language."""
        await self.camera.shoot(f"{name}{self.suffix}")

    async def until(self, test: Callable[[], bool]) -> None:
        """Wait until ``test`` holds."""
        for _ in range(MOST_SECONDS * 4):
            await asyncio.sleep(0.25)
            if test():
                return
        raise TimeoutError

    async def drag(self, *points: Point) -> None:
        """Drag over document points."""
        surface = self.view.surface
        spots = [surface.view.to_screen(QPointF(*point)).toPoint() for point in points]
        QTest.mousePress(surface, LEFT, PLAIN, spots[0])
        for spot in spots[1:]:
            QTest.mouseMove(surface, spot)
        QTest.mouseRelease(surface, LEFT, PLAIN, spots[-1])
        await self.camera.quiet(0.1)

    async def new_sheet(self) -> None:
        """A white sheet of three by two fields."""
        await self.camera.go("canvas")
        commands = self.view.commands
        commands.new()
        commands.dialog.name.set_value("icons")
        commands.dialog.width_field.set_value(3 * FIELD)
        commands.dialog.height_field.set_value(2 * FIELD)
        QTest.mouseClick(commands.dialog.create_button, LEFT)
        await self.camera.quiet(0.5)
        self.view.surface.fit()

    async def block_in(self) -> None:
        """Silhouettes of all subjects with the filled lasso, on a layer of their own."""
        state = self.view.state
        QTest.mouseClick(self.view.layers.add, LEFT)
        state.set_tool("lasso_fill")
        for number, masses in enumerate(SUBJECTS.values()):
            left, top = place(number)
            for color, points in masses:
                state.set_color(QColor(color))
                moved = [(left + x, top + y) for x, y in points]
                await self.drag(*moved, moved[0])

    async def take_style(self) -> None:
        """The newest LoRA, from the menu."""
        panel = self.view.panel
        QTest.mouseClick(panel.add_lora, LEFT)
        await self.camera.quiet(0.5)
        entry = next(one for one in panel.menu.actions() if one.isEnabled())
        entry.trigger()
        panel.menu.close()

    async def choose(self, number: int) -> None:
        """Select the icon of field ``number``."""
        left, top = place(number)
        self.view.state.select(None)
        self.view.state.set_tool("select")
        await self.drag((left + 12, top + 12), (left + FIELD - 12, top + FIELD - 12))

    async def repaint(self, number: int, count: int = 3) -> None:
        """Paint the icon of field ``number`` in the style."""
        await self.choose(number)
        prompt = CAPTION.format(list(SUBJECTS)[number])
        self.view.panel.prompt.set_value(prompt)
        change = self.view.repainting.change
        change(prompt=prompt, strength=0.6, count=count, steps=20, guidance=4.0)
        QTest.mouseClick(self.view.panel.start, LEFT)
        await self.until(lambda: not self.view.repainting.running)

    async def accept(self, number: int = 0) -> None:
        """Put candidate ``number`` of the last ones on a layer."""
        cards = self.view.strip.cards
        QTest.mouseClick(cards.viewport(), LEFT, pos=cards.card_rect(number).center())
        QTest.mouseClick(self.view.strip.accept, LEFT)
        await self.camera.quiet(0.3)

    async def joined(self, middle: Point) -> None:
        """The left of one candidate with the right of another, under the brush."""
        surface, state = self.view.surface, self.view.state
        state.select(None)
        QTest.mouseClick(self.view.strip.collage, LEFT)
        state.set_brush(size=34, hardness=0.7)
        for key, side in ((Qt.Key.Key_1, -22), (Qt.Key.Key_2, 22)):
            QTest.keyClick(surface, key)
            x, y = middle[0] + side, middle[1]
            await self.drag((x, y - 34), (x, y), (x, y + 34))

    async def painting(self) -> None:
        """Candidates of an icon, and two of them joined by hand."""
        self.window.navigate("canvas", {})
        await self.camera.quiet()
        self.view.surface.fit()
        await self.choose(3)
        await self.shoot("canvas")
        left, top = place(3)
        await self.joined((left + FIELD / 2, top + FIELD / 2))
        await self.shoot("canvas-collage")
        QTest.keyClick(self.view.surface, Qt.Key.Key_Escape)
        self.view.state.undo()
        self.view.state.undo()
        await self.camera.quiet()


async def paint_icons(shots: CanvasShots) -> None:
    """From silhouettes to a row of icons and candidates of a fourth, with pictures on the way."""
    await shots.new_sheet()
    await shots.block_in()
    await shots.shoot("canvas-silhouettes")
    await shots.take_style()
    for number in range(3):
        await shots.repaint(number)
        await shots.accept()
    await shots.repaint(3, 4)
    await shots.painting()


def place(number: int) -> Point:
    """The top left of a field."""
    return number % 3 * FIELD, number // 3 * FIELD
