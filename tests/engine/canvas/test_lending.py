from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.canvas.clips import clip_of, merged_clip
from engine.canvas.document import Document
from engine.canvas.lending import file_stem, lend, taken_back
from engine.canvas.rect import Rect
from engine.canvas.selection import ellipse, rectangle
from engine.imaging.decode import load_rgba
from engine.runtime.errors import MissingFileError, PictureError


@pytest.fixture
def document() -> Document:
    """300 x 200, white paper, and a red square that sticks out at the left."""
    made = Document(300, 200)
    made.add_layer("paper", np.full((200, 300, 4), 255, np.uint8))
    red = np.zeros((60, 60, 4), np.uint8)
    red[:] = (200, 10, 20, 128)
    made.add_layer("red", red, x=-20, y=50)
    return made


def red(document: Document):
    return document.layers[1]


@pytest.mark.parametrize("suffix", [".png", ".psd"])
def test_a_layer_goes_out_whole_and_comes_back_changed(document, tmp_path: Path, suffix):
    loan = lend(document, red(document).id, tmp_path / "new" / f"red{suffix}")
    assert loan.area == Rect(-20, 0, 320, 200)
    if suffix == ".png":
        out = load_rgba(loan.path)
        assert out.shape == (200, 320, 4)
        assert (out[50:110, :60] == (200, 10, 20, 128)).all()
        assert not out[:50].any()
        out[0:10, 300:310] = (1, 2, 3, 255)
        out[50:60, :60] = 0
        Image.fromarray(out).save(loan.path)
        covering = document.covering(red(document).id)
        change = document.put_covering(covering, taken_back(loan, covering), "Edited elsewhere")
        assert change is not None
        area = Rect(-20, 0, 320, 200)
        np.testing.assert_array_equal(red(document).pixels(area), out)
        document.undo()
        assert red(document).bounds == Rect(-20, 50, 60, 60)


@pytest.mark.parametrize("suffix", [".png", ".psd"])
def test_what_was_not_changed_changes_nothing(document, tmp_path: Path, suffix):
    loan = lend(document, red(document).id, tmp_path / f"red{suffix}")
    covering = document.covering(red(document).id)
    assert not taken_back(loan, covering).difference(covering.before)


def test_a_layer_that_was_moved_meanwhile_takes_its_picture_along(document, tmp_path: Path):
    loan = lend(document, red(document).id, tmp_path / "red.png")
    Image.new("RGBA", (320, 200), (0, 255, 0, 255)).save(loan.path)
    covering = document.covering(red(document).id)
    painted = taken_back(loan, covering)
    assert painted.bounds().moved(covering.x, covering.y) == loan.area


def test_a_picture_of_another_size_keeps_its_top_left(document, tmp_path: Path):
    loan = lend(document, red(document).id, tmp_path / "red.png")
    Image.new("RGBA", (50, 400), (0, 255, 0, 255)).save(loan.path)
    covering = document.covering(red(document).id)
    document.put_covering(covering, taken_back(loan, covering), "Edited elsewhere")
    assert red(document).bounds == Rect(-20, 0, 50, 400)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n half", b"8BPS rubbish"])
def test_what_is_no_picture_is_told(document, tmp_path: Path, content):
    for suffix in (".png", ".psd"):
        loan = lend(document, red(document).id, tmp_path / f"red{suffix}")
        loan.path.write_bytes(content)
        with pytest.raises(PictureError):
            taken_back(loan, document.covering(red(document).id))
        loan.path.unlink()
        with pytest.raises(MissingFileError):
            taken_back(loan, document.covering(red(document).id))


def test_names_of_layers_become_names_of_files():
    assert file_stem('a/b: "c"?') == "a-b- -c"
    assert file_stem("../..") == "layer" or "/" not in file_stem("../..")
    assert file_stem("") == "layer"
    assert file_stem("图层 1") == "图层 1"
    assert len(file_stem("x" * 500)) == 60


def test_a_copy_has_the_soft_edge_of_the_selection(document):
    document.select(ellipse(document.size, Rect(0, 60, 30, 30)))
    clip = clip_of(document, red(document).id)
    assert clip is not None
    chosen = document.selection.read(Rect(clip.x, clip.y, *clip.pixels.shape[1::-1]))
    expected = (128 * chosen.astype(int) + 127) // 255
    np.testing.assert_array_equal(clip.pixels[..., 3], expected)
    assert (clip.pixels[..., :3][clip.pixels[..., 3] > 0] == (200, 10, 20)).all()


def test_a_copy_without_a_selection_is_the_layer_and_nothing_is_none(document):
    clip = clip_of(document, red(document).id)
    assert (clip.x, clip.y, clip.pixels.shape) == (-20, 50, (60, 60, 4))
    document.select(rectangle(document.size, Rect(200, 0, 10, 10)))
    assert clip_of(document, red(document).id) is None


def test_a_merged_copy_is_what_is_seen(document, tmp_path: Path):
    document.select(rectangle(document.size, Rect(30, 40, 20, 20)))
    clip = merged_clip(document)
    assert (clip.x, clip.y) == (30, 40)
    np.testing.assert_array_equal(clip.pixels, document.composite(Rect(30, 40, 20, 20)))
    (tmp_path / "clip.png").write_bytes(clip.png())
    np.testing.assert_array_equal(load_rgba(tmp_path / "clip.png"), clip.pixels)
