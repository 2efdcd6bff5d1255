from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.dataset.counts import Scope
from app.dataset.view import View
from app.i18n import set_language
from engine.dataset.thresholds import Thresholds
from engine.project.project import Project
from engine.training.config import TrainRequest
from engine.training.run_pictures import note_pictures
from engine.training.runs import Run

SAMPLES = Path(__file__).parents[3] / "resources" / "sample"
Key = Qt.Key


@pytest.fixture(params=["raw"])
def art(request, tmp_path):
    """A copy of a sample: two soft copies, two re-encoded ones and a thumbnail are among it."""
    folder = tmp_path / "art"
    shutil.copytree(SAMPLES / request.param, folder)
    return folder


@pytest.fixture
def view(qtbot, opened, settle):
    made = View(opened)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    settle(opened)
    yield made
    made.thumbnails.close()


@pytest.fixture
def page(view, settle):
    QTest.mouseClick(view.culling.decide, Qt.MouseButton.LeftButton)
    settle(view.session)
    return view.culling.page


def press(page, *keys, settle):
    for key in keys:
        QTest.keyClick(page, key)
    settle(page.state.session)


def click(widget, settle, session):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
    settle(session)


def named(view, name):
    return next(p for p in view.state.pictures.values() if p.path.name == name)


def flags(view, flag="rejected"):
    return {p.path.name for p in view.state.pictures.values() if p.flag == flag}


def shown_names(page):
    pair = page.cull.deck.pair
    return {pair.left.path.name, pair.right.path.name}


def row_counts(rows):
    return {row.key: row.count for row in rows.rows.items}


def choose_group(page, name):
    deck = page.cull.deck
    place = next(n for n, g in enumerate(deck.groups) if name in {p.path.name for p in g.pictures})
    page.foot.strip.chosen.emit(place)


@pytest.mark.parametrize("art", ["raw", "pixel"], indirect=True)
def test_the_planted_copies_are_the_groups_and_kinds_of_match(page) -> None:
    assert page.isVisible()
    groups = {frozenset(p.path.name for p in g.pictures) for g in page.cull.deck.groups}
    assert {
        frozenset({"lotus.png", "lotus_soft.png"}),
        frozenset({"crown.png", "crown_thumb.png"}),
    } <= groups
    assert len(groups) == 5
    counts = row_counts(page.left.matches)
    assert counts[""] == "5"
    assert sum(int(n) for key, n in counts.items() if key) == 5
    assert row_counts(page.left.kinds)["duplicate"] == "10"


@pytest.mark.parametrize("art", ["raw", "pixel"], indirect=True)
def test_the_proposal_says_what_speaks_for_it_and_nothing_untrue(page, settle) -> None:
    assert page.left.by_detail.isVisible()
    said = set()
    for group in list(page.cull.deck.groups):
        pair = page.cull.deck.pair
        word = page.stages.pair.heads[0].word.text()
        said.add(word)
        if word.endswith("larger"):
            assert pair.left.width > pair.right.width
        elif word.endswith("sharper"):
            assert pair.left.sharpness > pair.right.sharpness
        else:
            assert word.endswith("lossless")
            assert pair.left.path.suffix == ".png" != pair.right.path.suffix
        assert group in page.cull.deck.groups
        press(page, Key.Key_Space, settle=settle)
    assert any(word.endswith("larger") for word in said)


@pytest.mark.parametrize(
    ("language", "reason"),
    [("en", "Suggested: keep, it is larger"), ("zh_CN", "建议：保留，尺寸更大")],
)
def test_a_larger_picture_is_not_called_the_sharper(view, page, settle, language, reason) -> None:
    set_language(language)
    choose_group(page, "crown_thumb.png")
    settle(view.session)
    assert page.stages.pair.heads[0].word.text() == reason


def test_after_near_duplicates_the_next_suggestions_are_offered(view, page, settle) -> None:
    while page.cull.deck.pair is not None:
        click(page.stages.pair.buttons["both"], settle, view.session)
    click(page.stages.done_button, settle, view.session)
    settle(view.session)
    assert not page.cull.decisions
    kind = page.stages.next_kind
    assert kind == "blurred"
    assert page.cull.kind_counts[kind] > 0
    assert page.stages.done_button.text() == "Go on to Blurred"
    click(page.stages.done_button, settle, view.session)
    assert page.cull.kind == kind
    assert page.stages.currentWidget() is page.stages.single


