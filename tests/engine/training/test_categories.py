"""Only the chosen categories are learned, measured and exported, from the job down to the batch."""

from __future__ import annotations

from collections import Counter
from contextlib import closing

import pytest

from engine.dataset.buckets import usual_spec
from engine.dataset.library import Library
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import BadInputError
from engine.runtime.job import Job
from engine.training.kohya.dataset_file import as_dataset
from engine.training.kohya.writing import outgoing
from engine.training.pictures import find_sources, open_pictures
from engine.training.route import Position, route_of

from .conftest import paint


@pytest.fixture
def project(tmp_path):
    """Three birds, two fish, one picture in no category and one that holds the model in place; a
    bird and a fish are held out.
    """
    folders = []
    for name, count in (("bird", 3), ("fish", 2), ("", 1), ("thing", 1)):
        place = paint(tmp_path / "art" / (name or "loose"), count)
        folders.append(SourceFolder(path=str(place), category=name, regularization=name == "thing"))
    made = Project.create(tmp_path / "project", "Animals", folders)
    with closing(Library(made.database, made)) as library:
        library.scan(folders)
        apart = [
            next(p.id for p in library.pictures() if p.category == n) for n in ("bird", "fish")
        ]
        library.set_held_out(apart, True)
    return made


@pytest.fixture
def learned(project, request_for):
    """What is in the batches of a run: its pictures by category, and those that are measured."""

    def go(*categories):
        request = request_for(train_data_dir="", project=str(project.root), categories=categories)
        pictures = open_pictures(find_sources(request), usual_spec(32), Job.detached())
        route = route_of(request, pictures)
        drawn = {
            index
            for stretch in route.stretches(Position())
            for batch in stretch.batches
            for index in batch
        }
        names = Counter(pictures.training[index].sample.category for index in drawn)
        return dict(names), [one.sample.category for one in pictures.held_out], pictures.problems

    return go


def test_the_batches_hold_the_chosen_categories_and_no_others(learned):
    everything = {"bird": 2, "fish": 1, "": 1, "thing": 1}
    assert learned() == (everything, ["bird", "fish"], ())
    assert learned("bird") == ({"bird": 2, "thing": 1}, ["bird"], ())
    assert learned("fish", "") == ({"fish": 1, "": 1, "thing": 1}, ["fish"], ())


def test_a_category_without_pictures_is_told_or_refused(learned):
    _, _, problems = learned("bird", "brid")
    assert problems == ("There are no pictures in the category brid.",)
    with pytest.raises(BadInputError, match="no pictures to train on in the categories brid"):
        learned("brid")


def test_a_dataset_file_for_kohya_names_the_chosen_folders(project, request_for):
    request = request_for(train_data_dir="", project=str(project.root), categories=("bird",))
    text = as_dataset(outgoing(request))
    places = [line for line in text.splitlines() if "image_dir" in line]
    assert [place.rstrip("'\"").split("/")[-1] for place in places] == ["bird", "thing"]
