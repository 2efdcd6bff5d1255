"""What the next run would read: repeats in its steps, the resolution it is looked ahead with."""

from __future__ import annotations

from app.dataset.model import DatasetState
from app.dataset.operations import Operations
from app.dataset.outlook import look_ahead
from app.dataset.outlook_settings import values_of
from engine.dataset.buckets import usual_spec
from engine.dataset.library import Library
from engine.dataset.samples import training_samples
from engine.project.project import Project, SourceFolder
from engine.runtime.job import Job
from engine.training.batches import shelve
from engine.training.pictures import Sources, open_pictures


def test_steps_per_epoch_count_every_repeat_as_the_run_does(art, tmp_path) -> None:
    folders = [SourceFolder(path=str(art), repeats=3)]
    project = Project.create(tmp_path / "p", "P", folders)
    library = Library(project.database, project)
    library.scan(folders)
    pictures = library.pictures()
    sources = Sources(tuple(training_samples(project, library=library)), (), "", (), project)
    library.close()
    run = open_pictures(sources, usual_spec(128), Job.detached()).training
    shelf = shelve([p.bucket for p in run], [p.repeats for p in run], 2)
    found = look_ahead(pictures, usual_spec(128), 2)
    assert (found.train, found.draws, found.steps) == (6, 18, shelf.batches)


def test_a_resolution_chosen_for_the_project_stands_above_that_of_the_newest_run(opened) -> None:
    project = opened.project
    opened.run_settings.last = {"resolution": "64", "seed": 7}
    found = values_of(opened)
    assert (found["resolution"], found["seed"]) == ("64", 7)
    project.save(project.file.model_copy(update={"resolution": 256}))
    found = values_of(opened)
    assert (found["resolution"], found["seed"]) == ("256", 7)
    opened.run_settings.values = {"resolution": "96"}
    assert values_of(opened)["resolution"] == "96"


def test_the_same_stars_once_more_take_them_away(opened, settle) -> None:
    state = DatasetState(opened)
    settle(opened)
    operations, seen = Operations(state), []
    one, two = list(state.pictures)[:2]
    for keys in ([one], [one, two], [one, two]):
        operations.rate([state.pictures[key] for key in keys], 3)
        settle(opened)
        seen.append([state.pictures[key].stars for key in (one, two)])
    assert seen == [[3, 0], [3, 3], [0, 0]]
