"""The page of the verdict over planted pictures: base art, its style, and one that copies."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from app.i18n import set_language, tr
from app.theme import color
from app.validation import verdict_help
from app.validation.cell import Checkpoint
from app.validation.choices import RunChoice
from app.validation.evidence_work import Assessed, Measuring, Watch
from app.validation.extractor_choice import ExtractorChoice
from app.validation.verdict_data import COLORS
from app.validation.verdict_frame import apart
from app.validation.verdict_words import said
from engine.dataset.edits import Recipe
from engine.imaging.adjust import resize
from engine.runtime.errors import BadInputError, JobCancelled
from engine.runtime.job import JobHandle
from engine.validation import dismissed as dismissed_file
from engine.validation import limits as limits_file
from engine.validation.evidence import assess
from engine.validation.features_cache import FeatureCache
from engine.validation.held_out import HeldOut
from engine.validation.judging import judge
from engine.validation.learned_pictures import Learned
from engine.validation.limits import Limits
from engine.validation.manifest import open_grid, write_manifest
from engine.validation.overfit_data import read_plain
from engine.validation.overfit_stats import Figure
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore
from tests.engine.validation.pictures import paths, read

LEFT = Qt.MouseButton.LeftButton
KINDS = {
    "a bucket": "unseen", "sks": "trigger only", "bucket": "no trigger", "a lamp": "unseen"
}  # fmt: skip
EPOCHS = (2, 4, 6)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A measured grid: epoch 2 is the base model still, 4 has the style at weight 1, 6 copies."""
    root = tmp_path_factory.mktemp("planted")
    raw, pixel = read(paths("raw")[:12]), read(paths("pixel"))
    files = [root / f"style-{epoch:06d}.safetensors" for epoch in EPOCHS]
    for path in files:
        path.write_bytes(path.name.encode())
    axes = four_axes(("", *map(str, files)), (0.5, 1.0), (1, 2), list(KINDS))
    request = GridRequest(folder=str(root / "grids" / "one"), axes=axes, trigger="sks")
    store, cells = CellStore(request.cells_folder), []
    for number, place in enumerate(request.positions()):
        subject = 2 * list(KINDS).index(place.prompt) + place.seed
        shown = raw[subject]
        if place.checkpoint == str(files[1]) and place.prompt != "bucket":
            shown = pixel[subject] if place.weight == 1.0 else raw[subject]
        if place.checkpoint == str(files[2]):
            shown = pixel[12]
        identifier = f"{number if place.checkpoint else subject + 900:064d}"
        path = store.path(identifier)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(resize(shown, (64, 64))).save(path)
        cells.append((identifier, place))
    write_manifest(request, cells, {})
    grid = open_grid(root / "grids" / "one")
    training, held_out = paths("pixel")[12:18], paths("pixel")[18:21]
    learned = Learned(training, held_out, read_plain)
    kinds = {"a bucket": "unseen", "sks": "trigger", "bucket": "off", "a lamp": "unseen"}
    losses = {
        str(path): HeldOut(Figure(0.2 / epoch, 0.19 / epoch, 0.21 / epoch))
        for path, epoch in zip(files, EPOCHS, strict=True)
    }
    evidence = assess(grid, training, held_out, prompts=kinds, losses=losses)
    return SimpleNamespace(root=root, files=files, assessed=Assessed(grid, evidence, learned))


@pytest.fixture
def judged(qtbot, view, planted):
    """The view with that grid, its verdict on the stage."""
    items = tuple(
        Checkpoint(str(path), path.stem, epoch, 0.1, 0.2 / epoch)
        for path, epoch in zip(planted.files, EPOCHS, strict=True)
    )
    view.setup.set_runs([RunChoice(str(planted.root / "run"), "style", "starter", items)])
    view.state.checkpoints = {item.path: item for item in items}
    view.state.open(planted.assessed.grid)
    view.state.tags = dict(KINDS)
    view.session.project.root.mkdir(exist_ok=True)
    view.session.start(view.evidence.choices.follow())
    view.evidence._take(planted.assessed)
    view.stage.show_verdict()
    qtbot.waitUntil(lambda: view.evidence.verdict().what_if != ())
    return view


def texts(widget):
    from PySide6.QtWidgets import QLabel

    return [one.text() for one in widget.findChildren(QLabel) if one.isVisible()]


def link(widget, words):
    found = [one for one in widget.findChildren(QPushButton) if one.text() == words]
    return next(one for one in found if one.isVisible())


