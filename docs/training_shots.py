"""The pictures of training and models, taken by ``docs/screenshots.py``.

The prepared sample is trained twice from the dialog alone, with another strength the second time,
so that runs can be compared; then every page is photographed.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.i18n import tr

if TYPE_CHECKING:
    from docs.screenshots import Photographer

LEFT = Qt.MouseButton.LeftButton
FORM = Path(__file__).resolve().parents[1] / "tests" / "golden" / "kohya_form.json"
RUNS = ({"network_dim": 16, "network_alpha": 16}, {"network_dim": 4, "network_alpha": 4})
EPOCHS, KEPT_EVERY = 24, 4
PROMPTS = ("red apple", "castle", "key")


class TrainingShots:
    """Takes the pictures of one language; ``suffix`` ends their names."""

    def __init__(self, camera: Photographer, suffix: str = "") -> None:
        self.camera, self.window = camera, camera.window
        self.suffix = suffix

    @property
    def view(self) -> Any:
        """The page of training."""
        return self.window.pages.built["train"]

    async def shoot(self, name: str) -> None:
        """Save ``name`` with the ending of the language."""
        await self.camera.shoot(f"{name}{self.suffix}")

    async def click(self, widget: Any) -> None:
        """Click and let it happen."""
        QTest.mouseClick(widget, LEFT)
        await self.camera.quiet(0.4)

    async def level(self, value: str) -> None:
        """Simple or Advanced."""
        segments = self.view.settings.level
        place = [option for option, _ in segments._options].index(value)
        QTest.mouseClick(segments, LEFT, pos=segments._rects()[place].center().toPoint())
        await self.camera.quiet(0.6)

    async def take_all(self, form: Path) -> None:
        """The few fields beside two runs, all settings, both runs as a table, an import, a tool."""
        await self.simple()
        await self.advanced()
        await self.side_by_side()
        await self.imported(form)
        await self.models()

    async def simple(self) -> None:
        """The few fields with what was measured, and the newest run with an earlier one."""
        self.window.navigate("train", {})
        await self.camera.quiet()
        state = self.view.state
        older, newest = state.runs[1], state.runs[0]
        state.show(newest)
        if state.compared.manner(older) is None:
            self.view.runs.runs.eye_clicked.emit(str(older.folder))
        if state.probe.measured is None:
            state.probe.measure()
            while state.probe.handle is not None:
                await asyncio.sleep(0.2)
        self.view.settings.scroll_to_top()
        await self.shoot("train")

    async def advanced(self) -> None:
        """What was found by words, then only what was changed."""
        await self.level("advanced")
        self.view.state.change(**RUNS[1])
        search = self.view.settings.advanced.search
        self.window.activateWindow()
        search.field.setFocus()
        search.field.setText(tr("Noise").casefold())
        await self.shoot("train-search")
        search.clear()
        await self.click(search.only_changed)
        await self.shoot("train-advanced")
        await self.click(search.only_changed)
        await self.click(self.view.settings.reset_button)
        await self.level("simple")

    async def side_by_side(self) -> None:
        """The settings of both runs."""
        self.view.stage.open_compare()
        await self.shoot("train-compare")
        QTest.keyClick(self.view.stage.compare, Qt.Key.Key_Escape)
        await self.camera.quiet(0.3)

    async def imported(self, form: Path) -> None:
        """The report of a form of kohya's window; then it is taken back."""
        self.view.files.take(form)
        await self.camera.quiet()
        page = self.view.report.page
        rows = page.table.lines.rows
        page.table.choose(next(row for row in rows if getattr(row, "key", "") == "max_grad_norm"))
        await self.level("advanced")
        await self.shoot("train-import")
        await self.click(page.undo)
        await self.level("simple")

    async def models(self) -> None:
        """A LoRA with what is known of it, and the form of a tool for it."""
        self.window.navigate("models", {})
        await self.camera.quiet()
        older = self.view.state.runs[1]
        page = self.window.pages.built["models"]
        page.choose([str(older.checkpoints[-1].path)])
        await self.shoot("models")
        await self.click(page.inspector.tools.buttons["resize"])
        await self.shoot("models-tool")
        await self.click(page.inspector.back)


async def train_twice(shots: TrainingShots) -> None:
    """Train as long as there are fewer than two runs, each with the button of the dialog."""
    shots.window.navigate("train", {})
    await shots.camera.quiet()
    state = shots.view.state
    for values in RUNS[len(state.runs) :]:
        state.change(
            max_train_epochs=EPOCHS,
            save_every_n_epochs=KEPT_EVERY,
            sample_every_n_epochs=KEPT_EVERY,
            resolution="128",
            min_bucket_reso=64,
            sample_prompts=tuple(
                f"{words}, pixel icon, white background --w 128 --h 128 --d 11 --s 16 --l 4"
                for words in PROMPTS
            ),
            **values,
        )
        await shots.camera.quiet(0.6)
        before = len(state.runs)
        await shots.click(shots.view.settings.start_button)
        while len(state.runs) == before or state.live.next_job() is not None or state.runs[0].live:
            await asyncio.sleep(0.3)


def lay_out_form(home: Path) -> Path:
    """A form of kohya's window as an artist has it, under a name of theirs."""
    folder = home / "art"
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(FORM, folder / "my-style.json"))
