from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QPushButton
from shiboken6 import delete

from app.i18n import set_language
from app.validation.labels import line_label
from app.validation.table import Line
from app.validation.view import View
from engine.dataset.edits import Recipe
from engine.dataset.masks import MaskStore
from engine.dataset.steps import Cutout
from engine.imaging.alpha import Fill
from engine.runtime.errors import ModelFileError
from engine.validation.learned_pictures import Learned, Prepared
from engine.validation.manifest import write_manifest
from engine.validation.request import GridRequest
from engine.validation.store import CellStore

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def started(qtbot, view, session):
    """The view after a click on the main button; gives the job's handle."""
    qtbot.mouseClick(view.panel.start, LEFT)
    return session.bridge.submitted[-1]


def fill(session, handle, picture, keys=None):
    for number, place in enumerate(keys or handle.request.positions()):
        session.tell(
            handle,
            "grid.cell",
            id=str(number),
            path=picture(f"c{number % 7}", (40 * (number % 7), 90, 120)),
            cached=False,
            error="",
            place=list(place.place),
        )


def _place(key):
    return [key.checkpoint, key.weight, key.prompt, key.seed]


def click(qtbot, view, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mouseClick(view.grid.viewport(), LEFT, modifier, view.grid.cell_rect(key).center())


def test_the_button_submits_the_grid_and_shows_it_empty(view, started):
    request = started.request
    assert len(request.positions()) == 4 * 2 * 2 * 2
    assert view.stage.currentWidget() is view.grid
    assert view.panel.pause.isVisible()
    assert not view.panel.start.isVisible()
    assert view.panel.count.text() == "0 of 28 cells"


def test_cells_appear_as_they_come_in(qtbot, view, session, started, picture):
    place = started.request.positions()[4]
    path = picture("red", (250, 0, 0))
    key = place
    with qtbot.waitSignal(view.thumbnails.ready):
        session.tell(
            started,
            "grid.cell",
            id="x",
            path=path,
            cached=True,
            error="",
            place=_place(key),
        )
        view.grid.viewport().repaint()
    shown = view.grid.viewport().grab().toImage()
    assert shown.pixelColor(view.grid.cell_rect(key).center()).getRgb()[:3] == (250, 0, 0)
    assert view.panel.count.text() == "1 of 28 cells"


def test_pause_continue_and_cancel_reach_the_job(qtbot, view, started):
    qtbot.mouseClick(view.panel.pause, LEFT)
    assert started.paused
    assert view.panel.pause.text() == "Continue"
    qtbot.mouseClick(view.panel.pause, LEFT)
    assert not started.paused
    qtbot.mouseClick(view.panel.cancel, LEFT)
    assert started.cancel_asked


def test_after_a_cancel_the_cells_stay_and_a_start_goes_on(qtbot, view, session, started, picture):
    fill(session, started, picture, started.request.positions()[:5])
    started.cancel()
    session.end(started)
    assert view.panel.start.isVisible()
    assert len(list(view.state.finished())) == 5
    qtbot.mouseClick(view.panel.start, LEFT)
    assert len(list(view.state.finished())) == 5


def test_a_failed_grid_says_why(view, session, started):
    started.set_exception(ModelFileError("{name} ends early.", name="style.safetensors"))
    session.job_finished.emit(started)
    assert "style.safetensors" in str(session.errors[-1])
    assert view.panel.start.isEnabled()


def test_a_click_chooses_a_and_ctrl_click_b(qtbot, view, session, started, picture):
    fill(session, started, picture)
    grid = view.grid.grid
    click(qtbot, view, grid.key(1, 0))
    assert view.recipe.isVisible()
    assert "Epoch 2, weight 0.5, seed 1" in view.recipe.name.text()
    assert "25 steps" in view.recipe.detail.text()
    assert not view.recipe.compare.isEnabled()
    click(qtbot, view, grid.key(3, 1), CTRL)
    qtbot.mouseClick(view.recipe.compare, LEFT)
    assert view.stage.currentWidget() is view.compare
    assert [letter for letter, _, _ in view.compare.panes()] == ["A", "B"]


def test_arrow_keys_move_the_choice_and_scroll_it_into_sight(
    qtbot, view, session, started, picture
):
    fill(session, started, picture)
    view.grid.set_cell(400)
    view.grid.show_cell(view.grid.grid.key(0, 0))
    click(qtbot, view, view.grid.grid.key(0, 0))
    for _ in range(3):
        qtbot.keyClick(view.grid, Qt.Key.Key_Right)
    for _ in range(3):
        qtbot.keyClick(view.grid, Qt.Key.Key_Down)
    assert view.grid.grid.place(view.state.first) == (3, 3)
    rect, port = view.grid.cell_rect(view.state.first), view.grid.viewport().rect()
    assert port.contains(rect)
    assert rect.top() >= view.grid.grid.head.height()
    qtbot.keyClick(view.grid, Qt.Key.Key_Return)
    assert view.stage.currentWidget() is view.full


def test_headers_stay_while_cells_scroll(view, session, started, picture):
    fill(session, started, picture)
    view.grid.set_cell(400)
    before = view.grid.viewport().grab().toImage()
    bar = view.grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    after = view.grid.viewport().grab().toImage()
    head = view.grid.grid.head
    strip = [
        before.pixel(x, y) == after.pixel(x, y)
        for x in range(0, before.width(), 7)
        for y in range(0, head.height(), 3)
    ]
    assert all(strip)
    assert before != after


def test_two_cells_are_compared_by_keys_alone(qtbot, view, session, started, picture):
    fill(session, started, picture)
    grid, layout = view.grid, view.grid.grid
    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    first = view.state.first
    qtbot.keyClick(grid, Qt.Key.Key_B)
    assert not view.recipe.compare.isEnabled()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(grid, key)
    assert view.state.second == first
    assert view.state.first not in (None, first)
    assert view.recipe.compare.isEnabled()
    qtbot.keyClick(grid, Qt.Key.Key_B)
    assert view.state.second == view.state.first != first
    qtbot.keyClick(grid, Qt.Key.Key_B)
    assert view.state.second is None
    assert layout.place(first) is not None


def test_zoom_keys_change_the_cells(qtbot, view, session, started, picture):
    size = view.grid.grid.cell
    qtbot.keyClick(view.grid, Qt.Key.Key_Plus)
    assert view.grid.grid.cell > size
    view.grid.fit()
    assert view.grid.grid.cell == size


def test_the_chosen_cell_opens_in_the_canvas_with_its_lora(
    qtbot, view, session, started, picture, run
):
    fill(session, started, picture)
    key = view.state.find(
        checkpoint=run.checkpoints[1].path, weight=0.5, prompt="castle, pixel icon", seed=1
    )
    click(qtbot, view, key)
    qtbot.mouseClick(view.recipe.canvas, LEFT)
    name, payload = session.gone[-1]
    recipe = payload["recipe"]
    assert name == "canvas"
    assert [(use.path, use.weight) for use in recipe.loras] == [(run.checkpoints[1].path, 0.5)]
    assert (recipe.prompt, recipe.seed, recipe.steps) == ("castle, pixel icon", 1, 25)
    document = Path(payload["document"])
    assert document.name == "Epoch 4, weight 0.5, seed 1, castle, pixel icon.png"
    assert document.read_bytes() == Path(view.state.cell(key).path).read_bytes()


def test_a_wrong_axis_is_marked_and_nothing_can_start(qtbot, view):
    field = view.panel.axes.blocks["weight"].field
    field.selectAll()
    qtbot.keyClicks(field, "much")
    assert view.panel.axes.blocks["weight"].error.isVisible()
    assert not view.panel.start.isEnabled()


def test_prompts_are_added_and_taken_off_in_the_list(qtbot, view):
    view.panel.prompts.new_prompt()
    qtbot.keyClicks(view.panel.prompts.entry, "silver key")
    qtbot.keyClick(view.panel.prompts.entry, Qt.Key.Key_Return)
    assert "silver key" in view.setup.prompts.chosen
    qtbot.mouseClick(view.panel.prompts.lines["silver key"].check, LEFT)
    assert "silver key" not in view.setup.prompts.chosen
    view.setup.prompts.remove("silver key")
    assert "silver key" not in view.panel.prompts.lines


def test_dropped_lora_files_are_compared(view):
    view.setup.choose_files(["/loras/one.safetensors"])
    assert view.panel.source.value == "files"
    assert view.panel.axes.blocks["checkpoint"].field.text() == "one"


def test_the_bar_shows_the_picture_of_the_cell_that_is_chosen(
    qtbot, view, session, started, picture
):
    grid = view.grid.grid
    base, other = grid.key(0, 0), grid.key(1, 1)
    for number, (key, color) in enumerate(((base, (250, 0, 0)), (other, (0, 0, 250)))):
        session.tell(
            started,
            "grid.cell",
            id=str(number),
            path=picture(f"shown{number}", color),
            cached=False,
            error="",
            place=_place(key),
        )
    click(qtbot, view, base)
    qtbot.waitUntil(lambda: _middle(view.recipe.picture) == (250, 0, 0))
    view.grid.viewport().repaint()
    qtbot.waitUntil(lambda: not view.thumbnails.is_busy)
    painted = []
    view.recipe.picture.paintEvent = _noting(view.recipe.picture, painted)
    click(qtbot, view, other)
    qtbot.waitUntil(lambda: other in painted)


def _noting(picture, painted):
    paint = type(picture).paintEvent

    def noted(event):
        painted.append(picture._state.first)
        paint(picture, event)

    return noted


def _middle(widget):
    return widget.grab().toImage().pixelColor(widget.rect().center()).getRgb()[:3]


def test_how_to_choose_b_is_written_until_there_is_one(qtbot, view, session, started, picture):
    fill(session, started, picture)
    grid = view.grid.grid
    click(qtbot, view, grid.key(1, 0))
    assert view.recipe.detail.text().startswith("Ctrl-click a second cell")
    view.resize(1800, 900)
    qtbot.waitUntil(view.recipe.hint.isVisible)
    assert "Ctrl" not in view.recipe.detail.text()
    view.bar.mode.set_value("compare")
    view.stage.show_compare()
    alone = view.compare.grab().toImage()
    view.bar.mode.set_value("grid")
    view.stage.follow()
    click(qtbot, view, grid.key(2, 1), Qt.KeyboardModifier.ShiftModifier)
    assert view.state.second == grid.key(2, 1)
    assert not view.recipe.hint.isVisible()
    view.stage.show_compare()
    assert view.compare.grab().toImage() != alone
    assert [key for _, key, _ in view.compare.panes()] == [grid.key(1, 0), grid.key(2, 1)]


def test_a_grid_of_another_job_is_told_in_the_left_column_while_it_is_drawn(
    view, session, run, tmp_path
):
    request = GridRequest(
        folder=str(tmp_path / "tour"),
        checkpoints=("", run.checkpoints[0].path),
        weights=(0.0, 0.9),
        seeds=(11, 12, 13),
        prompts=("a boat", "castle, pixel icon"),
    )
    handle = session.bridge.submit(request)
    session.bridge.job = lambda _: handle
    session.tell(
        handle,
        "grid.planned",
        folder=request.folder,
        cells=[
            {"id": str(number % 12), "place": list(position.place)}
            for number, position in enumerate(request.positions())
        ],
        cached=0,
        request=request.model_dump(mode="json"),
    )
    assert view.runner.running
    assert view.panel.axes.blocks["weight"].field.text() == "0, 0.9"
    assert view.panel.axes.blocks["seed"].field.text() == "11, 12, 13"
    assert view.panel.axes.blocks["checkpoint"].field.text() == "2"
    ticked = [text for text, line in view.panel.prompts.lines.items() if line.check.value]
    assert sorted(ticked) == ["a boat", "castle, pixel icon"]
    assert view.panel.count.text() == "0 of 12 cells"


def test_pictures_that_several_places_share_are_counted_once(view, session, run):
    view.setup.type("weight", "0, 0.5, 1")
    view.setup.type("seed", "1")
    request = view.setup.request(session.project, session.project.root)
    session.start(view.dry_run.count())
    distinct = view.dry_run.survey.distinct
    assert len(request.positions()) == 24
    assert request.distinct() == distinct == 14
    assert view.panel.count.text() == "24 cells"
    assert "14 different" in view.panel.cached.text().replace("\u00a0", " ")


def test_a_page_that_is_gone_hears_nothing_more(qtbot, session, run, monkeypatch):
    asked = []
    monkeypatch.setattr("app.validation.reader.read_runs", lambda runs: asked.append(runs) or [run])
    page = View(session)
    page.thumbnails.close()
    asked.clear()
    delete(page)
    session.project_changed.emit(session.project)
    session.pictures_changed.emit(None)
    session.job_finished.emit(None)
    session.settings_changed.emit(session.settings)
    assert not asked
    assert not session.errors


def test_the_page_gives_the_keyboard_to_its_grid(view, session, started):
    assert view.focus_target() is view.grid


@pytest.fixture
def drawn(view, session, started, tmp_path):
    """A finished grid on disk: epoch 6 repeats the training picture, the others do not."""
    request = started.request
    store = CellStore(request.cells_folder)
    cells = []
    for number, place in enumerate(request.positions()):
        identifier = f"{number:064d}"
        copy = place.checkpoint.endswith("6.safetensors")
        noise = Image.effect_noise((32, 32), 60 + number).convert("RGB")
        path = store.path(identifier)
        path.parent.mkdir(parents=True, exist_ok=True)
        (_training_picture() if copy else noise).save(path)
        cells.append((identifier, place))
        session.tell(
            started,
            "grid.cell",
            id=identifier,
            path=str(path),
            cached=False,
            error="",
            place=list(place.place),
        )
    write_manifest(request, cells, {})
    training = []
    for name, shown in (
        ("bucket", _training_picture()),
        ("whale", Image.linear_gradient("L")),
        ("held", Image.radial_gradient("L")),
    ):
        path = tmp_path / f"{name}.png"
        shown.convert("RGB").resize((32, 32)).save(path)
        training.append(
            SimpleNamespace(
                path=path,
                usable=name != "held",
                problem="",
                held_out=name == "held",
                caption=name,
                recipe=Recipe(),
                category="",
            )
        )
    session.library = SimpleNamespace(pictures=lambda: training)
    session.end(started)
    return view


def _training_picture():
    image = Image.new("RGB", (32, 32), (255, 255, 255))
    image.paste((20, 60, 200), (6, 4, 22, 28))
    image.paste((250, 220, 0), (10, 10, 14, 30))
    return image


def test_the_evidence_names_the_copies_and_picks_another_epoch(drawn, run):
    copied = run.checkpoints[2].path
    assert drawn.state.pick_checkpoint in [item.path for item in run.checkpoints[:2]]
    assert "epoch" in drawn.right.verdict.headline.text()
    assert drawn.right.verdict.reasons.text()
    pair = drawn.evidence.pairs()[0]
    assert pair.key.checkpoint == copied
    assert Path(pair.training).stem == "bucket"
    key = drawn.state.find(checkpoint=copied, weight=1.0, prompt="castle, pixel icon", seed=1)
    cell = drawn.state.cell(key)
    assert cell.copying > 0.95
    assert drawn.state.flag_of(cell.copying) == "flag_err"
    assert "copies" in {flag.kind for flag in drawn.evidence.flags()}


def test_one_seed_is_not_enough_to_judge_and_a_click_draws_another(qtbot, drawn, session):
    found = drawn.evidence.evidence
    rows = tuple(replace(row, diversity=None) for row in found.rows)
    drawn.evidence.evidence = replace(found, rows=rows)
    drawn.state.request = drawn.state.request.with_values("seed", (7,))
    drawn.evidence.judge()
    assert drawn.state.pick_checkpoint == ""
    assert drawn.right.verdict.headline.text() == "Not enough to judge"
    assert "2 seeds" in drawn.right.verdict.reasons.text()
    assert drawn.right.verdict.mark._name != "circle-check"
    qtbot.mouseClick(drawn.right.verdict.complete, LEFT)
    asked = session.bridge.submitted[-1].request
    assert asked.seeds == (7, 8)
    assert "" in asked.checkpoints


def test_a_pick_is_ticked_only_when_what_was_drawn_can_tell(drawn):
    drawn.right.refresh()
    picked = drawn.evidence.pick()
    assert drawn.right.verdict.mark._name == ("circle-check" if picked.sound else "triangle-alert")
    assert not drawn.right.verdict.complete.isVisible()
    drawn.state.tags = dict.fromkeys(drawn.state.axes.prompts, "seen")
    drawn.right.refresh()
    assert drawn.right.verdict.mark._name == "triangle-alert"
    assert "unseen" in drawn.right.verdict.reasons.text()


def test_the_nearest_training_picture_is_shown_as_it_was_trained_on(tmp_path):
    path = tmp_path / "cut.png"
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (32, 0, 64, 64))
    image.save(path)
    edits = {str(path): (Recipe(crop=(0, 0, 40, 64)), Fill(color="#00FF00"))}
    prepared = Prepared(edits, MaskStore(tmp_path / "masks"))
    shown = Learned([path], [], prepared.read).small(path)
    assert shown.shape == (64, 40, 3)
    assert tuple(shown[0, 0]) == (0, 255, 0)
    assert tuple(shown[0, 39]) == (200, 0, 0)