def test_each_checkpoint_has_one_row_of_flags_and_few_come_before_the_pairs(qtbot, judged):
    judged.stage.show_grid()
    flags = judged.evidence.flags()
    checkpoints = list(dict.fromkeys(flag.checkpoint for flag in flags))
    assert len(flags) > len(checkpoints)
    panel = judged.right.flags
    assert panel.count == len(flags)
    assert panel._rows.count() == len(checkpoints)
    told = " ".join(texts(panel))
    assert all(said(flag.headline)[1:] in told for flag in flags)


def test_lost_variety_is_shown_by_the_seeds_that_are_alike(qtbot, judged):
    judged.stage.show_grid()
    flag = next(one for one in judged.evidence.flags() if one.kind == "variety")
    places = judged.evidence.places_of(flag)
    assert len(places) == 2
    assert {(one.checkpoint, one.weight) for one in places} == {(flag.checkpoint, flag.weight)}
    assert len({one.prompt for one in places}) == 1
    judged.right.flags._show_flag(flag)
    assert judged.state.shown_seed is None
    port = judged.grid.viewport().rect()
    assert all(port.intersects(judged.grid.cell_rect(one)) for one in places)


def test_the_segment_shows_the_page_and_the_column_follows(qtbot, judged):
    assert judged.stage.currentWidget() is judged.verdict
    assert judged.right.verdict.headline.text() == "Use epoch 4 at weight 1"
    assert judged.right.limits.isVisible()
    assert judged.right.epochs.isVisible()
    assert not judged.right.pairs_panel.isVisible()
    assert not judged.bar.zoom.isVisible()
    judged.stage.show_grid()
    assert judged.right.pairs_panel.isVisible()
    assert not judged.right.limits.isVisible()


def test_a_limit_that_is_typed_changes_the_verdict_and_is_kept(qtbot, judged, session):
    field = judged.right.limits.rows["copies_share"].field
    assert "copies" in {flag.kind for flag in judged.evidence.flags()}
    before = judged.evidence.evidence
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "1.00")
    assert judged.evidence.choices.limits.copies_share == 1.0
    assert "copies" not in {flag.kind for flag in judged.evidence.flags()}
    assert judged.evidence.evidence is before
    kept, wrong = limits_file.load(session.project.root)
    assert (kept.copies_share, wrong) == (1.0, None)
    assert judged.undoing.about_undo() == "Move a limit"
    judged.undoing.undo()
    assert judged.evidence.choices.limits == Limits()
    assert limits_file.load(session.project.root)[0] == Limits()
    judged.undoing.redo()
    assert judged.evidence.choices.limits.copies_share == 1.0
    qtbot.mouseClick(judged.right.limits.reset, LEFT)
    assert judged.evidence.choices.limits == Limits()
    assert not judged.right.limits.reset.isEnabled()


def test_what_is_typed_in_one_field_is_one_step_and_another_field_is_another(qtbot, judged):
    rows = judged.right.limits.rows
    for name in ("least_fit", "least_kept"):
        field = rows[name].field
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, "0.25")
        qtbot.keyClick(field, Qt.Key.Key_Return)
    judged.undoing.undo()
    limits = judged.evidence.choices.limits
    assert (limits.least_fit, limits.least_kept) == (0.25, 0.5)
    judged.undoing.undo()
    assert judged.evidence.choices.limits == Limits()


def test_a_dragged_handle_moves_its_limit_and_counts_the_rows_against_it(qtbot, judged):
    chart = judged.verdict.chart
    limit = next(one for one in chart.data.limits if one.setting == "least_fit")
    start = chart.frame.handle(limit).center().toPoint()
    high = QPoint(start.x(), round(chart.frame.y(0.95)))
    qtbot.mousePress(chart, LEFT, pos=start)
    qtbot.mouseMove(chart, high)
    moved = next(one for one in chart.data.limits if one.setting == "least_fit")
    assert moved.value == pytest.approx(0.95, abs=0.02)
    assert moved.failing > limit.failing
    qtbot.mouseMove(chart, QPoint(start.x(), round(chart.frame.y(0.3))))
    qtbot.mouseRelease(chart, LEFT, pos=QPoint(start.x(), round(chart.frame.y(0.3))))
    assert judged.evidence.choices.limits.least_fit == pytest.approx(0.3, abs=0.02)
    judged.undoing.undo()
    assert judged.evidence.choices.limits == Limits()


