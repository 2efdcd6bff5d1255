"""The editor driven by its widgets; recipes and baked pixels are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QColorDialog, QDialogButtonBox, QFileDialog, QLabel

from app.dataset.crop_box import CropBox
from app.dataset.edit_shape import from_source
from app.dataset.view import View
from app.i18n import set_language
from app.theme import color
from engine.dataset.edits import Fill, Recipe, bake, bake_with_mask, baked_size, work_on
from engine.dataset.samples import sample_of
from engine.dataset.steps import Light, Saturation, Straighten, Turn
from engine.imaging.decode import load_rgba

left = Qt.MouseButton.LeftButton
alt, shift = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
none = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    yield made
    settle(opened)
    made.thumbnails.close()


@pytest.fixture
def edit(view, settle):
    """Open the editor on a picture by name."""

    def go(name="cactus"):
        row = view.stage.model.row_of(named(view, name).id)
        view.stage.grid.setCurrentIndex(view.stage.model.index(row))
        view.stage.grid.setFocus()
        QTest.keyClick(view.stage.grid, Qt.Key.Key_Return)
        settle(view.session)
        assert view.pages.currentWidget() is view.editor
        return view.editor

    return go


def named(view, name):
    return next(item for item in view.state.pictures.values() if item.name == name)


def stored(page, settle):
    """The recipe in the library."""
    page.work.keep()
    settle(page.state.session)
    return page.state.session.library.picture(page.work.picture.id).recipe


def drag(view, start, end, modifier=none):
    here, there = (view.to_view(QPointF(*point)).toPoint() for point in (start, end))
    QTest.mousePress(view, left, modifier, here)
    QTest.mouseMove(view, (here + there) / 2)
    QTest.mouseMove(view, there)
    QTest.mouseRelease(view, left, modifier, there)


def click(widget):
    spot = QPoint(8, widget.height() // 2) if isinstance(widget, QCheckBox) else QPoint()
    QTest.mouseClick(widget, left, pos=spot)


def click_row(rows, key):
    place = next(n for n, row in enumerate(rows.rows.items) if row.key == key)
    box = rows.visualRect(rows.rows.index(place))
    QTest.mouseClick(rows.viewport(), left, pos=box.center())


def seen(page, settle):
    """What the stage shows, uint8 RGBA."""
    settle(page.state.session)
    image = page.view._pixmap.toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.array(image.constBits()).reshape(image.height(), -1)
    return flat[:, : image.width() * 4].reshape(image.height(), image.width(), 4)


def drawn(widget):
    """What a widget shows, uint8 RGBA."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.array(image.constBits()).reshape(image.height(), -1)
    return flat[:, : image.width() * 4].reshape(image.height(), image.width(), 4)


# Crop


def test_dragging_a_corner_stores_a_rectangle_and_leaves_the_file_alone(edit, settle, art) -> None:
    before = (art / "cactus.png").read_bytes()
    page = edit()
    drag(page.view, (96, 96), (64, 56))
    box = page.view.box
    assert abs(box.width - 64) <= 1
    assert abs(box.height - 56) <= 1
    assert stored(page, settle).crop == box.as_tuple()
    assert (art / "cactus.png").read_bytes() == before


def test_a_drag_is_one_undo_step_and_undo_works_in_the_page(view, edit, settle) -> None:
    page = edit()
    for corner in (90, 80, 70):
        page.view.set_box(CropBox(0, 0, corner, corner))
    assert stored(page, settle).crop == (0, 0, 70, 70)
    view.undo()
    settle(view.session)
    assert page.work.recipe == Recipe()
    assert page.view.box == CropBox(0, 0, 96, 96)
    view.redo()
    settle(view.session)
    assert page.work.recipe.crop == (0, 0, 70, 70)


def test_undo_takes_back_a_drag_that_is_not_stored_yet(view, edit, settle) -> None:
    page = edit()
    page.view.set_box(CropBox(0, 0, 40, 40))
    view.undo()
    settle(view.session)
    assert page.work.recipe == Recipe()
    assert stored(page, settle) == Recipe()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_escape_and_enter_leave_and_keep(view, edit, settle, key) -> None:
    page = edit()
    page.view.set_box(CropBox(0, 0, 40, 40))
    QTest.keyClick(page.view, key)
    settle(view.session)
    assert view.pages.currentIndex() == 0
    assert named(view, "cactus").recipe.crop == (0, 0, 40, 40)


def test_fitting_a_bucket_lists_what_it_cuts_and_keeps_its_shape(edit, settle) -> None:
    page = edit("carrot")
    panel = page.panels["crop"]
    rows = {row.key: row for row in panel.buckets.rows.items}
    assert rows["160×96"].count == "1"
    assert rows["128×128"].note == "cuts 50 % of the content"
    click_row(panel.buckets, "128×128")
    assert page.view.box == CropBox(48, 0, 96, 96)
    assert "128×128 bucket" in page.view.read_out
    drag(page.view, (48, 0), (68, 20))
    assert page.view.box.width == page.view.box.height
    click(panel.reset)
    assert page.view.box == CropBox(0, 0, 192, 96)
    assert stored(page, settle) == Recipe()