def test_evidence_fills_a_picture_as_its_category_does(drawn, session, tmp_path):
    image = _training_picture().convert("RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    image.save(tmp_path / "bucket.png")
    session.library.pictures()[0].category = "tools"
    fills = {"tools": Fill(color="#FF0000")}
    session.project.file = session.project.file.model_copy(update={"category_fills": fills})
    session.start(drawn.evidence.measure())
    pair = drawn.evidence.pairs()[0]
    assert Path(pair.training).stem == "bucket"
    shown = drawn.evidence.training.get(pair.training).toImage()
    assert shown.pixelColor(0, 0).getRgb()[:3] == (255, 0, 0)


def test_a_training_picture_without_its_background_is_shown_as_it_was_trained_on(tmp_path):
    path = tmp_path / "cut.png"
    Image.new("RGB", (8, 8), (200, 0, 0)).save(path)
    store = MaskStore(tmp_path / "masks")
    kept = np.zeros((8, 8), np.uint8)
    kept[:, 4:] = 255
    recipe = Recipe(steps=(Cutout(mask=store.add(kept), feather=0),))
    behind = store.add_picture(np.full((4, 4, 3), (0, 90, 250), np.uint8))
    fill = Fill(kind="image", image=behind)
    prepared = Prepared({str(path): (recipe, fill)}, store)
    shown = Learned([path], [], prepared.read).small(path)
    assert shown[4, 0].tolist() == [0, 90, 250]
    assert shown[4, 7].tolist() == [200, 0, 0]


def test_rows_name_the_loss_that_is_the_held_out_one(view, run, started):
    def detail():
        return line_label(view.state, ("checkpoint",), Line((), (run.checkpoints[0].path,)))[1]

    view.state.checkpoints = {item.path: item for item in run.checkpoints}
    assert detail() == "held-out 0.1000"
    held = view.state.checkpoints[run.checkpoints[0].path]
    view.state.checkpoints[run.checkpoints[0].path] = replace(held, held_out=None)
    assert detail() == "loss 0.1000"


def test_weight_0_is_not_shown_again_under_the_row_of_the_base_model(qtbot, view, picture, run):
    view.setup.type("weight", "0, 1")
    view.setup.type("seed", "1")
    qtbot.mouseClick(view.panel.start, LEFT)
    path = picture("again", (250, 0, 0))
    prompt = "castle, pixel icon"
    base, again = (
        view.state.find(checkpoint=path, weight=0.0, prompt=prompt)
        for path in ("", run.checkpoints[0].path)
    )
    for key in (base, again):
        view.state.put(key, path)
    view.grid.viewport().repaint()
    qtbot.waitUntil(lambda: not view.thumbnails.is_busy)
    shown = view.grid.viewport().grab().toImage()
    corners = [view.grid.cell_rect(key).topLeft() + QPoint(6, 6) for key in (base, again)]
    assert shown.pixelColor(corners[0]).getRgb()[:3] == (250, 0, 0)
    assert shown.pixelColor(corners[1]).getRgb()[:3] != (250, 0, 0)


def test_without_a_grid_the_page_offers_the_next_step(qtbot, view, session):
    assert view.empty.start.isVisible()
    assert "Choose a run" not in view.empty._text.text()
    view.setup.type("weight", "much")
    assert view.empty.choose.isVisible()
    assert "much" in view.empty._text.text()
    view.resize(1180, 740)
    assert not view.panel.isVisible()
    qtbot.mouseClick(view.empty.choose, LEFT)
    assert view.panel.isVisible()
    view.setup.set_runs([])
    assert view.empty.files.isVisible()
    assert not view.empty.choose.isVisible()
    qtbot.mouseClick(view.empty.train, LEFT)
    assert session.gone == [("train", {})]


def test_the_left_column_follows_the_language(view):
    def sources():
        return [view.panel.source.itemText(n) for n in range(view.panel.source.count())]

    assert "Choose LoRA files…" in sources()
    set_language("zh_CN")
    chinese = sources(), view.panel.model.currentText()
    set_language("en")
    assert "选择 LoRA 文件…" in chinese[0]
    assert "Starter model" not in chinese[1]
    assert "Choose LoRA files…" in sources()


def test_a_prompt_has_the_room_up_to_its_badge(qtbot, view):
    line = view.panel.prompts.lines["castle, pixel icon"]
    edge = view.panel.prompts.header.count.mapTo(view.panel, QPoint(0, 0)).x()
    assert line.tag.mapTo(view.panel, line.tag.rect().topRight()).x() > edge
    before = line.words.width()
    QApplication.sendEvent(line, QEnterEvent(QPointF(1, 1), QPointF(1, 1), QPointF(1, 1)))
    assert line.remove.isVisible()
    assert not line.tag.isVisible()
    QApplication.sendEvent(line, QEvent(QEvent.Type.Leave))
    assert line.tag.isVisible()
    qtbot.waitUntil(lambda: line.words.width() == before)


def test_the_prompt_of_the_chosen_cell_has_a_line_of_its_own(
    qtbot, view, session, started, picture
):
    fill(session, started, picture)
    click(qtbot, view, view.grid.grid.key(1, 0))
    recipe = view.recipe
    assert recipe.prompt.text() == view.grid.grid.key(1, 0).prompt
    view.resize(1800, 900)
    words = recipe.hint.fontMetrics().horizontalAdvance(recipe.hint.text())
    qtbot.waitUntil(recipe.hint.isVisible)
    assert recipe.hint.width() >= words
    lines = (recipe.name, recipe.prompt, recipe.detail)
    places = [one.geometry() for one in lines]
    assert all(a.bottom() < b.top() for a, b in pairwise(places))
    assert recipe.rect().contains(places[-1])


def test_only_one_button_is_primary_at_a_time(qtbot, drawn):
    def primary():
        buttons = [one for one in drawn.findChildren(QPushButton) if one.isVisible()]
        return [one for one in buttons if one.property("kind") == "primary"]

    drawn.state.choose(drawn.grid.grid.key(1, 1))
    assert primary() == [drawn.right.deeds.approve]
    drawn.state.set_pick("", None)
    assert primary() == [drawn.panel.start]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_page_fits_the_smallest_window_with_a_cell_chosen(qtbot, drawn, language):
    set_language(language)
    drawn.resize(955, 600)  # 1024 less the rail
    drawn.state.choose(drawn.grid.grid.key(1, 1))
    qtbot.waitUntil(lambda: drawn.recipe.name.width() > 100)
    wide, detail = drawn.width(), drawn.recipe.detail.text()
    set_language("en")
    assert wide == 955
    assert "Ctrl" in detail


def test_a_pair_is_left_for_its_cell_in_the_grid(qtbot, drawn):
    drawn.stage.show_compare()
    qtbot.mouseClick(drawn.right.pairs, LEFT, pos=drawn.right.pairs.card_rect(0).center())
    assert drawn.stage.currentWidget() is drawn.pair
    assert drawn.pair.back.text() == "Back to grid"
    qtbot.mouseClick(drawn.pair.back, LEFT)
    assert drawn.state.first == drawn.evidence.pairs()[0].key
    assert drawn.stage.currentWidget() is drawn.grid
    assert "bucket" in drawn.recipe.nearest.text()


def test_a_pair_is_shown_large_beside_its_training_picture(qtbot, drawn):
    pairs = drawn.right.pairs
    listed = drawn.evidence.pairs()
    assert len({(one.key.prompt, one.key.seed, one.training) for one in listed}) == len(listed)
    assert any(one.others for one in listed)
    at = pairs.card_rect(0).center()
    qtbot.mouseClick(pairs, LEFT, pos=at)
    assert drawn.stage.currentWidget() is drawn.pair
    assert drawn.state.first == listed[0].key
    left, right = drawn.pair.pictures.areas()
    qtbot.waitUntil(lambda: drawn.evidence.training.large(listed[0].training).width() == 32)
    shown = drawn.pair.pictures.grab().toImage()
    assert (
        shown.pixelColor(right.center().toPoint()).getRgb()[:3]
        != (shown.pixelColor(3, 3).getRgb()[:3])
    )
    assert left.width() > 200
    assert right.width() == left.width()
    qtbot.keyClick(drawn.pair, Qt.Key.Key_Right)
    assert drawn.state.first == listed[1].key
    qtbot.keyClick(drawn.pair, Qt.Key.Key_Escape)
    assert drawn.stage.currentWidget() is drawn.grid


def test_a_large_cell_offers_its_nearest_training_picture(qtbot, drawn):
    pair = drawn.evidence.pairs()[0]
    drawn.stage.open_cell(pair.key)
    assert drawn.full.nearest.isVisible()
    qtbot.mouseClick(drawn.full.nearest, LEFT)
    assert drawn.stage.currentWidget() is drawn.pair
    assert drawn.pair.pair.training == pair.training


def test_the_line_under_a_pair_names_its_whole_checkpoint(drawn):
    pair = drawn.evidence.pairs()[0]
    first, second = drawn.right.pairs.lines(pair, 60)
    assert first == drawn.state.title_of(pair.key.checkpoint)
    assert f"seed {pair.key.seed}" in second


def test_a_grid_drawn_before_is_shown_again(drawn, session, run):
    drawn.state.clear()
    drawn.evidence.clear()
    session.start(drawn.reader.show_latest())
    assert len(list(drawn.state.finished())) == 32
    assert drawn.evidence.evidence is not None


def test_a_narrow_window_shuts_the_left_column_to_a_strip(view, qtbot):
    view.resize(1180, 740)
    view.show()
    assert view.strip.isVisible()
    assert not view.panel.isVisible()
    qtbot.mouseClick(view.strip.open_button, Qt.MouseButton.LeftButton)
    assert view.panel.isVisible()
    qtbot.mouseClick(view.strip.open_button, Qt.MouseButton.LeftButton)
    assert not view.panel.isVisible()
    view.resize(1500, 900)
    assert view.panel.isVisible()
    assert not view.strip.isVisible()
