"""The models page on a shelf of small real files."""

from __future__ import annotations

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from safetensors.numpy import save_file

from app import i18n, theme
from app.models.model import InfoRole
from app.models.view import View
from engine.models.inspect import ModelInfo
from engine.project.settings import data_dir
from tests.app.shell.conftest import loop, session, settle, window

__all__ = ["loop", "session", "settle", "window"]

# A layer of the starter: 64 channels out, 128 of the text in.
NAME = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
SDXL = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"


def write_lora(path, rank=4, seed=1, *, sdxl=False, width=128, **told):
    """A LoRA of one layer and random numbers; ``told`` is what it says of itself."""
    name, width = (SDXL, 2048) if sdxl else (NAME, width)
    chance = np.random.default_rng(seed)
    tensors = {
        f"{name}.lora_down.weight": chance.standard_normal((rank, width)).astype(np.float32),
        f"{name}.lora_up.weight": chance.standard_normal((64, rank)).astype(np.float32),
        f"{name}.alpha": np.array(rank, np.float32),
    }
    said = {"ss_base_model_version": "sdxl_base_v1-0" if sdxl else "sd_v1"}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, said | {key.replace("__", "."): text for key, text in told.items()})
    return path


def write_lokr(path):
    """An adapter whose parts cannot be added up."""
    tensors = {
        f"{NAME}.lokr_w1": np.ones((4, 4), np.float32),
        f"{NAME}.lokr_w2": np.ones((16, 32), np.float32),
        f"{NAME}.alpha": np.array(1, np.float32),
    }
    save_file(tensors, path, {"ss_base_model_version": "sd_v1"})
    return path


@pytest.fixture
def shelf():
    """The user's model folder: icons and ink for the starter, one for SDXL, a LoKr, a torn file."""
    models = data_dir() / "models"
    write_lora(models / "icons.safetensors", modelspec__trigger_phrase="icn",
               modelspec__description="good for props")  # fmt: skip
    write_lora(models / "ink.safetensors", rank=8, seed=2)
    write_lora(models / "grand.safetensors", sdxl=True)
    write_lokr(models / "woven.safetensors")
    (models / "torn.safetensors").write_bytes(b"\x00\x01")
    return models


@pytest.fixture
def models(qtbot, session, settle):
    """The page as large as in the window, and without it: that is built in a third of the time."""
    made = View(session)
    theme.dress(made)
    made.resize(1532, 934)
    made.show()
    settle()
    yield made
    made.hide()
    settle()
    shiboken6.delete(made)  # here and now, not by the garbage collector in a worker


@pytest.fixture(params=["en", "zh_CN"])
def tongue(request, qapp):
    """Both languages, English again at the end."""
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("en")


@pytest.fixture
def toasts(session):
    """What was told."""
    told: list[dict] = []
    session.notified.connect(told.append)
    return told


@pytest.fixture
def gone(session, monkeypatch):
    """Where the page would have gone, with what; the other workspaces are not built for it."""
    places: list[tuple[str, dict]] = []
    monkeypatch.setattr(session, "go", lambda place, **payload: places.append((place, payload)))
    return places


@pytest.fixture
def at_work(session, settle):
    """Wait until what was begun has ended; the engine really works."""
    session.bridge.engine.start()

    def wait():
        settle()
        settle()  # what follows from its end

    return wait


def names(models):
    """The file names shown, from the top."""
    return [info.path.name for info in models.list.shown]


def choose(models, *files):
    """Click the rows of ``files``, the second and later ones with Ctrl."""
    keys = Qt.KeyboardModifier.NoModifier
    for file in files:
        row = next(n for n in range(models.list.rowCount()) if _name(models, n) == file)
        place = models.table.visualRect(models.list.index(row)).center()
        button = Qt.MouseButton.LeftButton
        QTest.mouseClick(models.table.viewport(), button, keys, place)
        keys = Qt.KeyboardModifier.ControlModifier


def _name(models, row):
    info = models.list.index(row).data(InfoRole)
    return info.path.name if isinstance(info, ModelInfo) else ""


def click(widget):
    """Click what is seen and can be clicked."""
    QApplication.processEvents()  # what was just made is laid out
    assert widget.isVisible(), widget
    assert widget.isEnabled(), widget
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def drop(widget, *paths, enter=False):
    """Drop files, or with ``enter`` only hold them over ``widget``; whether they are taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    if enter:
        event = QDragEnterEvent(QPointF(500, 300).toPoint(), action, data, button, none)
        widget.dragEnterEvent(event)
    else:
        event = QDropEvent(QPointF(500, 300), action, data, button, none)
        widget.dropEvent(event)
    return event.isAccepted()