def test_looking_at_a_way_to_crop_changes_nothing(edit, settle) -> None:
    page = edit("carrot")
    panel = page.panels["crop"]
    page.view.set_box(CropBox(10, 20, 60, 40))
    for place in (2, 1, 2, 0, 2):
        spot = panel.modes._rects()[place].center().toPoint()
        QTest.mouseClick(panel.modes, left, pos=spot)
        assert page.view.box == CropBox(10, 20, 60, 40)
    assert stored(page, settle).crop == (10, 20, 60, 40)
    assert panel.buckets.current() == "160×96"
    drag(page.view, (70, 60), (100, 80))  # a drag takes the shape of the bucket it fell into
    assert page.view.box.width / page.view.box.height == pytest.approx(160 / 96, abs=0.03)


@pytest.mark.parametrize(
    ("language", "of_content", "of_crop"),
    [
        ("en", "cuts 50 % of the content", "Cuts 33 % of the crop"),
        ("zh_CN", "裁去内容的 50 %", "裁去选区的 33 %"),
    ],
)
def test_each_cut_says_what_it_is_of(edit, settle, language, of_content, of_crop) -> None:
    set_language(language)
    page = edit("carrot")
    page.view.set_box(CropBox(0, 0, 60, 40))
    page.work.keep()
    settle(page.state.session)
    rows = {row.key: row for row in page.panels["crop"].buckets.rows.items}
    assert rows["128×128"].note == of_content
    page.view.set_box(CropBox(0, 0, 16, 96))
    settle(page.state.session)
    assert page.column.result.facts[2].text() == of_crop


def test_a_ratio_is_kept_and_swapped(edit, settle) -> None:
    page = edit()
    panel = page.panels["crop"]
    panel.modes._choose(1)
    assert page.view.box == CropBox(0, 0, 96, 96)
    panel.ratios.set_value((3, 2))
    panel.ratios.changed.emit((3, 2))
    assert page.view.box == CropBox(0, 16, 96, 64)
    click(panel.swap)
    assert (page.view.box.width, page.view.box.height) == (64, 96)
    assert stored(page, settle).crop == page.view.box.as_tuple()


def test_shift_snaps_to_a_size_that_needs_no_further_cut(edit, settle) -> None:
    page = edit("carrot")
    corner = page.view.to_view(QPointF(192, 96)).toPoint()
    inward = page.view.to_view(QPointF(150, 90)).toPoint()
    QTest.mousePress(page.view, left, shift, corner)
    QTest.mouseMove(page.view, inward)  # Qt's test mouse has no keys while it moves
    page.view.set_box(page.view.snap(page.view.box, (0.0, 0.0)))
    QTest.mouseRelease(page.view, left, shift, inward)
    box = page.view.box
    found = page.panels["crop"].found(box)
    assert not any(found.trim)
    assert (box.left, box.top) == (0, 0)


def test_crop_to_content_goes_round_what_is_not_transparent(edit, settle, art) -> None:
    Image.new("RGBA", (100, 100)).save(art / "cactus.png")
    picture = Image.new("RGBA", (100, 100))
    picture.paste((200, 40, 40, 255), (30, 40, 60, 80))
    picture.save(art / "cactus.png")
    page = edit()
    panel = page.panels["crop"]
    panel.margin.set_value(0)
    click(panel.to_content)
    assert stored(page, settle).crop == (30, 40, 30, 40)


def test_arrows_move_the_crop(edit, settle) -> None:
    page = edit()
    page.view.set_box(CropBox(10, 10, 40, 40))
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    QTest.keyClick(page.view, Qt.Key.Key_Down, shift)
    assert stored(page, settle).crop == (11, 20, 40, 40)


def test_the_crop_is_drawn_on_the_turned_picture_and_turns_with_it(edit, settle, art) -> None:
    page = edit("carrot")
    page.view.set_box(CropBox(10, 20, 60, 40))
    panel = page.panels["crop"]
    source = load_rgba(art / "carrot.png")
    seen_before = bake(source, page.work.recipe)
    click(panel.right)
    recipe = stored(page, settle)
    assert recipe.step("turn") == Turn(quarters=1)
    assert recipe.crop == (96 - 20 - 40, 10, 40, 60)
    assert np.array_equal(bake(source, recipe), np.rot90(seen_before, -1))
    assert page.view.size_of_picture == (96, 192)
    click(panel.flip)
    assert np.array_equal(bake(source, page.work.recipe), np.rot90(seen_before, -1)[:, ::-1])
    click(panel.flip)
    click(panel.left)
    assert page.work.recipe == Recipe().with_crop((10, 20, 60, 40))


