from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF

from app.canvas.rulers import LABEL_ROOM, label_step
from app.canvas.viewport import MAXIMUM_ZOOM, Viewport


@pytest.fixture
def port():
    made = Viewport()
    made.resize(QSizeF(800, 600))
    made.document_size = QSizeF(400, 300)
    return made


def test_zooming_keeps_the_document_point_under_the_pointer(port):
    port.center()
    pointer = QPointF(310, 140)
    before = port.to_document(pointer)
    port.wheel(pointer, 3)
    after = port.to_document(pointer)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=0.5)
    assert port.zoom > 1.5


def test_the_document_stands_on_whole_screen_pixels(port):
    port.document_size = QSizeF(333, 217)
    port.center()
    port.wheel(QPointF(123.4, 77.7), 1.5)
    assert port.origin.x() == int(port.origin.x())
    assert port.origin.y() == int(port.origin.y())


def test_fit_shows_the_whole_document_at_a_whole_zoom(port):
    port.document_size = QSizeF(128, 128)
    port.fit()
    assert port.zoom == 4.0
    assert port.visible().width() == 128
    assert port.visible().height() == 128


def test_fit_shrinks_what_is_larger_than_the_screen(port):
    port.document_size = QSizeF(4000, 1000)
    port.fit()
    assert port.zoom == pytest.approx((800 - 48) / 4000)


def test_panning_never_loses_the_document(port):
    port.pan(QPointF(-100_000, 100_000))
    assert not port.visible().isEmpty()


def test_zoom_stops_run_from_far_to_the_largest_zoom(port):
    for _ in range(60):
        port.step(1)
    assert port.zoom == MAXIMUM_ZOOM
    for _ in range(60):
        port.step(-1)
    assert port.zoom == pytest.approx(0.02)


@pytest.mark.parametrize("zoom", [0.02, 0.3, 1.0, 7.0, 32.0])
def test_ruler_numbers_keep_their_distance(zoom):
    assert label_step(zoom) * zoom >= LABEL_ROOM or label_step(zoom) == 5000


def test_a_rectangle_is_shown_in_the_middle_as_large_as_it_fits():
    view = Viewport()
    view.resize(QSizeF(800, 600))
    view.document_size = QSizeF(4000, 4000)
    view.show_rect(QRectF(1000, 2000, 100, 50))
    assert view.zoom == 7.0
    assert view.to_screen(QPointF(1050, 2025)) == QPointF(400, 300)
