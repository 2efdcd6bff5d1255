from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.dataset.buckets import BucketSpec
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.pictures import find_sources, open_pictures


def picture(path: Path, size=(12, 8), mode="RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, 120 if mode == "L" else None).save(path)
    return path


def caption(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def sources(tmp_path):
    def find(**values):
        given = {"train_data_dir": str(tmp_path / "art"), "output_dir": "out"} | values
        return find_sources(TrainRequest(**given))

    return find


@pytest.fixture
def art(tmp_path):
    return tmp_path / "art"


def test_folder_names_give_repeats_and_fallback_captions(art, sources):
    for folder in ("10_sks dog", "3_a_b", "2", "plain", "0_none", "-1_none"):
        picture(art / folder / "x.png")
    picture(art / "loose.png")
    picture(art / "3_a_b" / "deeper" / "y.png")
    found = sources()
    rows = {Path(s.source_dir).name: (s.repeats, s.caption) for s in found.training}
    assert rows == {"10_sks dog": (10, "sks dog"), "3_a_b": (3, "a_b"), "2": (2, "")}
    assert len(found.training) == 3
    told = "\n".join(found.problems)
    assert "plain is left out: its name" in told
    assert "0_none is left out: it repeats" in told
    assert "1 of the 1 pictures in 2 have no caption" in told


def test_every_ending_in_any_case_is_found_in_order(art, sources):
    for name in ("b10.png", "b2.JPG", "a.Jpeg", "c.webp", "d.BMP"):
        picture(art / "1_x" / name)
    picture(art / "1_x" / "c-masklabel.png")
    caption(art / "1_x" / "note.md", "no picture")
    names = [sample.path.name for sample in sources().training]
    assert names == ["a.Jpeg", "b2.JPG", "b10.png", "c.webp", "d.BMP"]


def test_only_the_configured_ending_is_read(art, sources):
    path = picture(art / "1_words" / "a.png")
    caption(path.with_suffix(".txt"), "text")
    caption(path.with_suffix(".caption"), "\ufeffcaption \nsecond")
    assert sources().training[0].caption == "text"
    assert sources(caption_extension="caption").training[0].caption == "caption \nsecond"
    assert sources(caption_extension=".cap").training[0].caption == "words"


def test_a_face_has_the_caption_of_the_picture_it_was_cut_from(art, sources):
    first = picture(art / "1_x" / "a_b_1_2_3_4.png")
    second = picture(art / "1_x" / "c_1_2_3_4.png")
    caption(art / "1_x" / "a_b.txt", "whole")
    caption(art / "1_x" / "c.txt", "whole")
    caption(second.with_suffix(".txt"), "face")
    assert [s.caption for s in sources().training] == ["whole", "face"]
    assert [s.path for s in sources().training] == [first, second]


def test_an_empty_caption_falls_back_and_says_so(art, sources):
    path = picture(art / "1_words" / "a.png")
    caption(path.with_suffix(".txt"), " \n")
    found = sources()
    assert found.training[0].caption == "words"
    assert "caption file of a.png is empty" in found.problems[0]


def test_pictures_that_share_a_caption_are_named(art, sources):
    picture(art / "1_x" / "a.png")
    picture(art / "1_x" / "a.jpg")
    found = sources()
    assert len(found.training) == 2
    assert "a.jpg, a.png share the caption file a.txt" in found.problems[0]


def test_a_turned_photograph_has_its_shown_size(art, sources):
    path = art / "1_x" / "a.jpg"
    path.parent.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((8, 12, 3), np.uint8)
    pixels[:, :6] = 255
    Image.fromarray(pixels).save(path, exif=exif)
    sample = sources().training[0]
    assert sample.size == (8, 12)
    assert sample.bake().rgb.shape == (12, 8, 3)
    assert sample.bake().rgb[:5].mean() > 200


def test_transparency_shows_white_and_no_hidden_color(art, sources):
    path = art / "1_x" / "a.png"
    path.parent.mkdir(parents=True)
    pixels = np.full((8, 8, 4), (255, 0, 0, 255), np.uint8)
    pixels[:, 4:] = (0, 0, 255, 0)
    Image.fromarray(pixels).save(path)
    plain = sources().training[0].bake()
    assert plain.mask is None
    assert plain.rgb[0, 7].tolist() == [255, 255, 255]
    masked = sources(alpha_mask=True).training[0].bake()
    assert masked.mask[0].tolist() == [255] * 4 + [0] * 4
    assert masked.rgb[0, 7].tolist() == [255, 255, 255]


def test_an_opaque_picture_has_no_mask(art, sources):
    picture(art / "1_x" / "a.png")
    assert sources(alpha_mask=True).training[0].bake().mask is None


def test_regularization_pictures_come_from_their_folder(art, sources, tmp_path):
    picture(art / "4_x" / "a.png")
    picture(tmp_path / "reg" / "2_person" / "r.png")
    found = sources(reg_data_dir=str(tmp_path / "reg")).training
    assert [(s.is_reg, s.repeats, s.caption) for s in found] == [
        (False, 4, "x"), (True, 2, "person"),
    ]  # fmt: skip


def test_regularization_pictures_without_a_partner_are_told(art, sources, tmp_path):
    picture(art / "2_x" / "a.png", (64, 64))
    for number in range(5):
        picture(tmp_path / "reg" / "1_y" / f"{number}.png", (64, 64))
    found = sources(reg_data_dir=str(tmp_path / "reg"))
    spec = BucketSpec(resolution=(64, 64), minimum=32, maximum=128, step=8)
    opened = open_pictures(found, spec, Job.detached())
    assert len(opened.training) == 3
    assert len(opened.regularization) == 5
    assert opened.problems[-1].startswith("3 regularization pictures have no partner")


def test_an_empty_regularization_folder_is_told(art, sources, tmp_path):
    picture(art / "2_x" / "a.png")
    (tmp_path / "reg" / "1_y").mkdir(parents=True)
    assert "There are no pictures in" in sources(reg_data_dir=str(tmp_path / "reg")).problems[-1]


def test_a_folder_without_pictures_is_an_error(art, sources, tmp_path):
    with pytest.raises(MissingFileError):
        sources()
    (art / "1_x").mkdir(parents=True)
    with pytest.raises(BadInputError, match="name folders like 10_name"):
        sources()
    picture(tmp_path / "reg" / "1_x" / "r.png")
    with pytest.raises(BadInputError, match="no pictures"):
        sources(reg_data_dir=str(tmp_path / "reg"))


@pytest.fixture
def masked(art, tmp_path):
    """Two pictures with masks in a folder beside."""
    for name in ("a", "b"):
        picture(art / "1_x" / f"{name}.png")
        pixels = np.zeros((8, 12), np.uint8)
        pixels[:, :3] = 255
        path = tmp_path / "masks" / f"{name}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path, quality=100)
    return tmp_path / "masks"


def test_masks_come_from_their_folder(masked, sources):
    for sample in sources(conditioning_data_dir=str(masked)).training:
        mask = sample.bake().mask
        assert mask.shape == (8, 12)
        assert mask[:, :2].min() > 250
        assert mask[:, 5:].max() < 5


def test_a_mask_is_multiplied_with_transparency(masked, sources, art):
    pixels = np.full((8, 12, 4), 255, np.uint8)
    pixels[:4, :, 3] = 51
    Image.fromarray(pixels).save(art / "1_x" / "a.png")
    found = sources(conditioning_data_dir=str(masked), alpha_mask=True).training[0].bake().mask
    assert abs(int(found[0, 0]) - 51) <= 1
    assert found[7, 0] > 250
    assert found[0, 8] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda masks: (masks / "a.jpg").unlink(), "a.png has no mask"),
        (lambda masks: picture(masks / "z.png"), "z.png belongs to no picture"),
        (lambda masks: picture(masks / "a.jpg", (6, 4)), "a.jpg is 6×4, and its picture 12×8"),
    ],
)
def test_masks_that_do_not_fit_are_refused(masked, sources, change, words):
    change(masked)
    with pytest.raises(BadInputError, match=words):
        sources(conditioning_data_dir=str(masked))


def test_the_share_that_is_measured_is_not_learned(art, sources):
    for number in range(10):
        shade = Image.new("RGB", (8, 8), (number * 20, 0, 0))
        (art / "3_x").mkdir(parents=True, exist_ok=True)
        shade.save(art / "3_x" / f"{number}.png")
    found = sources(validation_split=0.2)
    trained, held = ({s.path for s in part} for part in (found.training, found.held_out))
    assert (len(trained), len(held)) == (8, 2)
    assert not trained & held
    assert {sample.repeats for sample in found.held_out} == {1}
    assert {s.path for s in sources(validation_split=0.2).held_out} == held
    others = [sources(validation_split=0.2, validation_seed=seed) for seed in range(1, 5)]
    assert any({s.path for s in other.held_out} != held for other in others)