def test_straightening_is_live_and_one_step(edit, settle) -> None:
    page = edit()
    page.view.set_box(CropBox(20, 20, 50, 50))
    panel = page.panels["crop"]
    click(panel.corners)  # cut to the largest part without empty corners
    for degrees in (1.0, 3.0, 5.0, 2.0):
        panel.angle.track.moved.emit(degrees)
    recipe = stored(page, settle)
    assert recipe.step("straighten") == Straighten(degrees=2.0)
    assert recipe.crop[2] < 50
    panel.angle.track.reset.emit()
    assert stored(page, settle).step("straighten") is None


def test_a_transparent_picture_that_is_straightened_keeps_all_of_itself(edit, settle, art) -> None:
    sprite = np.zeros((96, 96, 4), np.uint8)
    sprite[2:94, 2:94] = (30, 160, 60, 255)  # nearly to its edges
    Image.fromarray(sprite).save(art / "cactus.png")
    page = edit()
    panel = page.panels["crop"]
    assert panel.corners.isChecked()
    panel.angle.track.moved.emit(14.0)
    recipe = stored(page, settle)
    assert recipe.step("straighten") == Straighten(degrees=14.0, frame="whole")
    source = load_rgba(art / "cactus.png")
    solid = work_on(source, recipe).rgba[..., 3] > 128
    assert abs(int(solid.sum()) - 92 * 92) < 120
    size = baked_size((96, 96), recipe)
    assert min(size) > 110
    assert page.view.size_of_picture == size
    assert seen(page, settle).shape[:2] == size[::-1]
    # What is new follows the fill, in the preview as in what is exported.
    fill_color = page.work.default_fill.color
    assert fill_color == "#FFFFFF"
    assert bake(source, recipe)[1, 1].tolist() == [255, 255, 255]
    assert seen(page, settle)[1, 1].tolist() == [255, 255, 255, 255]
    point = from_source(recipe, (96, 96)).map(QPointF(2, 2))
    column, row = round(point.x()), round(point.y())
    corner = solid[row - 3 : row + 4, column - 3 : column + 4]
    assert corner.any()
    assert not corner.all()


def test_the_corners_can_be_cut_off_and_kept_again(edit, settle) -> None:
    page = edit()
    panel = page.panels["crop"]
    page.view.set_box(CropBox(20, 30, 40, 40))
    panel.angle.track.moved.emit(10.0)
    kept = stored(page, settle)
    assert kept.crop[2:] == (40, 40)
    grown = baked_size((96, 96), kept.before("crop"))
    middle = kept.crop[0] + 20 - grown[0] / 2, kept.crop[1] + 20 - grown[1] / 2
    assert (abs(middle[0] + 8), abs(middle[1] - 2)) <= (1, 1)
    click(panel.corners)
    cut = stored(page, settle)
    assert cut.step("straighten").frame == "inside"
    assert baked_size((96, 96), cut.before("crop"))[0] < 96
    click(panel.corners)
    assert stored(page, settle).step("straighten").frame == "whole"


def test_an_opaque_picture_is_cut_inside_unless_its_corners_are_wanted(edit, settle, art) -> None:
    Image.new("RGB", (96, 96), (90, 60, 30)).save(art / "boar.png")
    page = edit("boar")
    page.state.session.start(page.state.session.rescan())
    settle(page.state.session)
    panel = page.panels["crop"]
    page.panels["crop"].refresh()
    assert not panel.corners.isChecked()
    click(panel.corners)
    panel.angle.track.moved.emit(-8.0)
    assert stored(page, settle).step("straighten").frame == "whole"


def test_a_crop_to_content_that_would_cut_nothing_says_so(view, edit, settle) -> None:
    heard = []
    view.session.notified.connect(heard.append)
    page = edit()
    panel = page.panels["crop"]
    settle(view.session)
    panel.margin.set_value(0)
    click(panel.to_content)
    settle(view.session)
    assert heard == []
    click(panel.to_content)
    assert heard[-1]["key"].startswith("Nothing is left to cut")
    panel.content = None
    click(panel.to_content)
    assert heard[-1]["key"].endswith("no content is found.")


# Film strip, list of edits, before and after


def test_page_down_goes_on_and_keeps_the_edit(view, edit, settle) -> None:
    page = edit("boar")
    page.view.set_box(CropBox(0, 0, 50, 50))
    QTest.keyClick(page.view, Qt.Key.Key_PageDown)
    settle(view.session)
    assert page.work.picture.name == "cactus"
    assert page.work.recipe == Recipe()
    assert named(view, "boar").recipe.crop == (0, 0, 50, 50)
    assert page.bar.position.text() == "4 of 6"
    box = page.strip.visualRect(page.strip.pictures.index(0))
    QTest.mouseClick(page.strip.viewport(), left, pos=box.center())
    settle(view.session)
    assert page.work.picture.name == "bell_pepper"


