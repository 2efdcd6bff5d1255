"""What opening a grid costs, in calls and signals: nothing grows faster than its cells."""

from __future__ import annotations

import cProfile
import os

import numpy as np
import pytest

from app.validation import model
from app.validation.model import GridState
from app.validation.row_measures import row_measures
from app.validation.runner import latest_grid
from engine.validation import manifest
from engine.validation.manifest import open_grid
from engine.validation.planning import plan
from tests.app.validation.grids import axes_of, draw


@pytest.fixture
def grid(session, run):
    """Draws a grid of 4 checkpoints, 2 weights and some seeds."""

    def make(seeds, name="drawn"):
        picture = np.zeros(3, np.uint8)
        axes = axes_of(run, seeds=tuple(range(seeds)))
        return draw(session, axes, name, side=2, paint=lambda *_: picture)

    return make


def _calls(work):
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def _opened(folder):
    state = GridState()
    state.open(open_grid(folder))
    assert len(list(state.finished())) == len(list(state.request.positions()))
    row_measures(state, None)
    plan(state.request)


def test_twice_as_many_cells_take_no_more_than_twice_the_calls(grid):
    small, large = grid(20, "small"), grid(40, "large")
    _opened(small)  # what is imported and worked out once
    assert _calls(lambda: _opened(large)) < 2.1 * _calls(lambda: _opened(small))


def test_cells_of_a_grid_that_is_opened_come_at_once(grid):
    state, heard = GridState(), []
    state.axes_changed.connect(lambda: heard.append("axes"))
    state.cell_changed.connect(lambda _: heard.append("cell"))
    state.open(open_grid(grid(5)))
    assert heard == ["axes"]


def test_the_cells_of_a_project_are_made_beside_the_window(view, session, grid, monkeypatch):
    folder = grid(5)
    monkeypatch.setattr(model, "cells_of", lambda grid: pytest.fail("made on the UI thread"))
    session.start(view.reader.show_latest())
    assert view.state.request.folder == str(folder)
    assert len(list(view.state.finished())) == 4 * 2 * 2 * 5


def test_the_newest_grid_is_found_without_reading_the_others(grid, session, run, monkeypatch):
    for number, name in enumerate(("first", "second", "third"), 1):
        os.utime(grid(1, name) / "grid.json", (number, number))
    read = []

    def reading(folder):
        read.append(folder.name)
        return open_grid(folder)

    monkeypatch.setattr(manifest, "open_grid", reading)
    found = latest_grid(session.project.grids, {run.checkpoints[0].path})
    assert found.folder.name == "third"
    assert read == ["third"]
