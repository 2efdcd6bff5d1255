"""Many pictures: the first are shown before all are read, and judging holds nothing back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from app import calm
from app.dataset import judging, model, snapshot
from app.dataset.view import View
from app.reading import Telling
from engine.dataset.picture import Changes


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


@pytest.mark.parametrize("known", [False, True])
def test_a_folder_is_read_while_its_names_are_waited_for(
    view, session, art, settle, loop, monkeypatch, known
):
    """Other work waits for the first names; the reading of them must not wait for itself."""
    if known:
        session.open_folder(art)
        settle(session)
    monkeypatch.setattr(calm, "HELD", 3600.0)
    monkeypatch.setattr(calm, "REST", 0.3)
    order: list[str] = []
    behind = session.bridge.behind

    async def noted(function, *args):
        found = await behind(function, *args)
        order.append(getattr(function, "__name__", ""))
        return found

    monkeypatch.setattr(session.bridge, "behind", noted)

    async def read() -> None:
        session.open_folder(art)
        while session.is_reading or "measure" not in order:
            await asyncio.sleep(0.01)

    loop.run_until_complete(asyncio.wait_for(read(), 60))
    settle(session)
    assert len(view.state.shown) == 6
    assert order.index("scan") < order.index("picture_folders")


def test_what_is_known_is_seen_before_the_folders_are_read_again(
    view, session, art, settle, monkeypatch
):
    order: list[str] = []
    behind = session.bridge.behind

    async def noted(function, *args):
        order.append(getattr(function, "__name__", ""))
        return await behind(function, *args)

    async def still(_most):
        while len(view.state.shown) < 6:
            await asyncio.sleep(0.001)
        order.append("seen")

    monkeypatch.setattr(session.bridge, "behind", noted)
    monkeypatch.setattr(session.calm, "stillness", still)
    session.open_folder(art)
    settle(session)
    assert "scan" in order
    assert "seen" not in order  # nothing was known: the names come at once
    order.clear()
    session.open_folder(art)
    settle(session)
    assert order.index("seen") < order.index("scan")
    order.clear()
    session.start(session.rescan())
    settle(session)
    assert "scan" in order
    assert "seen" not in order  # the user asked for it


def test_measures_are_told_when_the_user_rests(loop):
    rest, told = calm.Calm(), []

    async def measure() -> None:
        telling = Telling(told.append, 0.0, rest)
        with rest.working():
            telling(Changes(changed=(1, 2)))
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert told == []
        while not told:
            await asyncio.sleep(0.01)

    loop.run_until_complete(asyncio.wait_for(measure(), 60))
    assert told == [{1, 2}]
