"""The colors keep what the look promises: neutral greys and readable pairs."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QPalette

from app.theme.style import palette, sheet
from app.theme.tokens import DARK, LIGHT, THEMES, Tokens

COLORED = set(
    """acc acc_fill acc_hover acc_pressed acc_wash acc_text ok warn err flag_err flag_warn
    badge_warn chart2 chart3 chart4 chart_band name""".split()  # noqa: SIM905
)
GREYS = [name for name in Tokens.__dataclass_fields__ if name not in COLORED]

# Text on ground, and the least contrast that the look states.
DARK_PAIRS = [
    ("t1", "g1", 13.2), ("t1", "g2", 11.4), ("t2", "g1", 8.4), ("t2", "g2", 7.2),
    ("t2", "g4", 5.4), ("t3", "g1", 6.2), ("t3", "g2", 5.4), ("t3", "g3", 4.7),
    ("t3", "acc_wash", 4.5), ("acc", "g1", 6.3), ("acc", "g2", 5.5), ("acc", "acc_wash", 4.6),
    ("ok", "g1", 6.6), ("warn", "g1", 7.3), ("err", "g1", 5.9), ("on_fill", "acc_fill", 6.0),
    ("on_fill", "acc_hover", 4.8), ("on_fill", "flag_err", 7.4), ("on_fill", "flag_warn", 7.1),
    ("badge_text", "badge", 12.3), ("badge_warn", "badge", 9.0), ("acc", "g4", 4.1),
    ("line_control", "g1", 4.0), ("line_control", "g2", 3.4), ("acc_text", "acc_wash", 4.5),
]  # fmt: skip
LIGHT_PAIRS = [
    ("t1", "g1", 14.3), ("t2", "g1", 8.7), ("t3", "g1", 6.5), ("t3", "g2", 4.5),
    ("acc", "g1", 6.1), ("ok", "g1", 6.1), ("warn", "g1", 7.0), ("err", "g1", 6.7),
    ("on_fill", "acc_fill", 6.6), ("acc_text", "acc_wash", 4.5), ("line_control", "g2", 2.9),
]  # fmt: skip


def luminance(value: str) -> float:
    parts = [part / 255 for part in QColor(value).getRgb()[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: str, ground: str) -> float:
    light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("token", GREYS)
def test_greys_are_neutral(theme, token):
    red, green, blue, _ = QColor(getattr(theme, token)).getRgb()
    assert red == green == blue


@pytest.mark.parametrize(("text", "ground", "least"), DARK_PAIRS)
def test_dark_pairs_are_readable(text, ground, least):
    assert contrast(getattr(DARK, text), getattr(DARK, ground)) >= least - 0.05


@pytest.mark.parametrize(("text", "ground", "least"), LIGHT_PAIRS)
def test_light_pairs_are_readable(text, ground, least):
    assert contrast(getattr(LIGHT, text), getattr(LIGHT, ground)) >= least - 0.05


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_every_grey_of_the_palette_is_neutral_in_all_groups(theme):
    made = palette(theme)
    accents = {theme.acc, theme.acc_fill}
    for group in (QPalette.Active, QPalette.Inactive, QPalette.Disabled):
        for role in QPalette.ColorRole:
            if role == QPalette.ColorRole.NColorRoles:
                continue
            shown = made.color(group, role)
            assert shown.name().upper() in accents or shown.red() == shown.green() == shown.blue()


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_the_style_sheet_has_no_token_left(theme):
    assert "@" not in sheet(theme)
