"""Lines about what happened in a run."""

from __future__ import annotations

import pytest

from app.i18n import set_language
from app.training.story import Story, read
from app.training.telling import sentence
from engine.runtime.errors import StorageError
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.patience import patiently
from engine.training.reasons import Reason
from engine.training.recorder import Recorder
from engine.training.runs import Run


@pytest.fixture
def chinese():
    set_language("zh_CN")
    yield
    set_language("en")


@pytest.fixture
def told(tmp_path):
    """What a recorder says, as the window tells it."""
    run, job = Run.create(tmp_path / "run", TrainRequest(project="p")), Job.detached()

    def lines(tell):
        tell(Recorder(run, job), job)
        story = Story(run.folder, "run")
        for event in job.handle.take_events():
            story.take(event.kind, event.data, 0.0)
        return [sentence(one) for one in story.events]

    yield lines
    run.release()


CHANGED = Reason(
    "The pictures or captions have changed since the state was saved. Training goes on with those "
    "of now."
)


def test_a_warning_is_told_in_the_language_of_the_moment(told, chinese):
    (line,) = told(lambda recorder, _: recorder.warn(CHANGED))
    assert line == "保存状态之后图片或描述有变化。训练将使用当前的内容继续。"


def test_a_warning_about_a_file_names_it_and_what_to_do(told):
    error = StorageError("{name} is gone.", name="sea.png", remedy="Bring {name} back.")
    (line,) = told(lambda recorder, _: recorder.warn(error, "sea.png"))
    assert line == "sea.png: sea.png is gone. Bring sea.png back."
    (plain,) = told(lambda recorder, _: recorder.warn("Just words."))
    assert plain == "Just words."


def test_what_a_run_waits_for_is_told(told):
    def wait(_, job):
        tries = []

        def write():
            tries.append(1)
            if len(tries) == 1:
                job.handle._asked.append("go on")
                raise StorageError("The disk is full; {name} was not written.", name="x")

        patiently(job, write)

    assert told(wait) == ["The disk is full; x was not written."]


def test_what_is_read_from_the_folder_and_heard_as_well_is_told_once(tmp_path):
    run, job = Run.create(tmp_path / "run", TrainRequest(project="p")), Job.detached()
    recorder = Recorder(run, job)
    for words in ("Once.", "Twice.", "Twice."):
        recorder.warn(words)
    story = read(run.folder)
    recorder.warn("Later.")
    for event in job.handle.take_events():
        story.take(event.kind, event.data, event.data["time"])
    assert [sentence(one) for one in story.events] == ["Once.", "Twice.", "Twice.", "Later."]
    run.release()