def test_arrows_go_on_outside_of_the_crop_and_buttons_name_their_keys(view, edit, settle) -> None:
    page = edit("boar")
    assert page.bar.after.toolTip().endswith("PgDown")
    assert page.bar.before.toolTip().endswith("PgUp")
    click(page.bar.after)
    settle(view.session)
    assert page.work.picture.name == "cactus"
    click(page.bar.tools["fill"])
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_Left)
    settle(view.session)
    assert page.work.picture.name == "boar"
    click(page.bar.tools["crop"])
    page.view.set_box(CropBox(10, 10, 40, 40))
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    settle(view.session)
    assert page.work.picture.name == "boar"
    assert page.view.box == CropBox(11, 10, 40, 40)


def test_copied_edits_are_told(view, edit, settle) -> None:
    heard = []
    view.session.notified.connect(heard.append)
    page = edit()
    page.view.set_box(CropBox(0, 0, 50, 50))
    click(page.column.copy)
    assert heard[-1]["key"] == "Copied 1 edit. It can be pasted into other pictures."


def test_both_ways_to_see_the_picture_before_show_its_transparency(edit, settle) -> None:
    page = edit()
    page.bar.modes._choose(0)
    assert seen(page, settle)[2, 2, 3] == 0
    page.bar.modes._choose(2)
    settle(page.state.session)
    assert page.view._before.toImage().pixelColor(2, 2).alpha() == 0
    page.view.split = 1.0
    spot = page.view.to_view(QPointF(2, 2)).toPoint()
    painted = page.view.grab().toImage().pixelColor(spot)
    assert painted in (color("checker_a"), color("checker_b"))


def test_edits_are_switched_moved_and_removed_in_the_list(edit, settle) -> None:
    page = edit()
    page.work.change(Recipe().with_crop((0, 0, 40, 40)).with_step(Straighten(degrees=2)), "Crop")
    edits = page.column.edits
    width = edits.width()
    assert [step.kind for step in edits.steps] == ["straighten", "crop"]
    QTest.mouseClick(edits, left, pos=QPoint(width - 16, 13))
    assert not stored(page, settle).steps[0].on
    assert not edits.move_step(0, 1)  # the rectangle is drawn on the straightened picture
    QTest.mouseMove(edits, QPoint(40, 13))
    QTest.mouseClick(edits, left, pos=QPoint(width - 38, 13))
    assert [step.kind for step in stored(page, settle).steps] == ["crop"]


def test_edits_are_copied_pasted_and_reset(edit, settle) -> None:
    page = edit("boar")
    page.view.set_box(CropBox(0, 0, 48, 48))
    click(page.column.copy)
    QTest.keyClick(page.view, Qt.Key.Key_PageDown)
    settle(page.state.session)
    assert page.work.recipe == Recipe()
    click(page.column.paste)
    assert stored(page, settle).crop == (0, 0, 48, 48)
    click(page.column.reset)
    assert stored(page, settle) == Recipe()


def test_chosen_kinds_of_edits_go_to_all_others_as_one_step(view, edit, settle) -> None:
    page = edit("boar")
    assert page.column.copy_to.text() == "Copy edits to others…"
    assert not page.column.copy_to.isEnabled()
    recipe = Recipe().with_crop((0, 0, 48, 48)).with_step(Turn(quarters=1))
    page.work.change(recipe, "Crop")
    assert page.column.copy_to.text() == "Copy edits to 5…"
    click(page.column.copy_to)
    page.column.copy_to.checks["turn"].setChecked(False)
    click(page.column.copy_to.go)
    settle(view.session)
    assert named(view, "cactus").recipe == Recipe().with_crop((0, 0, 48, 48))
    assert named(view, "crown").recipe.crop == (0, 0, 20, 20)
    view.undo()
    settle(view.session)
    assert named(view, "cactus").recipe == Recipe()
    assert named(view, "boar").recipe == recipe


@pytest.mark.parametrize(
    ("language", "whom", "words"),
    [
        ("en", "All 5 others in the grid: no other is selected", "Copy to 5 pictures"),
        ("zh_CN", "网格中其余全部 5 张图片：未选中其他图片", "复制到 5 张图片"),
    ],
)
def test_what_was_made_by_hand_is_copied_only_when_asked(
    view, edit, settle, language, whom, words
) -> None:
    set_language(language)
    page = edit("boar")
    page.view.set_box(CropBox(0, 0, 48, 48))
    click(page.bar.tools["mask"])
    click(page.panels["mask"].from_alpha)
    settle(view.session)
    click(page.column.copy_to)
    ticked = {kind: check.isChecked() for kind, check in page.column.copy_to.checks.items()}
    assert ticked == {"crop": True, "mask": False}
    assert whom in [made.text() for made in page.column.copy_to.panel.findChildren(QLabel)]
    assert page.column.copy_to.go.text() == words
    click(page.column.copy_to.checks["crop"])
    assert not page.column.copy_to.go.isEnabled()
    click(page.column.copy_to.checks["crop"])
    click(page.column.copy_to.go)
    settle(view.session)
    assert [step.kind for step in named(view, "cactus").recipe.steps] == ["crop"]


