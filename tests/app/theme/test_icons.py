from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton

from app import theme
from app.theme import fonts, icons

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _dark(qapp):
    theme.apply(qapp, "dark")
    yield
    theme.apply(qapp, "dark")


def _color_of(pixmap):
    image = pixmap.toImage()
    spots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(spots, key=QColor.alpha)


@pytest.mark.parametrize("path", sorted((ROOT / "resources/icons").glob("*.svg")), ids=str)
def test_every_icon_that_ships_can_be_drawn(path):
    assert _color_of(icons.pixmap(path.stem, 16, "t1", 2.0)).alpha() > 200


def test_every_icon_that_the_window_names_ships():
    named = set()
    for path in (ROOT / "app").rglob("*.py"):
        text = path.read_text("utf-8")
        named |= set(
            re.findall(r"(?:icon|pixmap|tool_button|IconLabel)\(\s*\"([a-z0-9-]+)\"", text)
        )
    have = {path.stem for path in (ROOT / "resources/icons").glob("*.svg")}
    assert named <= have


def test_an_icon_has_the_color_of_its_token():
    drawn = _color_of(icons.pixmap("square", 16, "t1", 4.0))
    assert drawn.name() == theme.color("t1").name()


def test_a_button_takes_the_icon_of_the_new_theme(qtbot, qapp):
    shown = QPushButton()
    qtbot.addWidget(shown)
    shown.setIcon(icons.icon("square", 16, "t1"))
    theme.apply(qapp, "light")
    assert _color_of(shown.icon().pixmap(16, 16)).name() == theme.color("t1").name()


def test_numbers_have_one_width_and_hyphens_do_not_grow(qapp):
    measure = fonts.metrics(12, 400)
    assert measure.horizontalAdvance("1111") == measure.horizontalAdvance("8888")
    assert measure.horizontalAdvance("-") < measure.horizontalAdvance("0")


def test_chinese_comes_from_the_font_that_ships(qapp):
    assert fonts.font(12, 500).families()[:2] == ["Stylekiln Sans", "Stylekiln Sans SC"]
    from PySide6.QtGui import QFontDatabase, QRawFont

    assert "Stylekiln Sans SC" in QFontDatabase.families()
    raw = QRawFont.fromFont(QFontDatabase.font("Stylekiln Sans SC", "Regular", 12))
    assert raw.supportsCharacter(ord("秩"))