def test_arrows_decide_and_nothing_is_applied_until_the_button(view, page, settle) -> None:
    pair = page.cull.deck.pair
    press(page, Key.Key_Left, settle=settle)
    assert page.cull.deck.pair.group != pair.group
    assert flags(view) == set()
    assert row_counts(page.left.decided) == {"kept": "1", "rejected": "1", "apart": "0"}
    second = page.cull.deck.pair
    press(page, Key.Key_Right, settle=settle)
    page.leave()
    click(page.leave_bar.apply, settle, view.session)
    assert flags(view) == {pair.right.path.name, second.left.path.name}
    assert view.pages.currentIndex() == 0
    view.undo()
    settle(view.session)
    assert flags(view) == set()


def test_backspace_goes_back_one_and_forgets_the_answer(page, settle) -> None:
    first = page.cull.deck.pair
    press(page, Key.Key_Left, Key.Key_Up, settle=settle)
    press(page, Key.Key_Backspace, Key.Key_Backspace, settle=settle)
    assert page.cull.deck.pair == first
    assert page.cull.decisions == 0


def test_the_rule_decides_the_rest_in_one_undo_step(view, page, settle) -> None:
    said = []
    view.session.notified.connect(said.append)
    choose_group(page, "lotus.png")
    press(page, Key.Key_Space, settle=settle)
    assert page.thresholds.apply.text() == "Apply the rule to 4 groups"
    click(page.thresholds.apply, settle, view.session)
    assert flags(view) == {
        "bell_pepper_copy.webp",
        "crown_thumb.png",
        "donkey_soft.png",
        next(name for name in flags(view) if name.startswith(("rocket", "fork"))),
    }
    assert "lotus_soft.png" not in flags(view)
    assert said[-1]["key"] == "Rejected {n} pictures. The files stay on disk."
    assert [set(g.ids) for g in page.cull.deck.groups] == [
        {named(view, "lotus.png").id, named(view, "lotus_soft.png").id}
    ]
    said[-1]["on_action"]()
    settle(view.session)
    assert flags(view) == set()
    assert len(page.cull.deck.groups) == 5


def test_n_tells_a_pair_apart_for_good(view, page, settle) -> None:
    choose_group(page, "crown.png")
    press(page, Key.Key_N, settle=settle)
    page.leave()
    click(page.leave_bar.apply, settle, view.session)
    view.culling.open()
    settle(view.session)
    assert len(page.cull.deck.groups) == 4
    assert flags(view) == set()
    assert "crown.png" not in {
        view.state.pictures[s.picture_id].path.name
        for s in view.state.suggestions
        if s.kind == "duplicate"
    }


def test_the_kept_picture_takes_over_the_caption_of_the_other(view, page, settle, art) -> None:
    loser = named(view, "crown_thumb.png")
    view.operations.caption({loser.id: "crown, gold, gem"})
    settle(view.session)
    choose_group(page, "crown.png")
    assert page.cull.deck.pair.left.path.name == "crown.png"
    press(page, Key.Key_Left, settle=settle)
    page.leave()
    click(page.leave_bar.apply, settle, view.session)
    assert (art / "crown.txt").read_text("utf-8") == "crown, gold, gem"
    view.undo()
    settle(view.session)
    assert not (art / "crown.txt").exists() or (art / "crown.txt").read_text("utf-8") == ""
    assert flags(view) == set()


def test_without_the_tick_captions_stay_where_they_are(view, page, settle, art) -> None:
    view.operations.caption({named(view, "crown_thumb.png").id: "crown, gold"})
    settle(view.session)
    click(page.left.take_caption, settle, view.session)
    choose_group(page, "crown.png")
    press(page, Key.Key_Left, settle=settle)
    page.leave()
    click(page.leave_bar.apply, settle, view.session)
    assert flags(view) == {"crown_thumb.png"}
    assert named(view, "crown.png").caption == ""