def test_edits_go_to_the_selection_where_there_is_one(view, edit, settle) -> None:
    page = edit("boar")
    page.work.change(Recipe().with_step(Turn(quarters=1)), "Turn")
    settle(view.session)
    view.state.select([named(view, name).id for name in ("cactus", "crown", "boar")])
    assert page.column.copy_to.text() == "Copy edits to 2…"
    click(page.column.copy_to)
    texts = [made.text() for made in page.column.copy_to.panel.findChildren(QLabel)]
    assert "2 other selected pictures" in texts
    click(page.column.copy_to.go)
    settle(view.session)
    assert named(view, "crown").recipe == named(view, "boar").recipe
    assert named(view, "carrot").recipe == Recipe()


def test_before_is_the_file_and_split_shows_both(edit, settle, art) -> None:
    page = edit()
    source = load_rgba(art / "cactus.png")
    after = seen(page, settle)
    assert np.array_equal(after[..., :3], bake(source, Recipe()))
    page.bar.modes._choose(0)
    assert np.array_equal(seen(page, settle)[..., 3], source[..., 3])
    assert not page.view.cropping
    page.bar.modes._choose(2)
    settle(page.state.session)
    assert page.view.split == 0.5
    page.bar.modes._choose(1)
    settle(page.state.session)
    assert page.view.split is None
    assert page.view.cropping


def test_what_training_will_see_follows_the_edits(edit, settle) -> None:
    page = edit("carrot")
    settle(page.state.session)
    assert page.column.result.facts[0].text() == "160×96"
    page.view.set_box(CropBox(0, 0, 96, 96))
    settle(page.state.session)
    assert page.column.result.facts[0].text() == "128×128"
    picture = page.column.result.picture.picture
    assert (picture.width(), picture.height()) == (128, 128)


def test_buckets_are_drawn_in_their_shape_and_what_is_hard_on_the_picture_warns(
    edit, settle
) -> None:
    page = edit("carrot")
    settle(page.state.session)
    rows = page.panels["crop"].buckets
    by_key = {row.key: row for row in rows.rows.items}
    assert (by_key["160×96"].aspect, by_key["128×128"].aspect) == (160 / 96, 1)
    assert by_key["160×96"].note_tone == "t3"
    assert by_key["128×128"].note_tone == "warn"
    assert color("warn").name() in shades(rows.viewport())
    assert color("badge_warn").name() not in shades(page.view)
    lines = page.column.result.facts
    assert [line.property("tone") for line in lines] == ["label"] * 3
    page = edit("crown")  # 40 pixels: enlarged more than three times
    settle(page.state.session)
    assert {row.note_tone for row in rows.rows.items} == {"warn"}
    assert rows.rows.items[0].note.startswith("3.2×")
    assert [line.property("tone") for line in lines] == ["label", "warn", "label"]
    assert color("badge_warn").name() in shades(page.view)


def shades(widget):
    image = widget.grab().toImage()
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in places}


# Fill


def test_a_tile_fills_behind_the_subject_and_presets_are_colors(edit, settle, art) -> None:
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    settle(page.state.session)
    assert panel.tiles["white"].isChecked()
    click(panel.tiles["grey"])
    assert stored(page, settle).fill == Fill(color="#808080")
    assert tuple(seen(page, settle)[50, 1][:3]) == (128, 128, 128)
    click(panel.tiles["edge"])
    assert stored(page, settle).fill.kind == "edge"
    source = load_rgba(art / "cactus.png")
    assert np.array_equal(seen(page, settle)[..., :3], bake(source, page.work.recipe))


def test_the_frame_of_the_crop_goes_with_its_tool(edit, settle, qtbot) -> None:
    page = edit()
    page.panels["crop"]._crop((4, 4, 60, 60))
    click(page.bar.tools["fill"])
    settle(page.state.session)
    click(page.bar.tools["crop"])
    click(page.panels["crop"].reset)
    settle(page.state.session)
    painted = []
    page.view.add_overlay(lambda painter, transform: painted.append(page.view.cropping))
    page.view.repaint()
    painted.clear()
    click(page.bar.tools["fill"])  # the same pixels as before
    qtbot.waitUntil(lambda: painted == [False])
    settle(page.state.session)


def test_the_pipette_takes_a_color_from_the_picture(edit, settle, art) -> None:
    page = edit()
    click(page.bar.tools["fill"])
    settle(page.state.session)
    panel = page.panels["fill"]
    click(panel.pick)
    spot = page.view.to_view(QPointF(60.5, 20.5)).toPoint()
    QTest.mouseClick(page.view, left, pos=spot)
    taken = bake(load_rgba(art / "cactus.png"), Recipe())[20, 60]
    assert stored(page, settle).fill.color == "#{:02X}{:02X}{:02X}".format(*taken)
    assert not panel.pick.isChecked()
    assert page.view.hand is None


