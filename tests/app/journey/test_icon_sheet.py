"""One artist, one sheet of icons: silhouettes, the trained style, a collage, a corner, a PSD.

Real widgets and the real engine on the sample project, with a LoRA trained on it a moment before.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from engine.canvas.storage import load
from engine.runtime.job import Job
from engine.tour import plan, stages
from engine.training.loop import run as train
from tests.engine.canvas.other_programs import GIMP, farthest, quiet

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
FIELD = 128
SUBJECTS = ("red apple", "castle", "key")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The sample project, curated and with a LoRA of few steps."""
    made = plan.sample_project(tmp_path_factory.mktemp("home"))
    stages.prepare(made, Job.detached())
    short = {"max_train_epochs": 8, "save_every_n_epochs": 8, "sample_every_n_epochs": 0}
    train(plan.train_request(made).model_copy(update=short), Job.detached())
    return made


class Artist:
    """Clicks, drags and types on the canvas page, and waits for what was asked for."""

    def __init__(self, window, session, loop) -> None:
        self.page = window.pages.built["canvas"]
        self.state, self.surface = self.page.state, self.page.surface
        self._session, self._loop = session, loop

    def wait(self, test, seconds: float = 240.0) -> None:
        """Let the window live until ``test`` holds."""

        async def until() -> None:
            while not test():
                await asyncio.sleep(0.02)

        self._loop.run_until_complete(asyncio.wait_for(until(), seconds))

    def rest(self) -> None:
        """Wait for what runs behind the window."""
        self.wait(lambda: not self._session._tasks)

    def click(self, widget) -> None:
        assert widget.isVisible()
        assert widget.isEnabled()
        QTest.mouseClick(widget, LEFT)

    def key(self, key, modifier=PLAIN) -> None:
        QTest.keyClick(self.surface, key, modifier)

    def drag(self, *points: tuple[float, float]) -> None:
        """Drag over document points."""
        spots = [self.surface.view.to_screen(QPointF(*point)).toPoint() for point in points]
        QTest.mousePress(self.surface, LEFT, PLAIN, spots[0])
        for spot in spots[1:]:
            QTest.mouseMove(self.surface, spot)
        QTest.mouseRelease(self.surface, LEFT, PLAIN, spots[-1])
        self.rest()

    def mass(self, color: str, *points: tuple[float, float]) -> None:
        """A block of color inside a loop, drawn with the filled lasso."""
        self.state.set_color(QColor(color))
        self.state.set_tool("lasso_fill")
        self.drag(*points, points[0])

    def choose(self, x: int, y: int, width: int, height: int) -> None:
        """Select a rectangle."""
        self.key(Qt.Key.Key_M)
        self.drag((x, y), (x + width, y + height))
        assert self.state.selected == QRect(x, y, width, height)

    def repaint(self, prompt: str, strength: float, count: int, steps: int = 8) -> list:
        """Paint the selection again; the candidates that came."""
        panel = self.page.panel
        panel.prompt.set_value(prompt)
        self.page.repainting.change(prompt=prompt, strength=strength, count=count, steps=steps)
        self.click(panel.start)
        self.wait(lambda: self.page.repainting.running, 10)
        self.wait(lambda: not self.page.repainting.running)
        items = self.state.candidates.items
        assert [one.state for one in items] == ["ready"] * count
        return items

    def composite(self) -> np.ndarray:
        return self.state.document.composite()


@pytest.fixture
def artist(window, session, settle, loop, project):
    loop.run_until_complete(session.bridge.start())
    loop.run_until_complete(session.open_folder(project.root))
    settle()
    QTest.mouseClick(window.rail.buttons["canvas"], LEFT)
    settle()
    return Artist(window, session, loop)


def new_sheet(artist: Artist) -> None:
    """A white sheet of three fields, by the dialog."""
    artist.page.commands.new()
    dialog = artist.page.commands.dialog
    dialog.name.set_value("icons")
    dialog.width_field.set_value(3 * FIELD)
    dialog.height_field.set_value(FIELD)
    artist.click(dialog.create_button)
    artist.rest()
    assert (artist.state.size.width(), artist.state.size.height()) == (3 * FIELD, FIELD)
    artist.surface.actual_size()
    artist.surface.view.center()


def block_in(artist: Artist) -> None:
    """Three silhouettes in masses of color, on a layer of their own."""
    artist.click(artist.page.layers.add)
    artist.mass("#c02828", (40, 50), (64, 40), (88, 50), (94, 76), (78, 102), (50, 102), (34, 76))
    artist.mass("#3c8c3c", (64, 40), (74, 22), (84, 26), (70, 42))
    left = FIELD
    artist.mass("#8c8c96", (left + 24, 104), (left + 24, 40), (left + 104, 40), (left + 104, 104))
    artist.mass("#503c32", (left + 54, 104), (left + 54, 72), (left + 74, 72), (left + 74, 104))
    left = 2 * FIELD
    artist.mass("#d2aa32", (left + 30, 30), (left + 60, 24), (left + 66, 54), (left + 36, 60))
    artist.mass("#d2aa32", (left + 54, 50), (left + 62, 46), (left + 100, 96), (left + 92, 102))