def test_of_three_copies_every_other_one_is_compared_with_the_keeper(
    qtbot, session, settle, tmp_path
) -> None:
    folder = tmp_path / "three"
    folder.mkdir()
    with Image.open(SAMPLES / "raw" / "rocket.png") as picture:
        for name in ("a.png", "b.png", "c.png"):
            picture.save(folder / name)
    session.open_folder(folder)
    settle(session)
    view = View(session)
    qtbot.addWidget(view)
    view.resize(1532, 934)
    view.show()
    settle(session)
    view.culling.open()
    settle(session)
    page = view.culling.page
    first = page.cull.deck.pair
    assert (first.number, first.total) == (1, 2)
    assert "pair 1 of 2 in this group" in page.bar.words.text()
    press(page, Key.Key_Right, settle=settle)
    second = page.cull.deck.pair
    assert (second.number, second.left) == (2, first.right)
    press(page, Key.Key_Up, settle=settle)
    assert page.cull.deck.pair is None
    click(page.stages.done_button, settle, session)
    assert flags(view) == {first.left.path.name}
    assert len(session.library.not_duplicates()) == 1
    view.thumbnails.close()


def test_esc_asks_in_place_and_a_second_esc_stays(view, page, settle) -> None:
    press(page, Key.Key_Left, settle=settle)
    press(page, Key.Key_Escape, settle=settle)
    assert page.leave_bar.isVisible()
    assert page.leave_bar.words.text() == "1 decision is not applied yet."
    press(page, Key.Key_Escape, settle=settle)
    assert not page.leave_bar.isVisible()
    assert page.cull.decisions == 1
    page.leave()
    click(page.leave_bar.forget, settle, view.session)
    assert not page.isVisible()
    assert flags(view) == set()


def test_both_panes_share_zoom_and_place_until_they_are_unlinked(page, settle) -> None:
    left, right = page.pair.panes
    page.pair.look.zoom_to(4.0, QPointF(20, 10))
    assert left.look is right.look
    assert left.pixmap is not None
    assert right.pixmap is not None
    page.bar.link.click()
    page.pair.look.zoom_to(1.0)
    assert right.look.scale == 4.0
    page.bar.link.click()
    assert right.look.scale == 1.0


def test_a_click_frames_another_spot_for_the_detail_below(page) -> None:
    pane = page.pair.panes[0]
    spot = QPoint(pane.width() // 2 + 40, pane.height() // 2 + 30)
    wanted = pane.point_at(QPointF(spot))
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=spot)
    assert page.pair.look.spot == wanted
    assert page.pair.details[1].look.spot == wanted


def test_the_next_pair_is_decoded_before_it_is_asked_for(page, settle) -> None:
    coming = page.cull.deck.groups[page.cull.deck.groups.index(page.cull.deck.current) + 1]
    pair = page.cull.deck.pair_of(coming)
    QTest.keyClick(page, Key.Key_Left)  # nothing is waited for: the pixels have to be there
    assert page.cull.deck.pair.group == coming
    assert page.pair.panes[0].pixmap is page.stages.pixels.get(pair.left)
    assert page.pair.panes[1].pixmap is not None
    settle(page.state.session)


