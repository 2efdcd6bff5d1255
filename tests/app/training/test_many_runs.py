"""A run with many checkpoints and samples; numbers that are copied; charts drawn in turns."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app import i18n
from app.training import fact_table
from app.widgets.turns import Turns
from tests.app.training.runs_at_hand import drawn, entry, make_run


def copied() -> list[list[str]]:
    return [row.split("\t") for row in QGuiApplication.clipboard().text().split("\n")]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_numbers_of_checkpoints_are_copied_by_key_and_by_menu(shown, language):
    view = shown(only={})
    i18n.set_language(language)
    table = view.runs.checkpoints
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert copied() == [["3", "12", "0.3000", "0.1500"]]
    view.runs._open_checkpoint_menu(view.state.story.checkpoints[0], QPoint())
    entry(view.runs, i18n.tr("Copy all numbers")).trigger()
    assert copied()[0] == [i18n.tr(one) for one in ("Epoch", "Step", "Loss", "Held-out")]
    assert [row[0] for row in copied()[1:]] == ["3", "2", "1"]


def test_settings_and_events_of_a_run_are_copied(shown):
    view = shown(only={})
    view.runs.settings.setFocus()
    QTest.keyClick(view.runs.settings, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert ["Epochs", "3"] in copied()
    view.runs.events.menu(0).at(QPoint())
    entry(view.runs.events, "Copy this line").trigger()
    assert len(copied()) == 1
    assert copied()[0][1] == view.runs.events.facts[0][1]


def test_of_many_rows_only_the_seen_ones_are_painted(shown, monkeypatch):
    view = shown(only={"epochs": 3})
    table, painted = view.runs.checkpoints, []
    monkeypatch.setattr(table, "_paint_row", lambda _, place, row: painted.append(place))
    table.repaint(0, 24 + 26 + 2, 100, 20)
    assert painted == [1]


def test_only_samples_that_are_seen_are_read(shown, settle):
    view = shown(only={})
    run = make_run(view.session, "many", epochs=3)
    for step in range(100, 160):
        run.log_event("train.sample", drawn(run.folder, 1, step))
    view.session.start(view.state.load_runs())
    settle(view.session)
    view.state.show(next(one for one in view.state.runs if one.name == "many"))
    view.grab()
    settle(view.session)
    canvas = view.stage.samples.canvas
    assert len(canvas.columns) > 60
    assert 0 < len(canvas._pictures) < 30
    bar = view.stage.samples.horizontalScrollBar()
    before = set(canvas._pictures)
    bar.setValue(bar.minimum() if bar.value() else bar.maximum())
    view.grab()
    assert set(canvas._pictures) - before


def test_the_rows_of_facts_fit_their_words(qtbot, dressed):
    table = fact_table.FactTable(left=52)
    qtbot.addWidget(table)
    table.set_facts([("14:31", "a"), ("14:32", "b")])
    table.resize(200, table.sizeHint().height())
    table.show()
    name, value = table.cells(1)
    assert name.bottom() < table.height()
    assert value.left() > name.right()
    assert value.right() < table.width()


def test_one_thing_is_drawn_in_a_turn_and_asks_for_another(qtbot):
    class Slow(QObject):
        def __init__(self, times: int) -> None:
            super().__init__()
            self.left = times

        def take_turn(self) -> bool:
            order.append(self)
            self.left -= 1
            return self.left > 0

    order, turns = [], Turns()
    first, second = Slow(2), Slow(1)
    for one in (first, second, first):
        turns.ask(one)
    turns._next()
    assert order == [first]
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == [first, second, first]
    turns.ask(second)
    assert turns.drop(second)
    assert not turns.drop(second)
