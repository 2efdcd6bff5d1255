"""Runs that another process begins, continues, ends or removes while the window is open."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint

from app import i18n
from app.training import elsewhere
from engine.runtime.locks import Lock
from engine.training.run_claims import LOCK
from engine.training.runs import Run
from tests.app.training.conftest import click

ROOT = Path(__file__).resolve().parents[3]
OTHER = """
import sys
from pathlib import Path
from engine.training.runs import Run
from tests.app.training.runs_at_hand import begun, saved, stepped, kept
from engine.training.config import TrainRequest
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


class Other:
    """Another program that trains in the open project."""

    def __init__(self, session) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.do(f"root = Path({str(session.project.root)!r})")

    def do(self, line: str) -> None:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def begin(self, name: str) -> None:
        self.do(f"request = TrainRequest(project=str(root), output_name={name!r})")
        self.do(f"run = Run.create(root / 'runs' / {name!r}, request)")
        self.do("run.log_event('train.started', begun(3))")

    def step(self, *numbers: int) -> None:
        for number in numbers:
            self.do(f"run.log_step(stepped({number}) | dict(seconds={number}, lr_unet=1e-3))")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def other(opened):
    made = Other(opened)
    yield made
    made.kill()


@pytest.fixture
def look(view, settle):
    """The folders were quiet for a moment after a change, or the next look at a run is due."""

    def seen(timer) -> None:
        timer.timeout.emit()
        settle(view.session)

    return seen


def rows(view):
    return [(row.text, row.count) for row in view.runs.runs.rows.items]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Epoch 1 of 3, trained by another program"),
        ("zh_CN", "第 1 轮，共 3 轮，由其他程序训练"),
    ],
)
def test_a_run_of_another_process_is_followed_from_its_begin_to_its_end(
    shown, settle, other, look, language, words
):
    view = shown(mine={})
    i18n.set_language(language)
    state, watch = view.state, view.state.elsewhere.watch
    look(watch._soon)
    runs = view.session.project.runs
    assert watch.watched == {str(runs), str(runs / "mine"), str(runs / "mine" / "checkpoints")}
    other.begin("theirs")
    other.step(1, 2)
    look(watch._soon)
    assert [text for text, _ in rows(view)] == ["theirs", "mine"]
    assert view.stage.bar.name.text() == "mine"
    state.show(state.runs[0])
    assert view.stage.bar.phase.text() == words
    assert not view.stage.bar.stop.isVisible()
    assert state.elsewhere.next.isActive()
    other.step(3, 4, 5, 6)
    look(state.elsewhere.next)
    assert rows(view)[0] == ("theirs", "50 %")
    view.stage._timer.timeout.emit()
    assert len(view.stage.curves.loss.plot.series[0].xs) == 6
    assert view.stage.numbers.values["step"].text() == "6 / 12"
    other.do("run.log_event('train.checkpoint', saved(run.folder, 1)); run.end('finished')")
    look(state.elsewhere.next)
    assert view.stage.bar.phase.text() == i18n.tr("Finished")
    assert len(state.story.checkpoints) == 1
    assert not state.elsewhere.next.isActive()


def test_checkpoints_that_go_to_the_trash_leave_the_list(shown, settle, look):
    view = shown(mine={})
    watch = view.state.elsewhere.watch
    look(watch._soon)
    run = Run(view.session.project.runs / "mine")
    before = len(view.state.story.checkpoints)
    assert before
    assert str(run.folder / "checkpoints") in watch.watched
    run.checkpoints()[0].path.unlink()
    look(watch._soon)
    assert len(view.state.story.checkpoints) == before - 1


def test_a_run_that_is_killed_elsewhere_is_interrupted_and_can_go_on(shown, settle, other, look):
    view = shown(mine={})
    other.begin("theirs")
    other.step(1, 2, 3, 4)
    other.do("run.log_event('train.state', kept(run.folder, 1))")
    look(view.state.elsewhere.watch._soon)
    view.state.show(view.state.runs[0])
    assert not view.stage.bar.resume.isVisible()
    other.kill()
    look(view.state.elsewhere.next)
    assert rows(view)[0] == ("theirs", "interrupted 0.2750")
    assert view.stage.bar.resume.isVisible()