def test_silhouettes_become_icons_and_a_psd_that_others_open(artist, project, tmp_path):
    new_sheet(artist)
    block_in(artist)
    blocked = artist.composite()
    assert tuple(blocked[70, 64, :3]) == (0xC0, 0x28, 0x28)

    with_style(artist)
    for number, subject in enumerate(SUBJECTS[:2]):
        repaint_field(artist, number, subject)
    collage_field(artist, 2, SUBJECTS[2])

    painted = artist.composite()
    artist.choose(20, 20, 40, 40)
    artist.repaint(plan.CAPTION.format(subject=SUBJECTS[0]), 0.35, 1)
    artist.key(Qt.Key.Key_Return)
    refined = artist.composite()
    assert (refined != painted).any()
    assert (refined[:, FIELD:] == painted[:, FIELD:]).all()

    artist.page.commands.save()
    artist.rest()
    assert (load(artist.state.path).composite() == refined).all()
    psd = tmp_path / "icons.psd"
    artist.page.commands.export()
    dialog = artist.page.commands.exporting
    dialog.selectFile(str(psd))
    dialog.accept()
    artist.rest()
    opened_by_others(psd, artist)


def repaint_field(artist: Artist, number: int, subject: str) -> None:
    """Paint an icon's field in the style and take the first candidate; no pixel beyond changes."""
    before = artist.composite()
    artist.choose(number * FIELD + 16, 16, 96, 96)
    made = artist.repaint(plan.CAPTION.format(subject=subject), 0.7, 2)
    assert (made[0].pixels != made[1].pixels).any()
    artist.key(Qt.Key.Key_Return)
    changed = np.argwhere((artist.composite() != before).any(-1))
    assert len(changed) > 2000
    x, y, width, height = artist.state.layer.recipe["frame"]
    (top, left), (bottom, right) = changed.min(0), changed.max(0)
    assert x <= left <= right < x + width
    assert y <= top <= bottom < y + height
    assert artist.state.layer.name == subject


def collage_field(artist: Artist, number: int, subject: str) -> None:
    """The left half of one candidate, the right half of another, as one layer."""
    before, middle = artist.composite(), number * FIELD + FIELD // 2
    artist.choose(number * FIELD + 16, 16, 96, 96)
    first, second = artist.repaint(plan.CAPTION.format(subject=subject), 0.7, 2)
    artist.key(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    artist.state.set_brush(size=40, hardness=1.0)
    artist.click(artist.page.strip.collage)
    artist.key(Qt.Key.Key_1)
    artist.drag((middle - 30, 30), (middle - 30, 100))
    artist.key(Qt.Key.Key_2)
    artist.drag((middle + 30, 30), (middle + 30, 100))
    artist.key(Qt.Key.Key_Return)
    artist.rest()
    after = artist.composite()
    for candidate, x in ((first, middle - 30), (second, middle + 30)):
        shown = candidate.pixels[64 - candidate.rect.y(), x - candidate.rect.x()]
        assert shown[3] == 255
        assert (after[64, x] == shown).all()
    assert (after[:, : number * FIELD] == before[:, : number * FIELD]).all()


def with_style(artist: Artist) -> None:
    """Take the trained LoRA from the menu, at full weight."""
    panel = artist.page.panel
    artist.click(panel.add_lora)
    artist.rest()
    offered = [one for one in panel.menu.actions() if "pixel-style" in one.text()]
    offered[-1].trigger()
    panel.menu.close()
    assert [weight for _, weight in artist.page.repainting.settings.loras] == [1.0]


def opened_by_others(psd: Path, artist: Artist) -> None:
    """psd-tools and, where it is installed, GIMP show what the canvas shows."""
    from psd_tools import PSDImage

    picture = PSDImage.open(psd)
    names = [layer.name for layer in picture]
    assert names == [node.name for node in artist.state.document.layers]
    shown = np.asarray(picture.composite(force=True).convert("RGBA")).astype(int)
    assert np.abs(shown - artist.composite()).max() <= 2
    if shutil.which("gimp") is not None:
        flat, again = psd.with_suffix(".png"), psd.with_name("again.psd")
        script = GIMP.format(source=psd, target=flat, again=again)
        quiet("gimp", "-i", "-d", "-f", "-b", script, "-b", "(gimp-quit 0)")
        assert farthest(flat, artist.composite()) <= 2
