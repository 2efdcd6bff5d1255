"""Redraw docs/screenshots by driving the real window through the guided tour.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/screenshots.py [--home DIR] [--out DIR]
        [--only dataset|train|validate|canvas]

Clicks what a user clicks and photographs the screen. With ``--home`` the projects made there are
kept, so that a second run finds the trained LoRA and only takes the pictures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from docs.canvas_shots import CanvasShots, paint_icons
from docs.dataset_shots import DatasetShots, lay_out, sort_out
from docs.training_shots import TrainingShots, lay_out_form, train_twice
from docs.validation_shots import ValidationShots, check_run
from engine.runtime.device import set_waiting_policy

if TYPE_CHECKING:
    from app.shell.window import MainWindow

LARGE, SMALL = (1600, 1000), (1280, 800)


class Photographer:
    """Drives one window. ``shoot`` waits until the window is quiet, then saves the screen."""

    def __init__(self, window: MainWindow, out: Path) -> None:
        self.window = window
        self.out = out

    async def shoot(self, name: str) -> None:
        """Save the window as ``<name>.png``."""
        await self.quiet()
        await self.shoot_now(name)

    async def quiet(self, seconds: float = 1.2) -> None:
        """Let thumbnails and measures arrive."""
        while self.window.session._tasks:
            await asyncio.sleep(0.1)
        await asyncio.sleep(seconds)

    async def size(self, size: tuple[int, int]) -> None:
        """Resize the window."""
        self.window.resize(*size)
        await asyncio.sleep(0.3)

    async def go(self, workspace: str) -> None:
        """Click a workspace in the rail."""
        entry = self.window.rail.buttons[workspace]
        QTest.mouseClick(entry, Qt.MouseButton.LeftButton)
        await self.quiet(0.5)

    async def stage(self, during: str = "", after: float = 30.0) -> None:
        """Click the guide's button and wait until its stage has ended."""
        guide = self.window.guide
        QTest.mouseClick(guide.next, Qt.MouseButton.LeftButton)
        await asyncio.sleep(1)
        waited = 0.0
        while guide.running:
            await asyncio.sleep(0.25)
            waited += 0.25
            if during and waited > after:
                await self.shoot_now(during)
                during = ""
        await self.quiet()

    async def shoot_now(self, name: str) -> None:
        """Save the window while work is running."""
        screen = QGuiApplication.primaryScreen()
        picture = screen.grabWindow(0, 0, 0, self.window.width(), self.window.height())
        self.out.mkdir(parents=True, exist_ok=True)
        save_small(picture.toImage(), self.out / f"{name}.png")
        print(name, flush=True)


