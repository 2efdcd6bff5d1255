"""What the canvas says in place: no region, nothing there, which canvases there are, no numbers
about nothing; and the picture does not jump.
"""

from __future__ import annotations

from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel

from app.canvas.files import canvases
from app.canvas.layer_words import origin
from engine.canvas.rect import Rect
from tests.app.canvas.test_repaint import begin, ready

LEFT = Qt.MouseButton.LeftButton


def test_without_a_region_nothing_is_painted_unasked(qtbot, view, state, session):
    assert view.panel.hints.no_region.isVisible()
    assert not view.panel.start.isEnabled()
    view.repainting.start()
    assert not session.bridge.submitted
    assert "No region is drawn yet." in str(session.errors[-1])
    qtbot.mouseClick(view.panel.hints.tool, LEFT)
    assert state.tool == "select"
    state.select(QRect(70, 60, 20, 20))
    assert not view.panel.hints.no_region.isVisible()
    assert view.panel.start.isEnabled()
    state.set_region(QRect(60, 50, 40, 40))
    state.select(None)
    assert not view.panel.start.isEnabled()
    assert view.panel.hints.no_region.isVisible()


def test_the_whole_canvas_is_repainted_when_that_is_asked_for(qtbot, view, state, session):
    qtbot.mouseClick(view.panel.hints.whole, LEFT)
    request = session.bridge.submitted[-1].request
    assert request.rect is None
    assert request.frame is None


def test_where_nothing_is_painted_a_click_raises_the_strength(qtbot, view, state):
    state.select(QRect(70, 60, 20, 20))
    hints = view.panel.hints
    hints.look()
    assert hints.nothing.isVisible()
    qtbot.mouseClick(hints.raise_strength, LEFT)
    assert view.repainting.settings.strength >= 0.9
    assert not hints.nothing.isVisible()


def test_a_sketch_in_the_region_needs_no_hint(view, state):
    state.set_color(QColor(200, 40, 40))
    state.begin_stroke((80.0, 70.0, 1.0), erase=False)
    state.end_stroke()
    state.select(QRect(60, 50, 40, 40))
    view.panel.hints.look()
    assert not view.panel.hints.nothing.isVisible()
    state.select(QRect(140, 110, 20, 20))
    view.panel.hints.look()
    assert view.panel.hints.nothing.isVisible()


def test_the_picture_stays_in_place_when_candidates_come_and_go(qapp, qtbot, view, state, session):
    view.surface.fit()
    corner = view.surface.view.origin
    begin(qtbot, view, state)
    qapp.processEvents()
    assert view.strip.isVisible()
    assert view.surface.view.origin.x() == corner.x()
    # Only as far up as what is repainted needs to stay in sight.
    frame = view.surface.view.rect_to_screen(state.region_frame())
    assert frame.top() >= 0
    assert frame.bottom() <= view.surface.height()
    qtbot.mouseClick(view.strip.discard, LEFT)
    qapp.processEvents()
    assert view.surface.view.origin == corner


def test_a_region_in_sight_does_not_move_at_all(qapp, qtbot, view, state, session):
    view.surface.actual_size()
    view.surface.view.put_at(QPointF(100, 40))
    begin(qtbot, view, state)
    ready(view, session, 0)
    qapp.processEvents()
    assert view.surface.view.origin == QPointF(100, 40)


def test_without_a_canvas_no_number_is_shown(view, state):
    assert view.options.zoom.isVisible()
    assert view.layers.opacity.isVisible()
    state.close()
    assert not view.options.zoom.isVisible()
    assert not view.layers.opacity.isVisible()


def test_the_canvases_are_listed_and_a_click_opens_one(view, state, session):
    first = state.path
    session.start(view.keeper.save())
    session.start(view.keeper.create(64, 64, None, "Layer 1", "roof"))
    second = state.path
    assert second.stem == "roof"
    session.start(view.keeper.save())
    view.foot.documents.click()
    entries = {action.text().split("\t")[0]: action for action in view.menus.canvases.actions()}
    assert entries["roof"].isChecked()
    entries[first.stem].trigger()
    assert state.path == first
    assert {path for path, _ in canvases(first.parent)} >= {first, second}
    view.menus.canvases.close()


def test_a_canvas_gets_the_name_that_is_typed(qtbot, view, state, session):
    view.commands.new()
    dialog = view.commands.dialog
    titles = [one.text() for one in dialog.findChildren(QLabel)]
    assert "New canvas" in titles
    dialog.name.selectAll()
    qtbot.keyClicks(dialog.name, "cas/tle")
    assert not dialog.create_button.isEnabled()
    dialog.name.selectAll()
    qtbot.keyClicks(dialog.name, "castle")
    qtbot.mouseClick(dialog.create_button, LEFT)
    assert state.path.stem == "castle"


def test_renaming_moves_the_file_and_refuses_a_name_that_is_taken(qtbot, view, state, session):
    session.start(view.keeper.save())
    before = state.path
    view.commands.rename()
    view.commands.renaming.name.selectAll()
    qtbot.keyClicks(view.commands.renaming.name, "gate")
    qtbot.mouseClick(view.commands.renaming.rename_button, LEFT)
    assert state.path == before.with_name("gate.kiln")
    assert state.path.is_file()
    assert not before.exists()
    assert view.foot.name.text() == "gate"
    session.start(view.keeper.create(64, 64, None, "Layer 1", "tower"))
    session.start(view.keeper.save())
    session.start(view.keeper.rename("gate"))
    assert state.path.stem == "tower"
    assert "already" in str(session.errors[-1])


def test_save_says_where(view, state, session):
    view.commands.save()
    assert session.notes[-1] == "Saved {name} in {folder}."


def test_a_layer_that_was_brought_in_names_its_file(view, state, session, tmp_path):
    Image.new("RGB", (20, 10), (255, 0, 0)).save(tmp_path / "roof.png")
    session.start(view.drops.take([tmp_path / "roof.png"], QPoint(100, 50)))
    assert origin(state.layer) == "roof.png"
    session.start(view.keeper.save())
    session.start(view.keeper.open(state.path))
    assert origin(state.layer) == "roof.png"


def test_a_handle_of_the_selection_stretches_it(qtbot, view, state):
    state.set_tool("select")
    state.select(QRect(60, 50, 40, 40))
    on_screen = view.surface.view.rect_to_screen(QRect(60, 50, 40, 40))
    corner = on_screen.bottomRight().toPoint()
    qtbot.mousePress(view.surface, LEFT, pos=corner)
    qtbot.mouseMove(view.surface, corner + QPoint(20, 10))
    qtbot.mouseRelease(view.surface, LEFT, pos=corner + QPoint(20, 10))
    assert state.selected == QRect(60, 50, 60, 50)
    assert state.document.selection_bounds == Rect(60, 50, 60, 50)


def test_the_band_in_which_the_result_fades_is_hatched(view, state):
    view.surface.view.zoom_at(QPointF(200, 200), 4.0)
    view.surface.view.center()
    state.select(QRect(80, 60, 40, 40))
    reach = state.feather_reach()
    assert reach > 1
    selected = view.surface.view.rect_to_screen(state.selected)
    seen = view.surface.grab().toImage()
    strip = {
        seen.pixelColor(int(selected.left()) - 5, y).name()
        for y in range(int(selected.top()) + 20, int(selected.bottom()) - 20)
    }
    inside = {
        seen.pixelColor(int(selected.center().x()), y).name()
        for y in range(int(selected.top()) + 20, int(selected.bottom()) - 20)
    }
    assert len(strip) > 1
    assert inside == {"#ffffff"}