def test_words_under_the_chart_are_of_the_weight_shown_those_of_the_list_of_the_best(judged):
    def words():
        return [slot.word for slot in judged.verdict.chart.data.slots]

    judged.focus.show_weight(1.0)
    assert words()[1] == "use"
    judged.focus.show_weight(0.5)
    assert words() == ["unlearned", "unlearned", "copies"]
    listed = {row.text: row.count for row in judged.right.epochs.list.rows.items}
    assert listed["Epoch 4"] == "use this at 1"
    assert listed["Epoch 2"] == "style too weak"


def test_no_words_of_the_chart_lie_over_each_other(judged):
    words = judged.verdict.chart.frame.side_words()
    assert len(words) == 4
    middles = [word.middle for word in words]
    assert all(below - above >= 14.9 for above, below in pairwise(middles))
    assert apart([10, 11, 12], 15, 0, 100) == [10, 25, 40]
    assert apart([95, 96, 97], 15, 0, 100) == [70, 85, 100]


def test_the_base_model_is_in_the_chart_in_the_numbers_and_in_the_comparisons(qtbot, judged):
    chart = judged.verdict.chart
    image = chart.grab().toImage()
    for curve in chart.data.curves:
        assert curve.base is not None
        at = QPoint(round(chart.frame.base_x), round(chart.frame.y(curve.base.value)))
        assert image.pixelColor(at).name() == color(COLORS[curve.key]).name()
    qtbot.mouseClick(judged.verdict.numbers, LEFT)
    assert judged.verdict.table.item(0, 0).text() == "Base model"
    judged.verdict.weight.changed.emit("all")
    assert judged.verdict.table.rowCount() == 1 + 3 * 2
    judged.verdict.weight.changed.emit(0.5)
    table = judged.verdict.table
    shown = [table.item(row, 1).text() for row in range(table.rowCount())]
    assert shown == ["", "0.5", "0.5", "0.5"]
    for planted, row in judged.verdict.planted.blocks:
        assert planted.base.count == 2
        assert len(judged.verdict.planted.cells(planted, row, 0)) == 2
    assert judged.right.epochs.list.rows.rowCount() == 4


def test_the_chart_lays_a_band_on_the_chosen_epoch_and_dashes_what_is_a_limit(judged):
    chart = judged.verdict.chart
    frame, image = chart.frame, chart.grab().toImage()
    chosen = [slot.checkpoint for slot in chart.data.slots].index(chart.data.chosen)
    band = frame.band(chosen)
    inside = QPointF(band.left() + 2, frame.losses.center().y() + 7).toPoint()
    assert image.pixelColor(inside).name() == color("chart_band").name()
    outside = QPointF(band.left() - 3, frame.losses.center().y() + 7).toPoint()
    assert image.pixelColor(outside).name() != color("chart_band").name()
    limit = next(one for one in chart.data.limits if one.key == "fit")
    y = round(frame.y(limit.value))
    left = round(frame.main.left())
    lit = [_near(image.pixelColor(x, y), color("acc")) for x in range(left, left + 30)]
    assert 6 <= sum(lit) <= 18
    assert sum(a != b for a, b in pairwise(lit)) >= 6


def _near(one, other):
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return sum(abs(a - b) for a, b in pairs) < 150


def test_the_intervals_are_drawn_as_bands(judged):
    chart = judged.verdict.chart
    figures = next(one for one in chart.data.curves if one.key == "diversity").weights[0.5]
    assert any(figure.high - figure.low > 0.02 for figure in figures)
    judged.focus.show_weight(0.5)
    with_bands = chart.grab().toImage()
    curves = tuple(
        replace(
            curve,
            weights={
                weight: tuple(
                    replace(one, low=one.value, high=one.value) if one is not None else None
                    for one in line
                )
                for weight, line in curve.weights.items()
            },
        )
        for curve in chart.data.curves
    )
    chart.show_data(replace(chart.data, curves=curves), 0.5, all_weights=False)
    assert chart.grab().toImage() != with_bands


