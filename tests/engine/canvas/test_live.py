"""What is seen of a repaint before it is done, and masks that are part of a request."""

from __future__ import annotations

import numpy as np
import pytest

from engine.canvas import live, mask_text, region
from engine.canvas.rect import Rect
from engine.canvas.repaint import RepaintRequest
from engine.canvas.repaint_job import cut_out
from engine.imaging.decode import encode_png
from engine.runtime.errors import BadInputError


def test_a_mask_comes_back_from_its_text():
    mask = np.random.default_rng(1).integers(0, 256, (31, 57), np.uint8)
    assert (mask_text.from_text(mask_text.to_text(mask)) == mask).all()


@pytest.mark.parametrize("text", ["", "AAAA", "%%%", "iVBORw0KGgo="])
def test_a_damaged_mask_is_refused(text):
    with pytest.raises(BadInputError):
        mask_text.from_text(mask_text.HEAD + text)


def test_colors_are_no_mask():
    import base64

    colors = base64.b64encode(encode_png(np.zeros((2, 2, 3), np.uint8))).decode()
    with pytest.raises(BadInputError):
        mask_text.from_text(mask_text.HEAD + colors)


def test_a_request_paints_the_same_with_its_mask_inside_as_from_a_file(tmp_path):
    mask = np.zeros((64, 96), np.uint8)
    mask[20:40, 30:60] = 255
    picture, file = tmp_path / "picture.png", tmp_path / "mask.png"
    picture.write_bytes(encode_png(np.full((64, 96, 3), 90, np.uint8)))
    file.write_bytes(encode_png(mask))
    cuts = [
        cut_out(RepaintRequest(picture=str(picture), mask=text), 64)
        for text in (str(file), mask_text.to_text(mask))
    ]
    assert cuts[0].frame == cuts[1].frame
    assert (cuts[0].denoise == cuts[1].denoise).all()
    assert (cuts[0].composite == cuts[1].composite).all()


def test_a_preview_is_seen_where_it_will_be_painted():
    frame = Rect(100, 50, 512, 384)
    selection = np.zeros((384, 512), np.uint8)
    selection[150:250, 200:300] = 255
    around = Rect(300, 200, 100, 100)
    veil = live.veil(selection, frame, around, region.sizes(around, 0.5, 512))
    assert max(veil.shape) <= 256
    shown = live.veiled(np.full((48, 64, 3), 7, np.uint8), veil)
    assert shown.shape == (192, 256, 4)
    assert shown[100, 125].tolist() == [7, 7, 7, 255]
    assert shown[5, 5, 3] == 0


def test_without_a_frame_the_whole_preview_is_seen():
    assert (live.veiled(np.zeros((3, 4, 3), np.uint8), None)[..., 3] == 255).all()
