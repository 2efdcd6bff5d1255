"""A real window that is given bad input: every answer is one sentence, in both languages."""

from __future__ import annotations

import errno
import json
import logging
import os
import struct

import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from app.i18n import set_language
from tests.app.shell.conftest import loop, session, settle, window

__all__ = ["loop", "session", "settle", "window"]

LANGUAGES = ("en", "zh_CN")


@pytest.fixture(params=LANGUAGES)
def language(request, loop):
    """The window in one language, then in the other."""
    set_language(request.param)
    return request.param


@pytest.fixture(autouse=True)
def _no_traceback(caplog, capfd):
    """Bad input is no surprise: nothing about it may look like a crash."""
    caplog.set_level(logging.WARNING)
    yield
    told = [record for record in caplog.records if record.exc_info]
    assert [record.getMessage() for record in told] == []
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def said(window, language):
    """The toast or line ``text`` is a sentence of the language with all its facts."""

    def check(text, *facts):
        assert text, "nothing was said"
        for fact in facts:
            assert str(fact) in text
        assert "{" not in text
        assert "unexpected" not in text
        assert "意外" not in text
        chinese = any("\u4e00" <= sign <= "\u9fff" for sign in text)
        assert chinese == (language == "zh_CN"), text
        return text

    return check


@pytest.fixture
def toast(window, said):
    """What the newest toast says; it stays until it is closed."""

    def newest(*facts):
        assert window.toasts.shown, "no toast"
        shown = window.toasts.shown[-1]
        assert not shown._timer.isActive()
        return said(shown.text, *facts)

    return newest


@pytest.fixture
def page(window, settle):
    """Open a workspace and give its view."""

    def show(name, **payload):
        window.navigate(name, payload)
        settle()
        return window.pages.built[name]

    return show


@pytest.fixture
def art(tmp_path):
    """Four small icons with captions."""
    folder = tmp_path / "art"
    folder.mkdir()
    for number, name in enumerate(("boat", "cup", "hat", "key")):
        picture = Image.new("RGB", (96, 96), (250 - 50 * number, 90, 40 * number))
        ImageDraw.Draw(picture).ellipse((9, 9, 60 + 9 * number, 80), fill=(20, 200, 90))
        picture.save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"{name}, icon", encoding="utf-8")
    return folder


@pytest.fixture
def opened(window, art, settle):
    """The window with the art as its project."""
    window.session.open_folder(art)
    settle()
    return window


@pytest.fixture
def finish(loop, session):
    """Start the engine and wait until a job has ended and everyone has heard of it."""
    import asyncio

    async def wait(handle):
        ended = asyncio.get_running_loop().create_future()
        session.job_finished.connect(
            lambda one: ended.set_result(None) if one is handle and not ended.done() else None
        )
        if not session.bridge.engine._thread.is_alive():
            session.bridge.engine.start()
        await asyncio.wait_for(ended, 120)

    return lambda handle: loop.run_until_complete(wait(handle))


@pytest.fixture
def full_disk(monkeypatch):
    """From the call on, nothing can be written any more; ``full_disk(False)`` frees the disk."""
    real = {name: getattr(os, name) for name in ("fsync", "replace")}

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def switch(on=True):
        for name, function in real.items():
            monkeypatch.setattr(os, name, full if on else function)

    return switch


def drop(widget, *paths, enter=False):
    """Drop files on ``widget``. Not sendEvent: Qt would keep a target that the test deletes."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    button, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    if enter:
        widget.dragEnterEvent(QDragEnterEvent(QPoint(300, 300), action, data, button, key))
    else:
        widget.dropEvent(QDropEvent(QPointF(300, 300), action, data, button, key))


def write_tensors(path, shapes):
    """A safetensors file of zeros; ``shapes`` maps names to shapes of float32."""
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4
        for side in shape:
            size *= side
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(at))
    return path


def other_lora(folder, name="other.safetensors"):
    """A LoRA for SDXL, which does not fit the starter."""
    part = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    return write_tensors(
        folder / name,
        {
            f"{part}.lora_down.weight": (4, 2048),
            f"{part}.lora_up.weight": (640, 4),
            f"{part}.alpha": (),
        },
    )