def test_the_pointer_reads_every_series_with_its_interval(qtbot, judged):
    chart = judged.verdict.chart
    x = round(chart.frame.xs[1])
    qtbot.mouseMove(chart, QPoint(x, round(chart.frame.main.center().y())))
    assert chart.hovered == 1
    title, rows = chart.readout(1)
    assert title == "Epoch 4, weight 1"
    assert [row.name for row in rows] == ["Style fit", "Diversity", "Copying", "Held-out loss"]
    row = judged.evidence.verdict().evidence.row(chart.data.slots[1].checkpoint, 1.0)
    assert rows[0].value == f"{row.style_fit:.2f}"
    low, _, high = rows[2].interval.partition("\u2013")
    assert float(low) <= row.copying + 0.005
    assert float(high) >= row.copying - 0.005
    assert (rows[3].value, rows[3].interval) == ("0.0500", "0.0475\u20130.0525")
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.hovered == -1
    assert chart.readout(-1)[0] == "Base model"


def test_a_click_in_the_chart_looks_at_another_epoch(qtbot, judged, planted):
    chart = judged.verdict.chart
    assert judged.focus.at == (str(planted.files[1]), 1.0)
    place = QPoint(round(chart.frame.xs[2]), round(chart.frame.main.center().y()))
    qtbot.mouseClick(chart, LEFT, pos=place)
    assert judged.focus.at == (str(planted.files[2]), 1.0)
    assert chart.data.chosen == str(planted.files[2])
    assert judged.right.limits.subject.text() == "epoch 6 at 1"
    assert judged.right.limits.rows["copies_share"].value.text() == "1.00"
    assert judged.right.limits.rows["copies_share"].mark._name == "triangle-alert"
    assert judged.state.pick_checkpoint == str(planted.files[1])


def test_weights_are_shown_alone_or_together(qtbot, judged):
    chart = judged.verdict.chart
    alone = chart.grab().toImage()
    judged.verdict.weight.changed.emit("all")
    assert judged.focus.all_weights
    assert chart.grab().toImage() != alone
    judged.verdict.weight.changed.emit(0.5)
    assert (judged.focus.at[1], chart.weight, chart.all_weights) == (0.5, 0.5, False)


def test_planted_comparisons_are_those_that_the_prompts_allow(qtbot, judged, planted):
    kinds = [one.kind for one, _ in judged.verdict.planted.blocks]
    assert kinds == ["unseen", "trigger", "off"]
    block, row = judged.verdict.planted.blocks[0]
    upper = judged.verdict.planted.cells(block, row, 0)
    lower = judged.verdict.planted.cells(block, row, 1)
    seeds = [judged.evidence.place_of(one).seed for one in lower]
    assert seeds == [judged.evidence.place_of(one).seed for one in upper] == [1, 2]
    place = judged.verdict.planted.picture_rect(0, 1, 1).center()
    qtbot.mouseClick(judged.verdict.planted, LEFT, pos=place)
    assert judged.stage.currentWidget() is judged.grid
    assert judged.state.first == judged.evidence.place_of(lower[1])


def test_flags_show_their_pairs_with_the_true_training_picture(qtbot, judged, planted):
    flag = next(one for one in judged.evidence.flags() if one.kind == "copies")
    assert flag.checkpoint == str(planted.files[2])
    pairs = judged.evidence.pairs_of(flag.cells)
    assert {pair.training for pair in pairs} == {str(paths("pixel")[12])}
    assert all(pair.similarity > 0.9 for pair in pairs)
    strip = judged.verdict.flags.strips[0]
    strip.grab()
    image = strip.grab().toImage()
    right = strip.card_rect(0).center() + QPoint(40, -10)
    truth = judged.evidence.training.get(pairs[0].training).toImage()
    shades = {truth.pixelColor(x, y).name() for x in range(0, 32) for y in range(0, 32)}
    assert image.pixelColor(right).alpha() == 255
    assert len(shades) > 0
    qtbot.mouseClick(link(judged.verdict.flags, "Show in grid"), LEFT)
    assert judged.stage.currentWidget() is judged.grid
    assert judged.state.first == pairs[0].key


def test_a_pair_of_a_flag_is_shown_large_and_left_for_the_verdict(qtbot, judged):
    strip = judged.verdict.flags.strips[0]
    shown = strip._pairs[0]
    qtbot.mouseClick(strip, LEFT, pos=strip.card_rect(0).center())
    assert judged.stage.currentWidget() is judged.pair
    assert judged.pair.pair == shown
    qtbot.keyClick(judged.pair, Qt.Key.Key_Escape)
    assert judged.stage.currentWidget() is judged.verdict
    assert judged.bar.mode.value == "verdict"
    assert judged.pair.back.text() == "Back to the verdict"