def test_a_fill_is_used_for_the_category_and_for_all(view, edit, settle) -> None:
    boar, crown = named(view, "boar").id, named(view, "crown").id
    view.session.library.set_category([boar, named(view, "cactus").id], "plant")
    view.session.pictures_changed.emit(None)
    settle(view.session)
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    panel.first.setText("204060")
    panel.first.editingFinished.emit()
    settle(view.session)
    assert panel.follow.text() == "Follow the project"  # its category has no fill yet
    click(panel.for_category)
    settle(view.session)
    assert panel.follow.text() == "Follow the category"
    file = view.session.project.file
    assert file.category_fills == {"plant": Fill(color="#204060")}
    assert file.fill == Fill()
    click(panel.follow)
    assert stored(page, settle).fill is None
    assert tuple(seen(page, settle)[50, 1][:3]) == (32, 64, 96)
    click(panel.for_all)
    settle(view.session)
    assert view.session.project.file.fill_of(named(view, "crown").category).color == "#204060"
    assert named(view, "crown").id == crown


def test_the_color_tile_can_be_chosen_while_its_color_is_white(edit, settle) -> None:
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    settle(page.state.session)
    assert panel.tiles["white"].isChecked()
    click(panel.tiles["color"])
    assert panel.tiles["color"].isChecked()
    assert not panel.tiles["white"].isChecked()
    click(panel.tiles["white"])
    assert panel.tiles["white"].isChecked()
    assert not panel.tiles["color"].isChecked()


@pytest.fixture
def backdrop(tmp_path):
    """A picture file, blue at its left and red at its right."""
    picture = Image.new("RGB", (200, 120), (0, 0, 200))
    picture.paste((200, 0, 0), (100, 0, 200, 120))
    picture.save(tmp_path / "backdrop.png")
    return tmp_path / "backdrop.png"


