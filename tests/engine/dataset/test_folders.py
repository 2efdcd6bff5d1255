"""Folders of art are found as artists and kohya's tools lay them out."""

from __future__ import annotations

import pytest

from engine.dataset.folders import find_pictures, kohya_name
from engine.project.project import SourceFolder

from .conftest import paint


def _found(path, **values):
    return {
        found.path[len(str(path)) + 1 :].replace("\\", "/"): found.subset
        for found in find_pictures(SourceFolder(path=str(path), **values))
    }


@pytest.mark.parametrize(
    ("name", "parsed"),
    [("10_sks dog", (10, "sks dog")), ("3_a_b", (3, "a_b")), ("10", (10, "")), ("0_x", (0, "x")),
     ("-2_x", (-2, "x")), ("dog_10", None), ("10dog", None), ("", None), ("_10", None),
     ("9999_x", (9999, "x")), ("20240115_shoot", None), ("1234567890123456789012345_x", None)],
)  # fmt: skip
def test_kohya_names_are_parsed(name, parsed):
    assert kohya_name(name) == parsed


@pytest.mark.parametrize("name", ["20240115_shoot", "1234567890123456789012345_cat"])
def test_dates_and_ids_are_names_and_no_repeats(tmp_path, name):
    paint(tmp_path / name / "a.png")
    (subset,) = _found(tmp_path).values()
    assert (subset.repeats, subset.category) == (1, name)


def test_kohya_folders_bring_repeats_and_class_words(tmp_path):
    paint(tmp_path / "30_red fox" / "a.png")
    paint(tmp_path / "30_red fox" / "deeper" / "ignored.png")
    paint(tmp_path / "2_a_b" / "b.jpg")
    paint(tmp_path / "0_off" / "c.png")
    paint(tmp_path / "plain.png")
    found = _found(tmp_path)
    assert {name: (s.repeats, s.category) for name, s in found.items()} == {
        "30_red fox/a.png": (30, "red fox"),
        "2_a_b/b.jpg": (2, "a_b"),
        "plain.png": (1, ""),
    }


def test_a_single_kohya_folder_can_be_the_source(tmp_path):
    paint(tmp_path / "7_owl" / "a.png")
    assert _found(tmp_path / "7_owl")["a.png"].repeats == 7
    assert _found(tmp_path / "7_owl", repeats=2)["a.png"].repeats == 2


def test_plain_folders_are_searched_deeply_and_name_their_category(tmp_path):
    paint(tmp_path / "food" / "fruit" / "apple.PNG")
    paint(tmp_path / "tools" / "hammer.png")
    found = _found(tmp_path)
    assert found["food/fruit/apple.PNG"].category == "food"
    assert found["tools/hammer.png"].category == "tools"
    assert {s.category for s in _found(tmp_path, category="props").values()} == {"props"}


def test_hidden_side_and_project_files_are_no_art(tmp_path):
    paint(tmp_path / "a.png")
    paint(tmp_path / "a-masklabel.png")
    paint(tmp_path / ".thumbs" / "t.png")
    paint(tmp_path / ".hidden.png")
    paint(tmp_path / "project" / "sample.png")
    (tmp_path / "project" / "project.toml").write_text("name = 'x'")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    assert list(_found(tmp_path)) == ["a.png"]


def test_numbers_in_names_sort_by_value(tmp_path):
    for name in ("b2", "b10", "b1", "A3"):
        paint(tmp_path / f"{name}.png")
    assert list(_found(tmp_path)) == ["A3.png", "b1.png", "b2.png", "b10.png"]


def test_a_link_to_itself_costs_no_other_picture(tmp_path):
    for name in "amz":
        paint(tmp_path / f"{name}.png")
    (tmp_path / "b.png").symlink_to("b.png")
    (tmp_path / "c.png").symlink_to(tmp_path / "loop")
    (tmp_path / "loop").symlink_to(tmp_path / "c.png")
    assert list(_found(tmp_path)) == ["a.png", "m.png", "z.png"]