def test_more_pairs_than_have_room_are_counted_and_shown_on_a_click(qtbot, judged):
    strip = judged.verdict.flags.strips[0]
    strip.resize(2 * 180, strip.height())
    assert strip.shown == 1
    low = strip.heightForWidth(strip.width())
    qtbot.mouseClick(strip, LEFT, pos=strip.card_rect(1).center())
    assert strip.shown == len(strip._pairs) > 2
    assert strip.heightForWidth(strip.width()) > low


def test_a_flag_is_dismissed_with_a_reason_kept_and_restored(qtbot, judged, session):
    count = len(judged.evidence.flags())
    picked = judged.evidence.pick().checkpoint
    qtbot.mouseClick(link(judged.verdict.flags, "Dismiss…"), LEFT)
    dialog = judged.verdict.flags.dialog
    assert not dialog.dismiss_button.isEnabled()
    qtbot.keyClicks(dialog.reason, "all swords look so")
    qtbot.mouseClick(dialog.dismiss_button, LEFT)
    assert len(judged.evidence.flags()) == count - 1
    (kept,), _ = dismissed_file.load(session.project.root)
    assert kept.reason == "all swords look so"
    words = "Dismissed: all swords look so"
    qtbot.waitUntil(lambda: words in texts(judged.verdict.flags))
    assert judged.evidence.pick().checkpoint == picked
    assert judged.right.flags.count == count - 1
    session.start(judged.evidence.choices.follow())
    assert len(judged.evidence.flags()) == count - 1
    qtbot.mouseClick(link(judged.verdict.flags, "Restore"), LEFT)
    assert len(judged.evidence.flags()) == count
    assert dismissed_file.load(session.project.root)[0] == ()
    judged.undoing.undo()
    assert len(judged.evidence.flags()) == count - 1


def test_what_another_limit_would_change_is_told(qtbot, judged):
    told = {one.name for one in judged.evidence.verdict().what_if}
    name = next(name for name in judged.right.limits.rows if name in told)
    judged.right.limits.point_at(name)
    assert "the answer would be" in judged.right.limits.what_if.text() or (
        "no checkpoint would be good enough" in judged.right.limits.what_if.text()
    )
    stable = next(name for name in judged.right.limits.rows if name not in told)
    judged.right.limits.point_at(stable)
    assert "stays the same" in judged.right.limits.what_if.text()


def test_the_numbers_are_copied_as_a_spreadsheet(qtbot, judged):
    judged.verdict.weight.changed.emit("all")
    qtbot.mouseClick(judged.verdict.numbers, LEFT)
    qtbot.mouseClick(judged.verdict.copy, LEFT)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert len(lines) == 8
    assert lines[0].split("\t")[:5] == ["Checkpoint", "Weight", "Verdict", "Pictures", "Style fit"]
    assert lines[1].startswith("Base model\t\tbase model\t8\t0.00 (")
    assert "(" in lines[3].split("\t")[4]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_number_tells_what_it_is_in_both_languages(qtbot, judged, language):
    set_language(language)
    try:
        row = judged.right.limits.rows["excess"]
        assert row.value.toolTip() == tr(verdict_help.COPYING_LIMIT)
        assert "Meehan" in row.value.toolTip()
        assert (language == "en") == ("real art" in row.value.toolTip())
        qtbot.mouseClick(judged.verdict.numbers, LEFT)
        table = judged.verdict.table
        tips = [table.horizontalHeaderItem(c).toolTip() for c in range(4, table.columnCount())]
        assert all(tips)
    finally:
        set_language("en")


def test_the_least_alike_pairs_can_come_first(judged):
    judged.stage.show_grid()
    most = [pair.similarity for pair in judged.right.pairs._pairs]
    assert most == sorted(most, reverse=True)
    judged.right.order.set_value("unlike")
    judged.right.order.changed.emit("unlike")
    least = [pair.similarity for pair in judged.right.pairs._pairs]
    assert least == sorted(least)
    assert least[0] < most[-1]


def test_a_grid_without_a_verdict_says_what_it_takes(qtbot, view):
    view.stage.show_verdict()
    assert view.stage.currentWidget() is view.empty
    view.state.open(open_empty(view))
    view.stage.show_verdict()
    assert view.verdict.currentWidget() is view.verdict.empty


