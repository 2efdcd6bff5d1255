from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from app.canvas.picture import CompositePicture


def _source(pixels, calls):
    def render(rect):
        calls.append(QRect(rect))
        return pixels[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]

    return render


def _drawn(picture, source, target, zoom):
    image = QImage(*target, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    picture.draw(painter, QRectF(0, 0, *target), source, zoom)
    painter.end()
    return image


def test_only_the_dirty_rectangle_is_rendered_again(qapp):
    pixels, calls = np.full((100, 120, 4), 255, np.uint8), []
    picture = CompositePicture(120, 100, _source(pixels, calls))
    picture.refresh()
    pixels[10:14, 20:25] = (255, 0, 0, 255)
    picture.mark(QRect(20, 10, 5, 4))
    assert picture.image.pixelColor(22, 12).getRgb() == (255, 0, 0, 255)
    assert calls[1:] == [QRect(20, 10, 5, 4)]


def test_high_zoom_shows_hard_pixels(qapp):
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[1, 1] = 255
    picture = CompositePicture(4, 4, _source(pixels, []))
    shown = _drawn(picture, QRect(0, 0, 4, 4), (32, 32), 8.0)
    assert shown.pixelColor(8, 8).getRgb()[:3] == (255, 255, 255)
    assert shown.pixelColor(7, 8).getRgb()[:3] == (0, 0, 0)


def test_small_zoom_averages_the_pixels_it_leaves_out(qapp):
    pixels = np.zeros((512, 512, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[::2] = 255
    picture = CompositePicture(512, 512, _source(pixels, []))
    shown = _drawn(picture, QRect(0, 0, 512, 512), (128, 128), 0.25)
    assert abs(shown.pixelColor(60, 61).red() - 128) <= 2


def test_a_dirty_corner_reaches_every_level_of_an_odd_size(qapp):
    pixels = np.zeros((333, 257, 4), np.uint8)
    picture = CompositePicture(257, 333, _source(pixels, []))
    picture.refresh()
    pixels[-9:, -9:] = (0, 200, 0, 255)
    picture.mark(QRect(248, 324, 9, 9))
    picture.refresh()
    for image in picture._images:
        assert image.pixelColor(image.width() - 1, image.height() - 1).green() > 120
        assert image.pixelColor(0, 0).alpha() == 0


def test_half_transparent_pixels_are_premultiplied(qapp):
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[...] = (200, 100, 50, 128)
    picture = CompositePicture(2, 2, _source(pixels, []))
    color = picture.image.pixelColor(0, 0)
    assert color.alpha() == 128
    assert abs(color.red() - 200) <= 2


def test_only_what_is_in_sight_is_rendered(qapp):
    pixels, calls = np.full((900, 800, 4), 255, np.uint8), []
    picture = CompositePicture(800, 900, _source(pixels, calls))
    _drawn(picture, QRect(100, 200, 50, 40), (50, 40), 1.0)
    assert calls == [QRect(100, 200, 50, 40)]
    picture.refresh()
    pixels[0, 0] = (9, 8, 7, 255)
    picture.mark(QRect(0, 0, 1, 1))
    calls.clear()
    _drawn(picture, QRect(100, 200, 50, 40), (50, 40), 1.0)
    assert calls == []
    assert _drawn(picture, QRect(0, 0, 8, 8), (8, 8), 1.0).pixelColor(0, 0).red() == 9


def test_from_200_percent_on_every_pixel_is_a_sharp_square(qapp):
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[1, 1] = 255
    picture = CompositePicture(4, 4, _source(pixels, []))
    shown = _drawn(picture, QRect(0, 0, 4, 4), (8, 8), 2.0)
    assert {shown.pixelColor(x, 2).red() for x in range(8)} == {0, 255}
