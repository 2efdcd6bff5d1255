"""What a tagger sees and which of its tags are written."""

from __future__ import annotations

import numpy as np
import pytest

from engine.dataset.tagging import CaptionRequest
from engine.dataset.tagging_wd import Tag, WdTagger, choose, is_face, read_tags, square, widest_gap
from engine.runtime.errors import MissingFileError, ModelFileError
from tests.engine.dataset.onnx_file import TAGS, color_tagger, write_tagger

RED, BLUE = (255, 0, 0), (0, 0, 255)


def ask(**values):
    return CaptionRequest(project="p", captioner="c", **values)


def plain(color, size=(20, 20)):
    return np.full((size[1], size[0], 3), color, np.uint8)


def test_colors_arrive_in_the_order_the_models_were_trained_with(tmp_path):
    tagger = WdTagger(color_tagger(tmp_path))
    red, blue = tagger.describe([plain(RED), plain(BLUE)], ask())
    assert "red rose" in red.tags
    assert "blue sky" not in red.tags
    assert "blue sky" in blue.tags
    assert "red rose" not in blue.tags


def test_a_picture_is_centered_on_white_and_not_squeezed():
    seen = square(plain(RED, (40, 10)), 448)
    assert seen.shape == (448, 448, 3)
    assert seen[224, 224].tolist() == [0, 0, 255]  # blue, green, red
    assert seen[0, 224].tolist() == [255, 255, 255]
    assert seen[447, 224].tolist() == [255, 255, 255]
    rows = seen[:, 224, 0] < 128
    assert abs(int(rows.sum()) - 112) <= 2
    assert abs(int(np.flatnonzero(rows).mean()) - 224) <= 2


def test_what_the_model_is_given_has_the_full_range(tmp_path):
    weights = np.zeros((3, len(TAGS)))
    weights[:, 2] = 1.0  # 1 for white after the division by 255
    tagger = WdTagger(write_tagger(tmp_path, weights))
    white, black = tagger.probabilities([plain((255, 255, 255)), plain((0, 0, 0))])
    assert white[2] == pytest.approx(1 / (1 + np.exp(-3.0)), abs=1e-4)
    assert black[2] == pytest.approx(0.5, abs=1e-4)


def test_tags_come_likeliest_first_with_spaces_but_faces_stay(tmp_path):
    tagger = WdTagger(color_tagger(tmp_path))
    (said,) = tagger.describe([plain(BLUE)], ask())
    assert said.tags == ("hatsune miku", "blue sky", "^_^", "long hair")
    assert list(said.probabilities) == sorted(
        said.probabilities, key=said.probabilities.get, reverse=True
    )
    (raw,) = tagger.describe([plain(BLUE)], ask(replace_underscores=False))
    assert raw.tags == ("hatsune_miku", "blue_sky", "^_^", "long_hair")


def test_each_kind_has_its_own_threshold():
    tags = [Tag("sky", "general"), Tag("hair", "general"), Tag("miku", "character")]
    values = np.array([0.5, 0.36, 0.8], np.float32)
    names = lambda **v: [name for name, _ in choose(tags, values, ask(**v))]  # noqa: E731
    assert names() == ["sky", "hair"]
    assert names(threshold=0.4) == ["sky"]
    assert names(character_threshold=0.7) == ["miku", "sky", "hair"]
    assert names(threshold=0.4, character_threshold=0.7, categories=("character",)) == ["miku"]


def test_excluded_tags_are_left_out_in_any_spelling(tmp_path):
    tagger = WdTagger(color_tagger(tmp_path))
    (said,) = tagger.describe([plain(BLUE)], ask(excluded=("Blue Sky", "long_hair")))
    assert said.tags == ("hatsune miku", "^_^")


def test_of_the_ratings_only_the_likeliest_is_written(tmp_path):
    tagger = WdTagger(color_tagger(tmp_path))
    (said,) = tagger.describe([plain(RED)], ask(categories=("rating",)))
    assert said.tags == ("general",)