def test_without_training_pictures_the_page_says_what_it_cannot_judge(view, planted, judged):
    grid, learned = planted.assessed.grid, planted.assessed.learned
    kinds = {"a bucket": "unseen", "sks": "trigger", "bucket": "off"}
    found = assess(grid, (), prompts=kinds)
    judged.evidence._take(Assessed(grid, found, learned._replace(training=(), held_out=())))
    panel = judged.right.verdict
    assert panel.headline.text() == "Not enough to judge"
    assert panel.reasons.text().startswith("Whether it copies cannot be judged")
    assert not panel.complete.isVisible()  # nothing that is drawn would tell
    assert [line.key for line in judged.verdict.chart.data.limits] == ["diversity"]
    gone = judged.right.limits.rows["copies_share"].value
    assert gone.text() == "\N{EN DASH}"
    assert "no training picture is at hand" in gone.toolTip()
    assert "Share of copies" in judged.right.limits.missing.text()
    assert "no training picture is at hand" in judged.right.limits.missing.text()
    assert judged.right.limits.rows["variety_of_base"].value.text()[0].isdigit()
    assert not judged.verdict.flags.note.isVisible()
    assert judged.right.deeds.report.isEnabled()
    assert not judged.right.deeds.approve.isEnabled()
    judged.stage.show_grid()
    assert not judged.right.pairs_panel.isVisible()
    judged.verdict.planted.grab()


def test_a_column_with_nothing_to_do_has_no_foot(view, planted):
    assert not view.right._foot.isVisible()
    assert not view.right._foot_line.isVisible()
    view.state.open(planted.assessed.grid)
    view.evidence._take(planted.assessed)
    assert view.right.deeds.approve.isVisible()
    assert view.right._foot_line.isVisible()


def open_empty(view):
    request = GridRequest(
        folder=str(view.session.project.grids / "empty"),
        axes=four_axes(("", "a.safetensors"), (1.0,), (1,), ["a"]),
    )
    write_manifest(request, [(f"{n:064d}", one) for n, one in enumerate(request.positions())], {})
    return open_grid(view.session.project.grids / "empty")


# Measuring


@pytest.fixture
def measuring(session, planted, tmp_path):
    pictures = [
        SimpleNamespace(
            path=path, usable=True, held_out=False, problem="", recipe=Recipe(), category=""
        )
        for path in paths("pixel")[12:15]
    ]
    grid = planted.assessed.grid
    cache = FeatureCache(tmp_path / "features.sqlite")
    return Measuring(grid.folder, session.project, pictures, {}, cache)


def test_measuring_tells_how_far_it_is_and_stops_when_told(measuring):
    watch = Watch()
    step, seen = watch.step, []

    def stepping(count=1):
        seen.append((watch.done, watch.total))
        if len(seen) == 12:
            watch.cancel()
        step(count)

    watch.step = stepping
    with pytest.raises(JobCancelled):
        measuring.run(watch)
    assert len(seen) == 12
    done = [one for one, _ in seen]
    assert done == sorted(done)
    assert seen[-1][1] > 10


def test_what_was_measured_is_not_measured_again(measuring, monkeypatch):
    whole = measuring.run(Watch())

    def never(*_):
        raise AssertionError("described again")

    monkeypatch.setattr("engine.validation.features_embedded.EmbeddedExtractor.describe", never)
    monkeypatch.setattr(
        "engine.validation.features_embedded.EmbeddedExtractor.describe_views", never
    )
    again = measuring.run(Watch())
    assert again.evidence.rows == whole.evidence.rows
    assert np.isclose(again.evidence.threshold, whole.evidence.threshold)


def test_a_cancelled_measurement_can_be_started_again(qtbot, judged, session, monkeypatch):
    asked = []

    def stopped(self, watch):
        judged.evidence.cancel()
        watch.step()

    monkeypatch.setattr("app.validation.evidence_work.Measuring.run", stopped)
    session.library = SimpleNamespace(pictures=list)
    judged.evidence._take(None)
    judged.measure()
    panel = judged.right.verdict
    assert panel.headline.text() == "Not measured"
    assert panel.again.isVisible()
    assert not panel.cancel.isVisible()

    def done(self, watch):
        asked.append(self)
        raise BadInputError("Nothing is there.", remedy="Draw it.")

    monkeypatch.setattr("app.validation.evidence_work.Measuring.run", done)
    qtbot.mouseClick(panel.again, LEFT)
    assert len(asked) == 1
    assert "Nothing is there." in panel.reasons.text()
    assert not judged.evidence.measuring


