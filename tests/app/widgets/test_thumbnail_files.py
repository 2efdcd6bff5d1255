"""Thumbnails show the colors of training, and those on disk belong to what a file holds."""

from __future__ import annotations

import os
import shutil
import threading
import weakref

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QColor, QColorSpace

from app.widgets import thumbnail_files, thumbnail_maker
from app.widgets.thumbnail_files import content_mark, read_scaled
from app.widgets.thumbnails import ThumbnailCache
from engine.imaging.decode import load_rgba

WIDE = QColorSpace(QColorSpace.NamedColorSpace.ProPhotoRgb)


@pytest.mark.parametrize(("mode", "suffix"), [("RGB", "png"), ("RGBA", "png"), ("RGB", "jpg")])
def test_a_thumbnail_has_the_colors_of_training(tmp_path, mode, suffix):
    path = tmp_path / f"wide.{suffix}"
    color = (150, 90, 60) if mode == "RGB" else (150, 90, 60, 200)
    profile = bytes(WIDE.iccProfile().data())
    Image.new(mode, (40, 40), color).save(path, icc_profile=profile)
    seen = QColor(read_scaled(str(path), 160).pixelColor(20, 20)).getRgb()
    trained = load_rgba(path)[20, 20]
    assert np.abs(np.subtract(seen, trained, dtype=int)).max() <= 3
    assert np.abs(np.subtract(seen[:3], color[:3], dtype=int)).max() > 10


def test_a_picture_that_moved_is_not_decoded_again(qtbot, tmp_path, monkeypatch):
    picture, moved = tmp_path / "a.png", tmp_path / "b" / "c.png"
    Image.new("RGB", (400, 100), (200, 40, 40)).save(picture)
    moved.parent.mkdir()
    shutil.copy(picture, moved)
    decoded = []

    def counted(path, edge):
        decoded.append(path)
        return read_scaled(path, edge)

    monkeypatch.setattr(thumbnail_maker, "read_scaled", counted)
    cache = ThumbnailCache(tmp_path / "thumbs")
    for path in (picture, moved):
        cache.get(str(path), 150)
        with qtbot.waitSignal(cache.ready):
            pass
        assert cache.get(str(path), 150) is not None
    cache.close()
    assert decoded == [str(picture)]


def test_a_worker_never_holds_the_last_of_those_that_asked_it(qtbot, tmp_path, monkeypatch):
    """Else it would be destroyed in the worker, while Qt hands it the picture before."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(path, edge):
        begun.set()
        go_on.wait(20)
        return read_scaled(path, edge)

    monkeypatch.setattr(thumbnail_maker, "read_scaled", slow)
    pictures = [tmp_path / f"{number}.png" for number in range(20)]
    for picture in pictures:
        Image.new("RGB", (40, 40)).save(picture)
    cache = ThumbnailCache()
    gone, pool = weakref.ref(cache), cache._maker._pool
    for picture in pictures:
        cache.get(str(picture), 150)
    qtbot.waitUntil(begun.is_set)
    del cache
    assert gone() is None  # here and now
    go_on.set()
    pool.shutdown(wait=True)
    qtbot.wait(0)  # what a worker has said meanwhile is said to nobody


def test_another_picture_of_the_same_name_size_and_time_is_another(tmp_path):
    path = tmp_path / "a.bmp"
    marks = []
    for color in ("red", "blue"):
        Image.new("RGB", (600, 400), color).save(path)
        os.utime(path, ns=(10**18, 10**18))
        marks.append(content_mark(str(path)))
    assert marks[0] != marks[1]
    assert content_mark(str(path)) == marks[1]


def test_huge_pictures_are_opened_one_at_a_time(tmp_path, monkeypatch):
    path = tmp_path / "huge.png"
    Image.new("L", (400, 300)).save(path)
    monkeypatch.setattr(thumbnail_files, "_LARGE", 100_000)
    held = []

    class Gate:
        def __enter__(self):
            held.append("in")

        def __exit__(self, *_):
            held.append("out")

    monkeypatch.setattr(thumbnail_files, "_ONE_LARGE", Gate())
    assert not read_scaled(str(path), 160).isNull()
    assert held == ["in", "out"]
