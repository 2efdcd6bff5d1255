from __future__ import annotations

import json

import pytest
from PIL import Image

from engine.runtime.errors import BadInputError, MissingFileError
from engine.training.config import TrainRequest
from engine.training.metadata_file import caption_of
from engine.training.pictures import find_sources
from engine.training.settings.captions import CaptionRules


@pytest.fixture
def root(tmp_path):
    for name in ("a.png", "deep/b.webp"):
        path = tmp_path / "art" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    return tmp_path


@pytest.fixture
def find(root):
    def go(text, name="meta.json", **values):
        (root / name).write_text(text, encoding="utf-8")
        given = {
            "in_json": str(root / name), "train_data_dir": str(root / "art"), "output_dir": "out",
        } | values  # fmt: skip
        return find_sources(TrainRequest(**given))

    return go


def test_pictures_are_found_by_relative_and_absolute_paths_and_without_ending(find, root):
    table = {
        str(root / "art" / "a.png"): {"caption": "x", "tags": "t, u"},
        "deep/b": {"tags": "v", "image_size": [8, 8]},
        "gone.png": {"caption": "y"},
        "/": {},
    }
    found = find(json.dumps(table), dataset_repeats=3)
    rows = [(s.path.name, s.caption, s.repeats, s.group) for s in found.training]
    assert rows == [("a.png", "x,t, u", 3, "meta.json"), ("b.webp", "v", 3, "meta.json")]
    assert "meta.json lists gone.png, which is not there" in found.problems[0]


def test_listed_pictures_follow_the_masks_of_a_folder(find, root):
    (root / "masks").mkdir()
    Image.new("L", (8, 8), 128).save(root / "masks" / "a.png")
    values = {"conditioning_data_dir": str(root / "masks")}
    (sample,) = find('{"a.png": {"caption": "x"}}', **values).training
    assert (sample.bake().mask == 128).all()
    with pytest.raises(BadInputError, match=r"b\.webp has no mask"):
        find('{"a.png": {}, "deep/b.webp": {}}', **values)


def test_regularization_pictures_stand_beside_a_list(find, root):
    (root / "reg" / "2_thing").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(root / "reg" / "2_thing" / "r.png")
    found = find('{"a.png": {"caption": "x"}}', reg_data_dir=str(root / "reg")).training
    assert [(s.path.name, s.repeats, s.is_reg) for s in found] == [
        ("a.png", 1, False), ("r.png", 2, True),
    ]  # fmt: skip


def test_lines_are_read_as_objects(find):
    lines = '{"image_path": "a.png", "caption": "x"}\n\n{"image_path": "deep/b.webp"}\n'
    assert [s.caption for s in find(lines, name="meta.jsonl").training] == ["x", ""]


@pytest.mark.parametrize(
    ("record", "rules", "caption"),
    [
        ({"caption": "a\nb", "tags": "t\nu"}, {}, "a,t,u"),
        ({"caption": "a\n\nb ", "tags": "t\nu"}, {"enable_wildcard": True}, "a,t,u\nb,t,u"),
        ({"caption": "a", "tags": "t"}, {"caption_separator": "; "}, "a; t"),
        ({"caption": "a\nb"}, {}, "a"),
        ({"tags": "t"}, {}, "t"),
        ({}, {}, ""),
    ],
)
def test_caption_and_tags_make_one_caption(record, rules, caption):
    assert caption_of(record, CaptionRules(**rules)) == caption


@pytest.mark.parametrize(
    ("text", "name"),
    [("[]", "a.json"), ('{"a.png": "text"}', "a.json"), ("[1]", "a.jsonl"), ("{", "a.jsonl")],
)
def test_what_is_no_metadata_is_refused(find, text, name):
    with pytest.raises(BadInputError, match="is no metadata file"):
        find(text, name=name)


def test_relative_paths_need_their_folder(find):
    with pytest.raises(BadInputError, match="without its folder"):
        find('{"a.png": {}}', train_data_dir="")


def test_a_file_that_lists_nothing_and_one_that_is_missing(find, root):
    with pytest.raises(BadInputError, match="no pictures to train on"):
        find("{}")
    request = TrainRequest(in_json=str(root / "no.json"), output_dir="out")
    with pytest.raises(MissingFileError):
        find_sources(request)


def test_a_dataset_file_may_name_metadata(root):
    (root / "meta.json").write_text('{"a.png": {"caption": "x"}}')
    (root / "data.toml").write_text(
        "[[datasets]]\n[[datasets.subsets]]\nmetadata_file = 'meta.json'\nimage_dir = 'art'\n"
        "num_repeats = 5\n"
    )
    request = TrainRequest(dataset_config=str(root / "data.toml"), output_dir="out")
    (sample,) = find_sources(request).training
    assert (sample.caption, sample.repeats) == ("x", 5)
