from __future__ import annotations

import pytest

from app.canvas.view import View
from tests.app.canvas.fakes import FakeSession


@pytest.fixture
def session():
    made = FakeSession()
    yield made
    made.close()


@pytest.fixture
def view(qapp, qtbot, session):
    """The workspace with a white canvas of 200 x 160 shown at 100 %."""
    made = View(session)
    qtbot.addWidget(made)
    made.resize(1500, 900)
    made.show()
    session.start(made.keeper.create(200, 160, (255, 255, 255), "Background"))
    qapp.processEvents()  # the fitting that waits for the first showing
    made.surface.actual_size()
    made.surface.view.center()
    return made


@pytest.fixture
def state(view):
    return view.state