def choose_file(widget, path, settle, session):
    dialog = widget.findChild(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    settle(session)


def test_a_picture_of_one_s_own_is_copied_and_laid_behind(
    view, edit, settle, art, backdrop, tmp_path
) -> None:
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    click(panel.tiles["image"])
    choose_file(panel, backdrop, settle, view.session)
    recipe = stored(page, settle)
    assert recipe.fill.kind == "image"
    store = view.session.project.masks / "pictures"
    assert [path.stem for path in store.iterdir()] == [recipe.fill.image]
    backdrop.unlink()  # the copy is what is used
    shown = seen(page, settle)
    assert shown[48, 1, :3].tolist() == [0, 0, 200]
    assert shown[48, 94, :3].tolist() == [200, 0, 0]
    assert panel.tiles["image"].isChecked()
    assert panel.image.isVisible()
    # The preview, what training sees and what is exported agree.
    sample = sample_of(view.session.library.picture(page.work.picture.id), view.session.project)
    assert np.array_equal(sample.bake().rgb, shown[..., :3])
    # Another fill and back: the copy is not asked for again.
    click(panel.tiles["edge"])
    click(panel.tiles["image"])
    assert stored(page, settle).fill == recipe.fill


def test_the_edge_is_cleaned_live_in_the_picture(edit, settle, art) -> None:
    sprite = np.zeros((96, 96, 4), np.uint8)
    sprite[20:76, 20:76] = (0, 160, 0, 255)
    sprite[20:76, 19] = (255, 255, 255, 128)
    Image.fromarray(sprite).save(art / "cactus.png")
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    panel.choose("grey")
    before = seen(page, settle)[50, 19].tolist()
    panel.clean.track.moved.emit(100)
    fill = stored(page, settle).fill
    assert (fill.color, fill.clean) == ("#808080", 100)
    after = seen(page, settle)[50, 19].tolist()
    assert before[0] > 180
    assert after[0] < 80 < after[1]
    assert panel.tiles["grey"].isChecked()


def test_the_fill_that_is_seen_is_given_to_a_category_of_the_list(view, edit, settle) -> None:
    view.session.library.set_category([named(view, "boar").id], "animals")
    view.session.pictures_changed.emit(None)
    settle(view.session)
    heard = []
    view.session.notified.connect(heard.append)
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    click(panel.tiles["grey"])
    settle(view.session)
    assert not panel.for_category.isVisible()  # this picture has none
    click_row(panel.categories, "animals")
    settle(view.session)
    assert view.session.project.file.category_fills == {"animals": Fill(color="#808080")}
    row = next(row for row in panel.categories.rows.items if row.key == "animals")
    assert row.note == "#808080"
    heard[-1]["on_action"]()
    settle(view.session)
    assert view.session.project.file.category_fills == {}


def test_colors_are_chosen_in_a_titled_chooser_without_foreign_icons(edit, settle) -> None:
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    click(panel.first.swatch)
    dialog = panel.findChild(QColorDialog)
    assert dialog.windowTitle() == "Fill color"
    buttons = dialog.findChild(QDialogButtonBox)
    assert all(one.icon().isNull() for one in buttons.buttons())
    assert buttons.button(QDialogButtonBox.StandardButton.Ok).property("kind") == "primary"
    assert QColorDialog.customColor(0).name() == page.work.default_fill.color.lower()
    dialog.setCurrentColor(QColor("#123456"))
    dialog.accept()
    assert stored(page, settle).fill.color == "#123456"


def test_a_gradient_has_two_colors_and_an_angle(edit, settle) -> None:
    page = edit()
    click(page.bar.tools["fill"])
    panel = page.panels["fill"]
    click(panel.tiles["gradient"])
    panel.second.setText("#000000")
    panel.second.editingFinished.emit()
    panel.angle.track.moved.emit(90)
    fill = stored(page, settle).fill
    assert (fill.kind, fill.second, fill.angle) == ("gradient", "#000000", 90)


# Adjust


def test_sliders_of_the_steps_change_pixels_and_go_back_by_a_double_click(
    edit, settle, art
) -> None:
    page = edit()
    click(page.bar.tools["adjust"])
    panel = page.panels["adjust"]
    for value in (10, 20, 30):
        panel.sliders["light", "brightness"].track.moved.emit(value)
    panel.sliders["saturation", "amount"].track.moved.emit(-100)
    recipe = stored(page, settle)
    assert recipe.step("light") == Light(brightness=30)
    assert recipe.step("saturation") == Saturation(amount=-100)
    assert np.array_equal(seen(page, settle)[..., :3], bake(load_rgba(art / "cactus.png"), recipe))
    page.undo()
    settle(page.state.session)
    assert [step.kind for step in page.work.recipe.steps] == ["light"]
    panel.sliders["light", "brightness"].track.reset.emit()
    assert stored(page, settle) == Recipe()


def test_levels_follow_the_handles_of_the_histogram(edit, settle) -> None:
    page = edit()
    click(page.bar.tools["adjust"])
    settle(page.state.session)
    panel = page.panels["adjust"]
    assert panel.histogram.counts.sum() > 0
    start = QPoint(round(panel.histogram.x_of("black")), 60)
    end = start + QPoint(40, 0)
    QTest.mousePress(panel.histogram, left, pos=start)
    QTest.mouseMove(panel.histogram, end)
    QTest.mouseRelease(panel.histogram, left, pos=end)
    levels = stored(page, settle).step("levels")
    assert 25 < levels.black < 45
    assert levels.white == 255
    panel.sliders["levels", "white"].track.moved.emit(10)
    levels = stored(page, settle).step("levels")
    assert levels.black < levels.white


def test_automatic_levels_and_white_balance_are_ticked(edit, settle) -> None:
    page = edit()
    click(page.bar.tools["adjust"])
    panel = page.panels["adjust"]
    click(panel.auto_levels)
    click(panel.auto_white)
    recipe = stored(page, settle)
    assert {step.kind for step in recipe.steps} == {"auto_levels", "white_balance"}
    assert recipe.step("white_balance").auto
    assert not panel.sliders["white_balance", "tint"].isEnabled()
    click(panel.auto_levels)
    click(panel.auto_white)
    assert stored(page, settle) == Recipe()


# Background and mask


@pytest.fixture
def framed(art):
    """A red block on plain grey, opaque."""
    picture = Image.new("RGBA", (96, 96), (128, 128, 128, 255))
    picture.paste((200, 40, 40, 255), (30, 30, 70, 70))
    picture.save(art / "cactus.png")
    return art / "cactus.png"


def mask_of(page, kind):
    return page.work.masks.load(page.work.recipe.step(kind).mask)


def test_a_plain_background_is_cut_out_to_the_fill(framed, edit, settle) -> None:
    page = edit()
    click(page.bar.tools["background"])
    panel = page.panels["background"]
    panel.methods.set_value("plain")
    panel.methods.changed.emit("plain")
    click(panel.go)
    settle(page.state.session)
    assert stored(page, settle).step("cutout") is not None
    mask = mask_of(page, "cutout")
    assert mask[50, 50] == 255
    assert mask[5, 5] == 0
    click(page.bar.tools["fill"])
    assert tuple(seen(page, settle)[5, 5][:3]) == (255, 255, 255)


def test_strokes_keep_and_remove_parts(framed, edit, settle) -> None:
    page = edit()
    click(page.bar.tools["background"])
    panel = page.panels["background"]
    click(panel.go)
    settle(page.state.session)
    assert mask_of(page, "cutout")[50, 50] == 255
    panel.rows.size_.track.moved.emit(4)
    panel.hands._choose(1)
    drag(page.view, (32, 50), (68, 50))
    settle(page.state.session)
    assert mask_of(page, "cutout")[50, 50] == 0
    page.undo()
    settle(page.state.session)
    assert mask_of(page, "cutout")[50, 50] == 255


def test_the_selection_is_separated_by_the_engine_as_one_step(framed, view, edit, settle) -> None:
    page = edit()
    view.state.select([named(view, "carrot").id, named(view, "cactus").id])
    click(page.bar.tools["background"])
    panel = page.panels["background"]
    panel.methods.set_value("plain")
    panel.methods.changed.emit("plain")
    assert panel.go_all.text() == "Separate 2 pictures"
    view.session.bridge.engine.start()
    click(panel.go_all)
    settle(view.session)
    assert named(view, "cactus").recipe.step("cutout") is not None
    assert page.work.recipe.step("cutout") is not None
    view.undo()
    settle(view.session)
    assert page.work.recipe == Recipe()


def test_a_mask_is_painted_and_erased_on_the_turned_picture(edit, settle, art) -> None:
    page = edit("carrot")
    page.work.change(Recipe().with_step(Turn(quarters=1)), "Turn")
    click(page.bar.tools["mask"])
    settle(page.state.session)
    panel = page.panels["mask"]
    panel.rows.size_.track.moved.emit(6)
    panel.rows.hardness.track.moved.emit(100)
    drag(page.view, (20, 30), (60, 30))
    settle(page.state.session)
    step = stored(page, settle).step("mask")
    assert step.source == "painted"
    mask = mask_of(page, "mask")
    assert mask.shape == (96, 192)
    assert mask[96 - 40, 30] == 255  # seen at (40, 30) of the picture turned to the right
    baked = bake_with_mask(load_rgba(art / "carrot.png"), page.work.recipe, None, page.work.masks)
    assert baked.mask.shape == (192, 96)
    assert baked.mask[30, 40] == 255
    assert baked.mask[100, 40] == 0
    QTest.keyClick(page.view, Qt.Key.Key_X)
    assert panel.modes.value == "erase"
    drag(page.view, (10, 30), (70, 30))
    settle(page.state.session)
    assert mask_of(page, "mask").max() < 32  # the antialiased rim of the wider stroke
    page.undo()
    settle(page.state.session)
    assert np.array_equal(mask_of(page, "mask"), mask)


def test_brackets_change_the_brush(edit, settle) -> None:
    page = edit()
    click(page.bar.tools["mask"])
    panel = page.panels["mask"]
    before = panel.brush.radius
    QTest.keyClicks(page.view, "]]")
    assert panel.rows.size_.value == round(before * 1.44)
    QTest.keyClicks(page.view, "[")
    assert panel.rows.size_.value == round(before * 1.2)


def test_what_training_will_see_has_the_mask_as_it_is_painted(edit, settle) -> None:
    page = edit()
    settle(page.state.session)
    result = page.column.result
    plain = drawn(result.picture)
    assert not result.learned.isVisible()
    click(page.bar.tools["mask"])
    settle(page.state.session)
    drag(page.view, (20, 48), (76, 48))
    settle(page.state.session)
    painted = drawn(result.picture)
    assert (painted != plain).any(axis=2).mean() > 0.02
    assert result.learned.isVisible()
    learned = int(result.learned.text().removeprefix("Mask: learns ").removesuffix(" %"))
    assert 5 < learned < 60
    drag(page.view, (20, 20), (76, 20))
    settle(page.state.session)
    assert (drawn(result.picture) != painted).any()
    page.undo()
    page.undo()
    settle(page.state.session)
    assert np.array_equal(drawn(result.picture), plain)
    assert not result.learned.isVisible()


def test_a_mask_comes_from_transparency_with_a_weight_outside(edit, settle, art) -> None:
    page = edit()
    settle(page.state.session)
    click(page.bar.tools["mask"])
    panel = page.panels["mask"]
    click(panel.from_alpha)
    panel.outside.track.moved.emit(20)
    click(panel.invert)
    step = stored(page, settle).step("mask")
    assert (step.source, step.outside, step.invert) == ("alpha", 20, True)
    baked = bake_with_mask(load_rgba(art / "cactus.png"), page.work.recipe)
    assert baked.mask[50, 1] == 255
    assert baked.mask[60, 48] == 51


def test_every_tool_is_painted_without_an_error(view, edit, settle) -> None:
    page = edit()
    for name in page.panels:
        click(page.bar.tools[name])
        settle(view.session)
        page.view.set_before(None)
        page.grab()
        assert page.panels[name].isVisible()
        assert [other for other, panel in page.panels.items() if panel.isVisible()] == [name]


def test_a_drag_never_reaches_the_picture_of_another_project(view, edit, settle, tmp_path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("boar", "cactus"):
        Image.new("RGB", (64, 64)).save(other / f"{name}.png")
    page = edit("bell_pepper")
    page.view.set_box(CropBox(0, 0, 40, 40))
    view.session.open_folder(other)
    settle(view.session)
    page.work.keep()
    settle(view.session)
    assert view.pages.currentIndex() == 0
    assert all(p.recipe == Recipe() for p in view.session.library.pictures())
