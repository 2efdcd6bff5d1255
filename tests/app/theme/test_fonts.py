from __future__ import annotations

from app.dataset.caption_changes import Change, ChangeList
from app.theme import fonts
from app.widgets.segments import Segments


def test_a_font_that_is_changed_is_the_callers_own() -> None:
    fonts.font().setStrikeOut(True)
    fonts.font().setPixelSize(40)
    assert not fonts.font().strikeOut()
    assert fonts.font().pixelSize() == 12


def test_words_struck_in_a_preview_strike_nothing_else(qtbot) -> None:
    """Where a tag goes its word is struck; a control painted afterwards looks as before."""
    control = Segments([(False, "Source"), (True, "As trained")])
    qtbot.addWidget(control)
    before = control.grab().toImage()
    changes = ChangeList()
    qtbot.addWidget(changes)
    changes.resize(400, 120)
    changes.set_changes([Change(1, "apple", "icon, glosy", "icon")])
    changes.grab()
    assert control.grab().toImage() == before