def test_progress_is_shown_with_a_way_to_stop(qtbot, judged):
    judged.evidence._take(None)
    watch = Watch()
    watch.total = 600
    watch.step(480)
    judged.evidence._watch = watch
    judged.evidence.changed.emit()
    panel = judged.right.verdict
    assert panel.headline.text() == "Measuring 240 of 600"
    assert (panel.bar.value(), panel.bar.maximum()) == (240, 600)
    qtbot.mouseClick(panel.cancel, LEFT)
    with pytest.raises(JobCancelled):
        watch.step()
    assert not judged.evidence.measuring


def test_chart_and_fields_name_a_limit_alike_and_in_one_scale(qtbot, judged):
    rows = judged.right.limits.rows
    words = [word.text for word in judged.verdict.chart.frame.side_words() if word.limit]
    for limit in judged.verdict.chart.data.limits:
        row = rows[limit.setting]
        told = f"{row.name.text().lower()} {row.relation.text()} {row.field.text()}"
        assert told in words
    name, value = "excess", judged.verdict.chart.data.limits[2].value + 0.05
    qtbot.mouseClick(rows[name].field, LEFT)
    rows[name].field.selectAll()
    qtbot.keyClicks(rows[name].field, f"{value:.2f}")
    moved = next(one for one in judged.verdict.chart.data.limits if one.setting == name)
    assert moved.value == pytest.approx(round(value, 2))
    assert judged.evidence.choices.limits.excess == pytest.approx(0.1, abs=0.006)


def test_a_limit_that_can_go_no_further_says_where_and_why(qtbot, judged):
    chart = judged.verdict.chart
    for setting, beyond, why in (
        ("excess", 0.01, "real art that was not trained on is this near"),
        ("variety_of_base", 0.99, "no more can be expected"),
    ):
        frame = chart.frame
        limit = next(one for one in chart.data.limits if one.setting == setting)
        start = frame.handle(limit).center().toPoint()
        qtbot.mousePress(chart, LEFT, pos=start)
        assert chart.dragged.setting == setting
        qtbot.mouseMove(chart, QPoint(start.x(), round(frame.y(beyond))))
        assert why in chart.stop
        stopped = chart.grab().toImage()
        moved = next(one for one in chart.data.limits if one.setting == setting)
        assert moved.value == pytest.approx(limit.ends[0 if beyond < 0.5 else 1], abs=0.006)
        middle = QPoint(start.x(), round(frame.y((moved.value + limit.value) / 2)))
        qtbot.mouseMove(chart, middle)
        assert chart.stop == ""
        assert chart.grab().toImage() != stopped
        qtbot.mouseRelease(chart, LEFT, pos=middle)


def test_a_judgement_names_the_weight_that_it_is_about(judged):
    chart, listed = judged.verdict.chart, judged.right.epochs.list.rows
    judged.focus.show_weight(0.5)
    assert chart.frame.words_of(0.5) == "at weight 0.5"
    judged.focus.show_weight(None)
    assert chart.frame.words_of(None) == "each at its best weight"
    told = {row.text: row.count for row in listed.items}
    assert told["Epoch 4"] == "use this at 1"
    assert told["Epoch 6"] == "copies"  # at both weights


def test_a_pair_tells_its_weight_and_seed_however_narrow_it_is(judged):
    strip = judged.verdict.flags.strips[0]
    pair = strip._pairs[0]
    tail = f"{pair.key.weight:g}, seed {pair.key.seed}"
    assert strip.caption(pair, 400) == f"{pair.key.prompt}, {tail}"
    long = replace(pair, key=replace(pair.key, prompt="a very long prompt of a bucket"))
    assert strip.caption(long, 80).endswith(tail)


def test_few_pictures_are_a_caveat_of_their_own_with_more_to_draw(qtbot, judged, monkeypatch):
    panel = judged.right.verdict
    assert "Only 8 pictures speak for it" in panel.few.text()
    assert "Only 8 pictures" not in panel.reasons.text()
    asked = []
    monkeypatch.setattr(judged.runner, "start", lambda request, *_: asked.append(request))
    qtbot.mouseClick(panel.more, LEFT)
    assert asked[0].seeds == (1, 2, 3, 4, 5, 6)
    assert asked[0].checkpoints == judged.state.request.checkpoints


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_nothing_of_the_column_is_cut_off_in_a_small_window(qtbot, judged, language):
    set_language(language)
    try:
        judged.resize(1212, 740)
        judged.right.limits._show_more()
        area = judged.right._scroll
        qtbot.waitUntil(lambda: area.widget().width() == area.viewport().width())
        qtbot.waitUntil(lambda: area.widget().minimumSizeHint().width() <= area.viewport().width())
        for row in judged.right.limits.rows.values():
            right = row.field.mapTo(area.viewport(), row.field.rect().topRight()).x()
            assert right <= area.viewport().width()
    finally:
        set_language("en")


