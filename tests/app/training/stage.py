"""The stage of a run and the column of runs, with runs to show on them."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import i18n
from app.training.model import TrainState
from app.training.run_column import RunColumn
from app.training.run_stage import RunStage
from app.widgets.graph import Graph  # noqa: F401  its library is here before a run is shown
from tests.app.training.runs_at_hand import LiveRun, make_run


class Page(QWidget):
    """The stage and the column of runs as the page has them, without the settings of the next."""

    def __init__(self, session) -> None:
        super().__init__()
        self.session, self.state = session, TrainState(session)
        self.stage, self.runs = RunStage(self.state), RunColumn(self.state)
        self.runs.join(self.stage)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.stage, 1)
        row.addWidget(self.runs)


@pytest.fixture
def opener(qtbot, opened, settle):
    """Shows a page of the open project."""

    def show(kind):
        made = kind(opened)
        qtbot.addWidget(made)
        made.resize(1196 if kind is Page else 1532, 934)
        made.show()
        settle(opened)
        return made

    yield show
    i18n.set_language("en")


@pytest.fixture
def kind():
    """What ``view`` shows; a file that needs the whole page has another."""
    return Page


@pytest.fixture
def view(opener, kind):
    return opener(kind)


@pytest.fixture
def shown(view, settle):
    """Show runs that lie in the project: the last one named is the newest."""

    def make(**runs):
        made = [make_run(view.session, name, **settings) for name, settings in runs.items()]
        for at, run in enumerate(made):
            run._mark(**run.info | {"started": 1000.0 + at})
        view.session.start(view.state.load_runs())
        settle(view.session)
        return view

    return make


@pytest.fixture
def live(view, settle):
    run = LiveRun(view, settle)
    yield run
    run.handle.cancel()