def test_the_widest_gap_cuts_where_the_probabilities_fall():
    assert widest_gap(np.array([0.1, 0.9, 0.85, 0.2])) == pytest.approx((0.85 + 0.2) / 2)
    tags = [Tag(name, "general") for name in "abcd"]
    values = np.array([0.1, 0.34, 0.33, 0.05], np.float32)
    assert choose(tags, values, ask()) == []
    assert [name for name, _ in choose(tags, values, ask(cut="gap"))] == ["b", "c"]
    quiet = [Tag(name, "character") for name in "abcd"]
    low = np.array([0.1, 0.01, 0.01, 0.01], np.float32)
    assert choose(quiet, low, ask(cut="gap")) == []


@pytest.mark.parametrize("tag", ["^_^", "o_o", "(o)_(o)", "0_0", ">_<", "|_|", "=_=", "@_@", "T_T"])
def test_faces_are_told_from_words(tag):
    assert is_face(tag)


@pytest.mark.parametrize("tag", ["long_hair", "1girl", "x-ray", "a_b_c", "k_(series)", "ok_sign"])
def test_words_are_told_from_faces(tag):
    assert not is_face(tag)


def test_a_model_for_one_picture_at_a_time_is_fed_one_by_one(tmp_path):
    tagger = WdTagger(color_tagger(tmp_path, shape=(1, 448, 448, 3)))
    said = tagger.describe([plain(RED), plain(BLUE), plain(RED)], ask(threshold=0.9))
    assert ["red rose" in one.tags for one in said] == [True, False, True]
    fixed = WdTagger(color_tagger(tmp_path / "two", shape=(2, 448, 448, 3)))
    three = fixed.describe([plain(RED), plain(BLUE), plain(RED)], ask(threshold=0.9))
    assert [one.tags for one in three] == [one.tags for one in said]


def test_another_picture_size_is_read_from_the_model(tmp_path):
    tagger = WdTagger(color_tagger(tmp_path, shape=("N", 320, 320, 3)))
    (said,) = tagger.describe([plain(RED)], ask())
    assert "red rose" in said.tags


def test_a_model_without_the_last_sigmoid_gives_the_same(tmp_path):
    ends = WdTagger(color_tagger(tmp_path / "a")).probabilities([plain(BLUE)])
    open_end = WdTagger(color_tagger(tmp_path / "b", last=False)).probabilities([plain(BLUE)])
    assert np.allclose(ends, open_end, atol=1e-5)


@pytest.mark.parametrize("shape", [("N", 3, 448, 448), ("N", 448, 448, 4), ("N", 448, 320, 3)])
def test_a_model_that_takes_something_else_is_refused(tmp_path, shape):
    with pytest.raises(ModelFileError, match="not pictures of the shape N, side, side, 3"):
        WdTagger(write_tagger(tmp_path, shape=shape))


def test_a_model_that_is_cut_short_is_one_sentence(tmp_path):
    whole = color_tagger(tmp_path) / "model.onnx"
    whole.write_bytes(whole.read_bytes()[:-60])
    with pytest.raises(ModelFileError, match="may be cut short") as caught:
        WdTagger(tmp_path)
    assert "Copy or download it again." in str(caught.value)


def test_tags_of_another_model_are_refused(tmp_path):
    color_tagger(tmp_path)
    with open(tmp_path / "selected_tags.csv", "a", encoding="utf-8") as stream:
        stream.write("9,one_more,0,1\n")
    with pytest.raises(ModelFileError, match="9 tags are listed, but the model gives 8 values"):
        WdTagger(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"name,category\nx,many\n", b"\xff\xfe\0"])
def test_a_list_that_is_none_is_one_sentence(tmp_path, content):
    (tmp_path / "selected_tags.csv").write_bytes(content)
    with pytest.raises(ModelFileError, match="not a list of tags"):
        read_tags(tmp_path / "selected_tags.csv")


def test_a_missing_model_is_named(tmp_path):
    (color_tagger(tmp_path) / "model.onnx").unlink()
    with pytest.raises(MissingFileError, match=r"model\.onnx"):
        WdTagger(tmp_path)
