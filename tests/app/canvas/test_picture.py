from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from app.canvas import picture as pictures
from app.canvas.picture import CompositePicture, Place, places, shrunk
from engine.canvas.tiles import halved


def _source(pixels, calls):
    def render(rect, level):
        calls.append((QRect(rect), level))
        shown = pixels
        for _ in range(level):
            odd = [(0, side % 2) for side in shown.shape[:2]]
            shown = halved(np.pad(shown, [*odd, (0, 0)], mode="edge"))
        return shown[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]

    return render


def _drawn(picture, source, target, zoom):
    image = QImage(*target, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    picture.draw(painter, QRectF(0, 0, *target), source, zoom)
    painter.end()
    return image


def _opaque(width, height, value=255):
    pixels = np.full((height, width, 4), value, np.uint8)
    pixels[..., 3] = 255
    return pixels


def test_only_what_has_changed_is_rendered_again(qapp):
    pixels, calls = _opaque(120, 100), []
    picture = CompositePicture(120, 100, _source(pixels, calls))
    _drawn(picture, QRect(0, 0, 120, 100), (120, 100), 1.0)
    pixels[10:14, 20:25] = (255, 0, 0, 255)
    picture.mark(QRect(20, 10, 5, 4))
    shown = _drawn(picture, QRect(0, 0, 120, 100), (120, 100), 1.0)
    assert shown.pixelColor(22, 12).getRgb() == (255, 0, 0, 255)
    assert shown.pixelColor(19, 12).getRgb() == (255, 255, 255, 255)
    assert calls[1:] == [(QRect(20, 10, 5, 4), 0)]
    _drawn(picture, QRect(0, 0, 120, 100), (120, 100), 1.0)
    assert len(calls) == 2


def test_from_200_percent_on_every_pixel_is_a_sharp_square(qapp):
    pixels = _opaque(4, 4, 0)
    pixels[1, 1] = 255
    picture = CompositePicture(4, 4, _source(pixels, []))
    shown = _drawn(picture, QRect(0, 0, 4, 4), (32, 32), 8.0)
    assert shown.pixelColor(8, 8).getRgb()[:3] == (255, 255, 255)
    assert shown.pixelColor(7, 8).getRgb()[:3] == (0, 0, 0)
    shown = _drawn(picture, QRect(0, 0, 4, 4), (8, 8), 2.0)
    assert {shown.pixelColor(x, 2).red() for x in range(8)} == {0, 255}


def test_small_zoom_averages_the_pixels_it_leaves_out(qapp):
    pixels = _opaque(512, 512, 0)
    pixels[::2] = 255
    calls = []
    picture = CompositePicture(512, 512, _source(pixels, calls))
    shown = _drawn(picture, QRect(0, 0, 512, 512), (128, 128), 0.25)
    assert abs(shown.pixelColor(60, 61).red() - 128) <= 2
    assert calls == [(QRect(0, 0, 128, 128), 2)]


@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.25])
def test_a_changed_corner_is_seen_at_every_zoom_of_an_odd_size(qapp, zoom):
    pixels = np.zeros((333, 257, 4), np.uint8)
    picture = CompositePicture(257, 333, _source(pixels, []))
    size = round(257 * zoom), round(333 * zoom)
    _drawn(picture, QRect(0, 0, 257, 333), size, zoom)
    pixels[-9:, -9:] = (0, 200, 0, 255)
    picture.mark(QRect(248, 324, 9, 9))
    shown = _drawn(picture, QRect(0, 0, 257, 333), size, zoom)
    assert shown.pixelColor(size[0] - 1, size[1] - 1).green() > 120
    assert shown.pixelColor(0, 0).alpha() == 0


def test_squares_meet_without_a_seam_and_parts_look_as_the_whole(qapp):
    across = np.linspace(0, 255, 700).astype(np.uint8)
    pixels = _opaque(700, 600)
    pixels[..., 0] = across[None, :]
    picture = CompositePicture(700, 600, _source(pixels, []))
    size = 469, 402
    whole = _drawn(picture, QRect(0, 0, 700, 600), size, 0.67)
    reds = [whole.pixelColor(x, 200).red() for x in range(size[0])]
    assert all(0 <= after - before <= 2 for before, after in itertools.pairwise(reds))
    picture = CompositePicture(700, 600, _source(pixels, []))
    part = _drawn(picture, QRect(200, 100, 200, 200), (200, 200), 1.0)
    assert part.pixelColor(150, 50).red() == across[350]


def test_half_transparent_pixels_are_premultiplied(qapp):
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[...] = (200, 100, 50, 128)
    picture = CompositePicture(2, 2, _source(pixels, []))
    color = picture.part(QRect(0, 0, 2, 2)).pixelColor(0, 0)
    assert color.alpha() == 128
    assert abs(color.red() - 200) <= 2


def test_only_the_squares_in_sight_are_rendered(qapp):
    pixels, calls = _opaque(900, 800), []
    picture = CompositePicture(900, 800, _source(pixels, calls))
    _drawn(picture, QRect(300, 300, 50, 40), (50, 40), 1.0)
    assert calls == [(QRect(256, 256, 256, 256), 0)]
    pixels[0, 0] = (9, 8, 7, 255)
    picture.mark(QRect(0, 0, 1, 1))
    _drawn(picture, QRect(300, 300, 50, 40), (50, 40), 1.0)
    assert len(calls) == 1
    assert _drawn(picture, QRect(0, 0, 8, 8), (8, 8), 1.0).pixelColor(0, 0).red() == 9


def test_what_takes_too_long_is_shown_coarse_and_comes_with_the_next_drawings(qapp, monkeypatch):
    pixels, calls = _opaque(1024, 1024, 90), []
    picture = CompositePicture(1024, 1024, _source(pixels, calls))
    _drawn(picture, QRect(0, 0, 1024, 1024), (256, 256), 0.25)
    assert not picture.unfinished
    clock = iter(range(1000))
    monkeypatch.setattr(pictures.time, "perf_counter", lambda: next(clock) * 0.005)
    drawings = 0
    picture.unfinished = True
    while picture.unfinished:
        shown = _drawn(picture, QRect(0, 0, 1024, 1024), (1024, 1024), 1.0)
        assert {shown.pixelColor(x, x).red() for x in range(0, 1024, 100)} == {90}
        drawings += 1
    assert 4 <= drawings <= 16
    assert len(calls) == 17


def test_the_squares_kept_are_bounded(qapp, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_SQUARES", 5)
    calls = []
    picture = CompositePicture(2560, 256, _source(_opaque(2560, 256), calls))
    for column in [*range(10), 9, 0]:
        _drawn(picture, QRect(column * 256, 0, 256, 256), (256, 256), 1.0)
    assert len(calls) == 11


def test_places_cover_an_area_from_the_middle_outward():
    found = list(places(QRect(300, 10, 700, 500), 1))
    assert {(one.column, one.row) for one in found} == {(c, r) for c in (1, 2, 3) for r in (0, 1)}
    assert found[0].column == 2
    assert Place(0, 5, 3).above == Place(1, 2, 1)
    assert shrunk(QRect(7, 9, 2, 1), 1) == QRect(3, 4, 2, 1)


def test_a_plain_color_is_told_from_a_picture_at_any_size(qapp):
    pixels = _opaque(2000, 700, 40)
    picture = CompositePicture(2000, 700, _source(pixels, []))
    assert picture.is_flat(QRect(0, 0, 2000, 700))
    pixels[300:400, 900:1000] = 200
    assert not picture.is_flat(QRect(0, 0, 2000, 700))
    assert picture.is_flat(QRect(0, 0, 300, 300))
