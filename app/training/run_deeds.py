"""What can be done with a run, the same from its row and from its bar."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.i18n import tr
from engine.runtime.files import write_bytes

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.shell.menus import Menu
    from app.training.model import TrainState
    from app.training.story import Story
    from engine.training.runs import Checkpoint, Resumable

OWN = ("project", "output_dir", "output_name", "resume")
"""Settings that belong to one run, and not to how it trains."""


def resumable(state: TrainState, story: Story) -> Resumable | None:
    """What ``story`` can go on from; None when it goes on, is finished, or saved no state."""
    if story.live:
        return None
    return next((item for item in state.resumable if item.run.folder == story.folder), None)


def add_to(menu: Menu, state: TrainState, story: Story) -> None:
    """Add an entry for everything that can be done with ``story`` now."""
    item = resumable(state, story)
    if item is not None:
        menu.add("Resume", partial(state.resume, item), "play")
    if story.request is not None:
        menu.add("Use its settings for the next run", partial(take_settings, state, story), "copy")
    menu.add("Show in folder", partial(open_folder, story.folder), "folder-open")
    board = board_folder(story)
    if board is not None:
        menu.add("Show the TensorBoard files", partial(open_folder, board), "chart-line")
    if not story.live:
        menu.line()
        menu.add("Delete run", lambda: state.session.start(state.delete(story)), "trash-2")


def take_settings(state: TrainState, story: Story) -> None:
    """Let the next run have the settings of ``story``, but for its name and its folders."""
    if story.request is None:
        return
    values = {name: value for name, value in story.request.model_dump().items() if name not in OWN}
    state.replace(values, tr("The next run has the settings of {name}.", name=story.name))
    state.ask_for_model(None)


def board_folder(story: Story) -> Path | None:
    """Where the numbers for TensorBoard lie; None when the run writes none."""
    request = story.request
    if request is None or request.log_with != "tensorboard":
        return None
    return Path(request.logging_dir) if request.logging_dir else story.folder / "tensorboard"


def open_folder(folder: Path) -> None:
    """Show ``folder`` in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


# Checkpoints


def add_checkpoint_to(menu: Menu, state: TrainState, checkpoint: Checkpoint, at: QWidget) -> None:
    """Add an entry for everything that can be done with a checkpoint of the shown run."""
    menu.add("Paint with it in Canvas", partial(use, state, checkpoint), "brush")
    menu.add("Save a copy…", partial(ask_copy, state, checkpoint, at), "download")
    menu.add("Show in folder", partial(open_folder, checkpoint.path.parent), "folder-open")
    inspect = partial(state.session.go, "models", path=str(checkpoint.path))
    menu.add("Show in Models", inspect, "box")
    going_on = partial(start_from, state, checkpoint)
    menu.add("Start the next run from it", going_on, "arrow-right")


def use(state: TrainState, checkpoint: Checkpoint) -> None:
    """Take ``checkpoint`` to the canvas, on the model it was trained on."""
    story = state.story
    model = story.request.base_model if story is not None and story.request is not None else ""
    state.session.go("canvas", loras=((str(checkpoint.path), 1.0),), model=model)


def start_from(state: TrainState, checkpoint: Checkpoint) -> None:
    """Let the next run begin with the weights of ``checkpoint``."""
    state.change(network_weights=str(checkpoint.path))
    state.session.notify("The next run starts from {name}.", name=checkpoint.path.name)


def ask_copy(state: TrainState, checkpoint: Checkpoint, at: QWidget) -> None:
    """Ask where a copy of ``checkpoint`` is to lie, and write it."""
    source = checkpoint.path
    chosen, _ = QFileDialog.getSaveFileName(
        at, tr("Save a copy"), str(Path.home() / source.name), f"LoRA (*{source.suffix})"
    )
    if chosen:
        state.session.start(_copy(state, source, Path(chosen)))


async def _copy(state: TrainState, source: Path, place: Path) -> None:
    await state.session.bridge.io(_write_copy, source, place)
    state.session.notify("Saved as {name}.", name=place.name)


def _write_copy(source: Path, place: Path) -> None:
    """Raises StorageError."""
    write_bytes(place, source.read_bytes())
