"""Many pictures: the first are shown before all are read, and judging holds nothing back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from app.dataset import judging, model, snapshot
from app.dataset.view import View


@pytest.fixture
def view(qtbot, session, monkeypatch):
    """A workspace to which three pictures are many."""
    monkeypatch.setattr(model, "FEW", 3)
    made = View(session)
    qtbot.addWidget(made)
    made.resize(1532, 934)
    made.show()
    yield made
    made.thumbnails.close()


def test_the_first_pictures_are_shown_before_the_others_are_read(view, session, art, settle):
    session.open_folder(art)
    settle(session)
    settle(session)
    shown: list[tuple[int, str]] = []
    bar = view.stage.bar
    view.state.shown_changed.connect(
        lambda: shown.append((len(view.state.shown), bar.count.text()))
    )
    session.open_folder(art)
    settle(session)
    assert list(dict.fromkeys(count for count, _ in shown)) == [0, 4, 6]
    assert all(text != "4 pictures" for _, text in shown)  # that many are read, and not there
    assert bar.count.text() == "6 pictures"


def test_an_edit_is_shown_while_pictures_are_judged(view, session, art, settle, loop, monkeypatch):
    monkeypatch.setattr(judging, "STEP_ASIDE", 0.0)
    begun, go_on = threading.Event(), threading.Event()
    judge = snapshot.judge

    def slow(*args):
        begun.set()
        assert go_on.wait(60)
        return judge(*args)

    monkeypatch.setattr(snapshot, "judge", slow)
    session.open_folder(art)

    async def edit() -> None:
        while not (begun.is_set() and view.state.snapshot.whole and view.state.pictures):
            await asyncio.sleep(0.01)
        picture = next(iter(view.state.pictures.values()))
        await view.operations.rate([picture], 4)
        while view.state.pictures[picture.id].stars != 4:
            await asyncio.sleep(0.01)
        assert not view.state.suggestions
        go_on.set()

    loop.run_until_complete(asyncio.wait_for(edit(), 60))
    settle(session)
    assert view.state.suggestions
    assert any(picture.stars == 4 for picture in view.state.pictures.values())


def test_pages_that_were_never_opened_are_not_made(view, session, art, settle):
    session.open_folder(art)
    settle(session)
    assert not view.is_editor_made
    assert view.pages.count() == 2  # the grid and the board
    view.stage.choose(next(iter(view.state.pictures)))
    view.edit()
    settle(session)
    assert view.is_editing