def test_difference_is_dark_where_copies_agree_and_blink_swaps_names(page, settle) -> None:
    choose_group(page, "lotus.png")
    settle(page.state.session)
    QTest.mouseClick(page.bar.modes, Qt.MouseButton.LeftButton, pos=_segment(page.bar.modes, 2))
    settle(page.state.session)
    image = page.pair.panes[0].pixmap.toImage()
    corner = image.pixelColor(1, 1).lightness()
    middle = max(image.pixelColor(x, image.height() // 2).lightness() for x in range(image.width()))
    assert corner == 0
    assert middle > 60
    assert not page.pair.sides[1].isVisible()
    QTest.mouseClick(page.bar.modes, Qt.MouseButton.LeftButton, pos=_segment(page.bar.modes, 1))
    before = page.pair.heads[0].name.text()
    page.pair._swap()
    assert {before, page.pair.heads[0].name.text()} == {"lotus.png", "lotus_soft.png"}


def _segment(modes, index):
    return modes._rects()[index].center().toPoint()


def test_facts_tick_the_better_value(page, settle) -> None:
    choose_group(page, "crown.png")
    settle(page.state.session)
    lines = {line[0]: line for line in page.pair.table.lines}
    left_is_crown = page.cull.deck.pair.left.path.name == "crown.png"
    assert lines["Size"][1 if left_is_crown else 3] == "256×256"
    assert lines["Size"][2] is left_is_crown
    assert lines["Size"][4] is not left_is_crown


def test_a_threshold_judges_live_and_the_project_keeps_it(view, page, settle, qtbot) -> None:
    panel = page.thresholds.panels["blurred"]
    assert panel.flagged.words == "would flag 2 of 41"
    assert sum(panel.bars.histogram.counts) == 41
    assert sum(panel.bars.histogram.flagged) == 2
    panel.slider.field.setFocus()
    panel.slider.field.selectAll()
    QTest.keyClicks(panel.slider.field, "0")
    assert panel.flagged.words == "would flag 0 of 41"
    assert sum(panel.bars.histogram.flagged) == 0
    page.cull.keep_limits()
    settle(view.session)
    assert Project.open(view.session.project.root).file.thresholds == {"sharpness": 0.0}
    assert not [s for s in view.state.suggestions if s.kind == "blurred"]
    page.thresholds.reset.click()
    page.cull.keep_limits()
    settle(view.session)
    assert page.cull.limits == Thresholds()
    assert len([s for s in view.state.suggestions if s.kind == "blurred"]) == 2


def sidebar(view, kind):
    return next((row.count for row in view.sources.suggestions.rows.items if row.key == kind), "0")


def test_a_kept_picture_is_decided_in_the_list_the_grid_and_the_threshold(
    view, page, settle
) -> None:
    assert sidebar(view, "blurred") == row_counts(page.left.kinds)["blurred"] == "2"
    page.choose_kind("blurred")
    kept = page.single.picture
    press(page, Key.Key_Right, settle=settle)
    click(page.thresholds.apply, settle, view.session)
    assert view.state.pictures[kept.id].flag == "picked"
    assert sidebar(view, "blurred") == row_counts(page.left.kinds)["blurred"] == "1"
    assert page.thresholds.panels["blurred"].flagged.words == "would flag 1 of 41"
    assert "blurred" not in {s.kind for s in view.state.suggestions_of(kept)}


def test_copies_are_counted_in_pictures_beside_the_grid_and_beside_the_pairs(view, page) -> None:
    assert sidebar(view, "duplicate") == row_counts(page.left.kinds)["duplicate"] == "10"
    assert page.thresholds.panels["duplicate"].flagged.words == "would flag 10 of 41"


def test_the_number_shown_as_too_small_flags_what_it_says(view, page, settle) -> None:
    panel = page.thresholds.panels["too-small"]
    shown, said = panel.slider.value, panel.flagged.words
    page.cull.set_limits(panel.limits(page.cull.limits, shown))
    assert page.cull.limits.short_side == shown
    assert panel.flagged.words == said


def test_own_decisions_are_applied_without_the_rule(view, page, settle) -> None:
    assert page.thresholds.own.isHidden()
    assert page.foot.pending.isHidden()
    choose_group(page, "crown.png")
    press(page, Key.Key_Left, settle=settle)
    assert page.foot.pending.text() == "1 decision is not applied yet."
    assert page.thresholds.own.text() == "Apply 1 decision"
    assert page.thresholds.apply.text() == "Apply the rule to 4 groups"
    click(page.thresholds.own, settle, view.session)
    assert flags(view) == {"crown_thumb.png"}
    assert len(page.cull.deck.groups) == 4
    assert page.thresholds.own.isHidden()
    assert page.foot.pending.isHidden()


def test_pictures_to_sort_follow_the_threshold_and_decisions_come_back(page, settle) -> None:
    slider = page.thresholds.panels["blurred"].slider.track
    slider.moved.emit(0.3)
    page.choose_kind("blurred")
    total = len(page.cull.sorting.ids)
    press(page, Key.Key_Space, Key.Key_Space, Key.Key_Left, settle=settle)
    assert page.bar.words.text() == f"4 of {total}"
    slider.moved.emit(0.15)
    assert len(page.cull.sorting.ids) == 2
    assert page.cull.decisions == 0
    slider.moved.emit(0.3)
    assert page.bar.words.text() == f"4 of {total}"
    assert page.cull.decisions == 1


def test_a_click_on_another_kind_marks_it_only_when_it_is_shown(page, settle) -> None:
    press(page, Key.Key_Left, settle=settle)
    rows = page.left.kinds
    place = next(n for n, row in enumerate(rows.rows.items) if row.key == "blurred")
    box = rows.visualRect(rows.rows.index(place))
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    settle(page.state.session)
    assert page.leave_bar.isVisible()
    assert rows.current() == "duplicate"
    assert [index.row() for index in rows.selectedIndexes()] == [0]
    click(page.leave_bar.forget, settle, page.state.session)
    assert rows.current() == page.cull.kind == "blurred"


def test_what_was_told_apart_is_counted_in_pictures_and_not_as_kept(page, settle) -> None:
    press(page, Key.Key_N, Key.Key_Left, settle=settle)
    assert row_counts(page.left.decided) == {"kept": "1", "rejected": "1", "apart": "2"}
    assert page.left.panels["decided"].header.count.text() == "2 of 5"
    assert page.left.left_over.text() == "2 of 5 groups"


def test_in_a_narrow_window_the_list_shuts_to_a_strip(view, page, settle) -> None:
    assert page.strip.isHidden()
    view.resize(1212, 734)
    settle(view.session)
    assert page.strip.isVisible()
    assert not page.left.isVisible()
    assert page.thresholds.isVisible()
    assert page.strip.buttons["blurred"].text() == "2"
    click(page.strip.buttons["blurred"], settle, view.session)
    assert page.cull.kind == "blurred"
    assert page.strip.buttons["blurred"].isChecked()
    click(page.strip.open_button, settle, view.session)
    assert page.left.isVisible()


def test_one_is_written_in_the_singular(page) -> None:
    page.left.matches.chosen.emit("smaller")
    assert page.left.left_over.text() == "0 of 1 group"
    assert page.thresholds.apply.text() == "Apply the rule to 1 group"
    only = {"distance": 0, "color": 0, "sharpness": 0, "ratio": 4, "different": 1, "short_side": 1}
    page.cull.set_limits(Thresholds(**only))
    assert "more than once" not in page.thresholds.together.text()
    page.cull.set_limits(Thresholds(**{**only, "short_side": 49, "ratio": 0.9}))
    assert "1 picture is flagged more than once." in page.thresholds.together.text()


def test_a_tighter_distance_keeps_answers_about_groups_that_stay(page, settle) -> None:
    choose_group(page, "bell_pepper.png")
    press(page, Key.Key_Left, settle=settle)
    page.thresholds.panels["duplicate"].slider.track.moved.emit(1.0)
    assert 0 < len(page.cull.deck.groups) < 5
    assert page.cull.decisions == 1


def test_single_pictures_are_kept_rejected_skipped_and_applied_at_the_end(
    view, page, settle
) -> None:
    page.thresholds.panels["blurred"].slider.track.moved.emit(0.3)
    page.choose_kind("blurred")
    settle(view.session)
    ids = page.cull.sorting.ids
    assert len(ids) > 3
    assert page.single.picture.id == ids[0]
    assert page.single.pane.pixmap is not None
    press(page, Key.Key_X, Key.Key_K, Key.Key_Space, Key.Key_Left, settle=settle)
    press(page, Key.Key_Backspace, settle=settle)
    assert page.cull.sorting.current == ids[3]
    assert flags(view) == set()
    click(page.thresholds.apply, settle, view.session)
    pictures = view.state.pictures
    assert [pictures[key].flag for key in ids[:4]] == ["rejected", "picked", "", ""]
    view.undo()
    settle(view.session)
    assert {picture.flag for picture in view.state.pictures.values()} == {""}


def test_another_kind_is_asked_about_while_decisions_wait(page, settle) -> None:
    press(page, Key.Key_Left, settle=settle)
    page.left.kind_chosen.emit("too-small")
    assert page.cull.kind == "duplicate"
    click(page.leave_bar.forget, settle, page.state.session)
    assert page.cull.kind == "too-small"
    assert page.single.picture.path.name == "crown_thumb.png"


def test_d_opens_what_the_grid_shows_and_a_double_click_its_row(view, settle) -> None:
    view.state.set_scope(Scope("suggestion", "too-small"))
    view.stage.grid.setFocus()
    QTest.keyClick(view.stage.grid, Key.Key_D)
    settle(view.session)
    assert view.culling.page.cull.kind == "too-small"
    view.culling.page.leave()
    rows = view.sources.suggestions
    place = next(n for n, row in enumerate(rows.rows.items) if row.key == "blurred")
    box = rows.visualRect(rows.rows.index(place))
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    QTest.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    settle(view.session)
    assert view.culling.page.cull.kind == "blurred"


def test_rejected_files_go_to_the_trash_with_what_belongs_to_them(
    view, settle, art, tmp_path
) -> None:
    said = []
    view.session.notified.connect(said.append)
    (art / "crown_thumb.txt").write_text("crown", encoding="utf-8")
    shutil.copy(art / "crown_thumb.png", art / "crown_thumb-masklabel.png")
    before = {path.name for path in art.iterdir()}
    ids = [named(view, name) for name in ("crown_thumb.png", "lotus_soft.png")]
    view.operations.flag(ids, "rejected")
    settle(view.session)
    action = next(a for a in view.actions() if a.id == "dataset.trash")
    assert action.enabled()
    action.run()
    trash = view.culling.trash
    assert trash.title.text() == "Move 2 rejected pictures to the trash?"
    assert "crown_thumb.png" in trash.names.item(0).text()
    QTest.keyClick(trash, Key.Key_Escape)
    settle(view.session)
    assert {path.name for path in art.iterdir()} == before

    def mover(path: Path) -> bool:
        if path.name == "lotus_soft.png":
            return False
        path.rename(tmp_path / path.name)
        return True

    trash.mover = mover
    action.run()
    click(trash.throw, settle, view.session)
    gone = {"crown_thumb.png", "crown_thumb.txt", "crown_thumb-masklabel.png"}
    assert before - {path.name for path in art.iterdir()} == gone
    names = {p.path.name for p in view.state.pictures.values()}
    assert "crown_thumb.png" not in names
    assert "lotus_soft.png" in names
    assert said[-1]["facts"]["names"] == "lotus_soft.png"


def test_a_caption_that_another_picture_shares_stays(view, settle, art, tmp_path) -> None:
    shutil.copy(art / "crown_thumb.png", art / "crown.webp.png")
    (art / "crown.txt").write_text("crown", encoding="utf-8")
    with Image.open(art / "crown.png") as picture:
        picture.save(art / "crown.bmp")
    view.session.start(view.session.rescan())
    settle(view.session)
    view.operations.flag([named(view, "crown.bmp")], "rejected")
    settle(view.session)
    view.culling.trash.mover = lambda path: bool(path.rename(tmp_path / path.name))
    view.culling.open_trash()
    click(view.culling.trash.throw, settle, view.session)
    assert not (art / "crown.bmp").exists()
    assert (art / "crown.txt").read_text("utf-8") == "crown"


def test_a_kind_of_match_narrows_the_groups_and_keeps_every_answer(view, page, settle) -> None:
    choose_group(page, "crown.png")
    press(page, Key.Key_Left, settle=settle)
    page.left.matches.setFocus()
    page.left.matches.chosen.emit("softer")
    assert page.hasFocus()
    assert [g.kind for g in page.cull.deck.groups] == ["softer", "softer"]
    assert page.cull.decisions == 1
    assert page.thresholds.apply.text() == "Apply the rule to 2 groups"
    click(page.thresholds.apply, settle, view.session)
    assert flags(view) == {"crown_thumb.png", "donkey_soft.png", "lotus_soft.png"}


def trained(project, name, pictures):
    """A run folder that says it learned from ``pictures``."""
    run = Run.create(project.runs / name, TrainRequest(project=str(project.root), output_name=name))
    note_pictures(run, [picture.path for picture in pictures])
    path = run.folder / "checkpoints" / f"{name}.safetensors"
    path.write_bytes(b"x")
    run.log_event("train.checkpoint", {"epoch": 1, "step": 1, "path": str(path), "loss": 0.5})
    run.end("finished")


def test_runs_that_learned_from_a_picture_are_told_where_they_are_known(view, page, settle) -> None:
    pair = page.cull.deck.pair
    assert "Trained in" not in [line[0] for line in page.pair.table.lines]
    for name in ("v1", "v2"):
        trained(view.session.project, name, [pair.left])
    page.leave()
    QTest.mouseClick(view.culling.decide, Qt.MouseButton.LeftButton)
    settle(view.session)
    name, left, _, right, _ = page.pair.table.lines[-1]
    assert (name, set(left.split(", ")), right) == ("Trained in", {"v1", "v2"}, "none")
    page.choose_kind("too-small")
    settle(view.session)
    trained(view.session.project, "v3", [page.single.picture])
    page.leave()
    QTest.mouseClick(view.culling.decide, Qt.MouseButton.LeftButton)
    page.choose_kind("too-small")
    settle(view.session)
    assert "trained in v3" in page.single.facts.text()