def test_a_model_of_the_user_measures_in_the_engine_and_is_named(
    qtbot, judged, session, planted, monkeypatch, tmp_path
):
    model = str(tmp_path / "dinov2-small")
    evidence = replace(planted.assessed.evidence, extractor="dinov2 abc")
    asked = []

    def submit(request):
        asked.append(request)
        handle = JobHandle(request)
        handle.set_result(judge(evidence))
        return handle

    kinds = {"a bucket": "unseen", "sks": "trigger", "bucket": "off"}
    monkeypatch.setattr(session.bridge, "submit", submit)
    monkeypatch.setattr(judged.evidence, "prompt_kinds", lambda: kinds)
    session.library = SimpleNamespace(pictures=list)
    judged.extractors.choose(model)
    assert (asked[0].project, asked[0].extractor) == (str(session.project.root), model)
    assert asked[0].prompts == kinds
    assert asked[0].folder == judged.state.request.folder
    assert judged.right.verdict.measured_by.text() == "Measured by dinov2 abc."


def test_what_measures_is_kept_with_the_project(qtbot, judged, session, tmp_path, monkeypatch):
    model = tmp_path / "sscd.pt"
    model.write_bytes(b"model")
    monkeypatch.setattr(judged.extractors, "_measure", lambda: None)
    session.start(judged.evidence.follow())
    judged.extractors.choose(str(model))
    judged.evidence.measured_by = ExtractorChoice(session)
    session.start(judged.evidence.follow())
    assert judged.evidence.measured_by.path == str(model)
    before = len(session.notes)
    model.unlink()
    session.start(judged.evidence.follow())
    assert judged.evidence.measured_by.path == ""
    assert len(session.notes) == before + 1
    assert "cannot be found any more" in session.notes[-1]


def test_the_menu_offers_what_is_there_and_what_can_be_downloaded(judged, session):
    judged.extractors.open()
    words = [action.text() for action in judged.extractors.menu.actions()]
    assert "By edges and colors, built in" in words
    download = next(
        one for one in judged.extractors.menu.actions() if one.text().startswith("Download DINOv2")
    )
    download.trigger()
    assert session.bridge.submitted[-1].request.extractor == "dinov2-small"
    judged.extractors.menu.close()


def test_a_limit_that_is_typed_too_high_says_where_it_stops_and_why(qtbot, judged):
    row = judged.right.limits.rows["variety_of_base"]
    row.field.setFocus()
    row.field.selectAll()
    qtbot.keyClicks(row.field, "0.99")
    qtbot.keyClick(row.field, Qt.Key.Key_Return)
    end = row.field.text()
    assert end != "0.99"
    assert row.stopped.isVisible()
    assert row.stopped.text() == (
        f"It stops at {end}: no more can be expected of these prompts and seeds."
    )
    row.field.selectAll()
    qtbot.keyClicks(row.field, "0.20")
    assert not row.stopped.isVisible()


def test_nothing_is_said_of_other_answers_before_they_are_worked_out(qtbot, judged):
    row = judged.right.limits.rows["least_fit"]
    row.field.setFocus()
    row.field.selectAll()
    qtbot.keyClicks(row.field, "0.95")
    assert judged.right.limits.what_if.text() == "Working out what would change…"
    qtbot.waitUntil(lambda: judged.evidence.verdict().foreseen)
    assert "stays the same" not in judged.right.limits.what_if.text()


def test_a_field_of_a_limit_leaves_undo_to_the_page(qtbot, judged):
    from PySide6.QtGui import QAction, QKeySequence

    undo = QAction(judged)
    undo.setShortcut(QKeySequence("Ctrl+Z"))
    undo.triggered.connect(judged.undoing.undo)
    judged.addAction(undo)
    judged.evidence.choices.set_limit("least_fit", 0.7)
    judged.evidence.choices.finish()
    field = judged.right.limits.rows["least_fit"].field
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert judged.evidence.choices.limits == Limits()
