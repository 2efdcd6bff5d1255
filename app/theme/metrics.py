"""Sizes in device-independent pixels. Space comes in 2, 4, 8, 12, 16, 24, 32, 44."""

from __future__ import annotations

PAD = 12  # padding of a panel
GAP = 8  # between things in a row
GAP_ICONS = 2  # between icon buttons
GAP_FIELDS = 4  # between field rows
LABEL = 104  # width of a field's label

CONTROL = 26
CONTROL_DENSE = 22
CONTROL_MAIN = 32
ROW = 26
ROW_FIELD = 28
ROW_THUMB = 44
ROW_LAYER = 40
HEADER = 36
HEADER_TOP = 40
TOOLBAR = 40
BAR = 40  # project bar
STATUS = 26
RAIL = 68
RAIL_BUTTON = 58

RADIUS = 3
RADIUS_FLOAT = 4
RADIUS_SMALL = 2

LEFT = 224
RIGHT = 332
COLUMN_MINIMUM = 224
WINDOW_MINIMUM = (1024, 700)
NARROW = 1360  # below this window width the layout is the one of 1280x800
UNBOUNDED = 16777215  # Qt's QWIDGETSIZE_MAX, which PySide6 does not expose
MOTION = 120  # milliseconds, ease-out