def save_small(image: QImage, path: Path) -> None:
    """Write a PNG with every fourth tone: no eye sees it, and the file is a third smaller."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    rounded = np.clip((pixels.astype(np.int16) + 2) // 4 * 4, 0, 255).astype(np.uint8)
    Image.fromarray(rounded).save(path, optimize=True)


async def take_all(window: MainWindow, out: Path, fresh: bool) -> None:
    """Walk the journey once in English, and look at the first page in Chinese."""
    from app import i18n

    camera = Photographer(window, out)
    window.move(0, 0)
    await camera.size(LARGE)
    await camera.shoot("start")
    if fresh:
        window.start_guide()
        await camera.quiet()
        await camera.stage()
        await camera.shoot("guide-dataset")
        await camera.stage("train-running", 60)
        await camera.shoot("guide-train")
        await camera.stage("validate-running", 40)
        await camera.shoot("guide-validate")
        await camera.stage()
        await camera.shoot("guide-canvas")
        window.close_guide()
    else:
        window.open_sample()
        await camera.quiet()
    window.navigate("settings", {})
    await camera.shoot("settings")
    i18n.set_language("zh_CN")
    window.navigate("start", {})
    await camera.shoot("start-zh")


async def take(window: MainWindow, args: argparse.Namespace, home: Path, fresh: bool) -> None:
    """What was asked for. In one go: the window is over with its loop."""
    if args.only is None:
        await take_all(window, args.out, fresh)
    if args.only in (None, "train"):
        await take_training(window, args.out, home, fresh and args.only == "train")
    if args.only in (None, "validate"):
        await take_validation(window, args.out, fresh and args.only == "validate")
    if args.only in (None, "canvas"):
        await take_canvas(window, args.out, fresh and args.only == "canvas")
    if args.only in (None, "dataset"):
        await take_dataset(window, args.out, home)


async def take_training(window: MainWindow, out: Path, home: Path, fresh: bool) -> None:
    """Every page of training, and models with a tool, in both languages and small."""
    from app import i18n

    camera, form = Photographer(window, out), lay_out_form(home)
    i18n.set_language("en")
    window.move(0, 0)
    await camera.size(LARGE)
    await open_prepared(window, camera, fresh)
    await train_twice(TrainingShots(camera))
    await TrainingShots(camera).take_all(form)
    await camera.size(SMALL)
    small = TrainingShots(camera, "-1280")
    await small.simple()
    await small.models()
    i18n.set_language("zh_CN")
    await camera.size(LARGE)
    await TrainingShots(camera, "-zh").take_all(form)


async def take_validation(window: MainWindow, out: Path, fresh: bool) -> None:
    """An over-fit check of the newest run: grid, comparison and verdict, in both languages."""
    from app import i18n

    camera = Photographer(window, out)
    i18n.set_language("en")
    window.move(0, 0)
    await camera.size(LARGE)
    await open_prepared(window, camera, fresh)
    await train_twice(TrainingShots(camera))
    await check_run(ValidationShots(camera))
    await ValidationShots(camera).take_all()
    await camera.size(SMALL)
    await ValidationShots(camera, "-1280").grid()
    i18n.set_language("zh_CN")
    await camera.size(LARGE)
    await ValidationShots(camera, "-zh").take_all()


async def take_canvas(window: MainWindow, out: Path, fresh: bool) -> None:
    """A sheet of icons from silhouettes to a collage, in both languages, and small."""
    from app import i18n

    camera = Photographer(window, out)
    i18n.set_language("en")
    window.move(0, 0)
    await camera.size(LARGE)
    await open_prepared(window, camera, fresh)
    await train_twice(TrainingShots(camera))
    await paint_icons(CanvasShots(camera))
    i18n.set_language("zh_CN")
    await CanvasShots(camera, "-zh").painting()
    i18n.set_language("en")
    await camera.size(SMALL)
    await CanvasShots(camera, "-1280").painting()


async def open_prepared(window: MainWindow, camera: Photographer, fresh: bool) -> None:
    """The sample project; in a new home its pictures are prepared by the guide first."""
    if fresh:
        window.start_guide()
        await camera.quiet()
        await camera.stage()
    else:
        window.open_sample()
        await camera.quiet()
    if window.guide is not None:
        window.close_guide()


async def take_dataset(window: MainWindow, out: Path, home: Path) -> None:
    """Every page of the dataset workspace, in both languages, and the browser small."""
    from app import i18n

    camera = Photographer(window, out)
    i18n.set_language("en")
    window.move(0, 0)
    await camera.size(LARGE)
    await window.session.open_folder(lay_out(home))
    await camera.quiet()
    shots = DatasetShots(camera)
    await sort_out(shots)
    await shots.take_all()
    await camera.size(SMALL)
    await DatasetShots(camera, "-1280").browser("blossom", "boar")
    i18n.set_language("zh_CN")
    await camera.size(LARGE)
    await DatasetShots(camera, "-zh").take_all()


def main() -> None:
    """Open the window on a private home and take the pictures."""
    set_waiting_policy()
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument(
        "--only",
        choices=["dataset", "train", "validate", "canvas"],
        help="no guided tour, only this workspace",
    )
    args = parser.parse_args()
    home = args.home or Path(tempfile.mkdtemp())
    os.environ["STYLEKILN_HOME"] = str(home)
    fresh = not (home / "projects" / "Sample" / "tour" / "canvas.json").exists()
    from app import running
    from app.main import open_window

    application = QApplication(sys.argv[:1])
    loop = running.make_loop(application)
    window = open_window()
    running.begin(window)
    with loop:
        loop.run_until_complete(take(window, args, home, fresh))
        window.session.bridge.close()
    os._exit(0)


if __name__ == "__main__":
    main()