def test_a_run_that_goes_on_elsewhere_is_live_again_in_its_own_row(shown, settle, other, look):
    view = shown(cut={"status": "cancelled", "epochs": 1})
    story = view.state.story
    view.state.compared.toggle(story)
    other.do("request = TrainRequest(project=str(root), output_name='cut')")
    other.do("run = Run.reopen(root / 'runs' / 'cut', request, 4)")
    look(view.state.elsewhere.watch._soon)
    assert view.state.story is story is view.state.runs[0]
    assert story.live
    assert not view.stage.bar.resume.isVisible()


def test_looking_again_reads_no_run_that_is_as_it_was(shown, settle, look, monkeypatch):
    view = shown(one={}, two={})
    read = []
    monkeypatch.setattr("app.training.past_runs.read", read.append)
    look(view.state.elsewhere.watch._soon)
    assert read == []


def test_many_steps_of_another_run_are_not_read_all_the_time(shown, view):
    view.state.elsewhere.follow(True, 3.0)
    assert view.state.elsewhere.next.interval() == 3000 * elsewhere.SHARE


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The run kept is still going on. Stop it first, or wait until it ends."),
        ("zh_CN", "训练 kept 仍在进行。"),
    ],
)
def test_a_run_that_somebody_trains_is_not_deleted(shown, settle, toasts, language, words):
    view = shown(kept={})
    i18n.set_language(language)
    folder = view.state.runs[0].folder
    menu = view.runs.run_menu(str(folder)).at(QPoint())
    held = Lock(folder / LOCK)
    assert held.take()
    next(one for one in menu.actions() if one.text() == i18n.tr("Delete run")).trigger()
    menu.close()
    settle(view.session)
    held.release()
    assert (folder / "run.json").is_file()
    assert said(toasts[-1]).startswith(words)
    assert [text for text, _ in rows(view)] == ["kept"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The run gone is no longer there: its folder was removed or moved."),
        ("zh_CN", "训练 gone 已不存在：其文件夹已被删除或移走。"),
    ],
)
def test_a_run_that_was_removed_elsewhere_says_so_and_leaves_the_list(
    shown, settle, toasts, language, words
):
    view = shown(other={}, gone={"status": "cancelled"})
    i18n.set_language(language)
    folder = view.state.runs[0].folder
    menu = view.runs.run_menu(str(folder)).at(QPoint())
    shutil.rmtree(folder)
    next(one for one in menu.actions() if one.text() == i18n.tr("Delete run")).trigger()
    menu.close()
    settle(view.session)
    assert said(toasts[-1]) == words
    assert [text for text, _ in rows(view)] == ["other"]


def test_resuming_a_run_that_was_removed_says_so_and_begins_nothing(shown, settle, toasts):
    view = shown(other={}, gone={"status": "cancelled"})
    shutil.rmtree(view.state.story.folder)
    click(view.stage.bar.resume)
    settle(view.session)
    assert said(toasts[-1]).startswith("The run gone is no longer there")
    assert [text for text, _ in rows(view)] == ["other"]
    assert view.session.bridge.jobs == []


def test_resuming_a_run_that_another_process_has_taken_up_is_refused(shown, settle, toasts, other):
    view = shown(cut={"status": "cancelled", "epochs": 1})
    other.do("request = TrainRequest(project=str(root), output_name='cut')")
    other.do("run = Run.reopen(root / 'runs' / 'cut', request, 4)")
    click(view.stage.bar.resume)
    settle(view.session)
    assert said(toasts[-1]).startswith("The run cut is still going on.")
    assert view.state.story.live
    assert view.session.bridge.jobs == []


def test_a_run_comes_back_from_the_trash_as_it_was(shown, settle, tmp_path, toasts, monkeypatch):
    view = shown(only={})
    monkeypatch.setattr(
        "app.training.trash.to_trash", lambda folder: folder.rename(tmp_path / "bin")
    )
    view.session.start(view.state.delete(view.state.runs[0]))
    settle(view.session)
    assert rows(view) == []
    toasts[-1]["on_action"]()
    settle(view.session)
    assert [text for text, _ in rows(view)] == ["only"]
    assert len(view.state.story.loss) == 12


def said(toast) -> str:
    words = [toast["key"], toast.get("remedy", "")]
    return i18n.joined(i18n.tr(one, **toast["facts"]) for one in words if one)
