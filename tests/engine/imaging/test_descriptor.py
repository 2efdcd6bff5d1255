"""Descriptors say what a picture looks like, however it is turned, framed or saved."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.imaging.adjust import resize
from engine.imaging.decode import load_rgba
from engine.imaging.descriptor import HIDDEN_COLOR, LAYOUT, NO_EDGE, cells, orientations, unpack
from engine.imaging.quality import measure

SAMPLE = Path(__file__).parents[3] / "resources" / "sample"


def described(*pictures):
    """The records of pictures."""
    records, known = unpack([measure(rgba).descriptor for rgba in pictures])
    assert known.all()
    return records


def art(name, style="raw"):
    return load_rgba(SAMPLE / style / f"{name}.png")


def squeezed(rgba):
    """Smaller, and through a lossy file."""
    buffer = io.BytesIO()
    small = resize(rgba, (rgba.shape[1] * 4 // 5, rgba.shape[0] * 4 // 5))
    Image.fromarray(small).save(buffer, "WEBP", quality=70)
    return np.array(Image.open(buffer).convert("RGBA"))


def test_a_descriptor_is_small_and_says_which_version_it_is():
    found = measure(art("crown")).descriptor
    assert len(found) == LAYOUT.itemsize <= 1024
    assert found[0] == 1


@pytest.mark.parametrize("name", ["rocket", "panda", "boar"])
def test_hashes_tell_how_a_picture_was_turned(name):
    rgba = art(name)
    plain = described(rgba)[0]["hashes"]
    for number, turned in enumerate(orientations(rgba)):
        other = described(squeezed(np.ascontiguousarray(turned)))[0]["hashes"]
        bits = np.bitwise_count(other[0] ^ plain)
        assert bits.argmin() == number
        assert bits[number] <= 4


def test_the_first_hash_is_that_of_the_index():
    found = measure(art("lotus"))
    assert int(unpack([found.descriptor])[0]["hashes"][0, 0]) == found.dhash


def test_the_thumbnail_shows_where_the_colors_are():
    rgba = np.zeros((120, 240, 4), np.uint8)
    rgba[:60] = (255, 0, 0, 255)
    rgba[60:] = (0, 0, 255, 128)
    record = described(rgba)[0]
    assert (record["alpha"][0] == 0).all()  # padded to a square
    assert (record["alpha"][3:6] == 255).all()
    assert np.abs(record["alpha"][6:9].astype(int) - 128).max() <= 2
    for rows, color in ((slice(3, 6), (255, 0, 0)), (slice(6, 9), (0, 0, 255))):
        expected = cv2.cvtColor(np.array([[color]], np.float32) / 255, cv2.COLOR_RGB2Lab)[0, 0]
        values = expected * (2.55, 1, 1) + (0, 128, 128)
        assert np.abs(record["lab"][rows].astype(float) - values).max() < 4


def test_hidden_colors_do_not_show_in_the_thumbnail():
    rgba = art("shield")
    loud = rgba.copy()
    loud[loud[..., 3] == 0] = (255, 0, 255, 0)
    quiet, other = cells(described(rgba, loud))
    assert np.abs(quiet - other).max() == 0


def test_margins_and_softer_edges_leave_the_look_alone():
    rgba = art("shield")
    wide = np.pad(rgba, ((40, 3), (9, 70), (0, 0)))
    premultiplied = wide.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    soft = cv2.GaussianBlur(premultiplied, (0, 0), 3)
    soft[..., :3] /= np.maximum(soft[..., 3:], 1) / 255
    plain, moved, blurred = described(rgba, wide, np.clip(soft, 0, 255).astype(np.uint8))
    for other in (moved, blurred):
        assert np.bitwise_count(plain["hashes"][0] ^ other["hashes"][0]) <= 6
        apart = cells(np.array([plain, other]))
        assert np.sqrt(np.square(apart[0] - apart[1]).mean()) < 0.15


def test_the_soft_edge_is_measured_in_shares_of_the_longest_side():
    y, x = np.mgrid[-199.5:200, -199.5:200]
    ramp = np.clip((120 - np.hypot(x, y)) / 20 + 0.5, 0, 1)
    rgba = np.full((400, 400, 4), 200, np.uint8)
    rgba[..., 3] = ramp * 255
    content = described(rgba)[0]
    width = content["soft_edge"] / (NO_EDGE - 1) * max(content["content"])
    assert 14 < width < 22  # of the ramp of 20 pixels those that are neither clear nor solid
    hard = rgba.copy()
    hard[..., 3] = np.where(rgba[..., 3] > 127, 255, 0)
    assert described(hard)[0]["soft_edge"] == 0
    assert described(np.full((9, 9, 4), 255, np.uint8))[0]["soft_edge"] == NO_EDGE


def test_a_blurred_cut_out_has_a_wider_edge_than_a_clean_one():
    clean, soft = described(art("lotus"), art("lotus_soft"))
    assert clean["soft_edge"] < 0.01 * NO_EDGE < 0.05 * NO_EDGE < soft["soft_edge"]
    assert soft["noise"] < clean["noise"] / 2


def test_colors_under_transparency_are_told():
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[16:48, 16:48] = (90, 120, 30, 255)
    white = rgba.copy()
    white[..., :3][rgba[..., 3] == 0] = 255
    loud = rgba.copy()
    loud[:8, :32, :3] = (200, 0, 0)
    flags = described(rgba, white, loud)["flags"] & HIDDEN_COLOR
    assert flags.tolist() == [0, 0, 1]
    opaque = loud.copy()
    opaque[..., 3] = 255
    assert described(opaque)[0]["flags"] == 0


def test_the_share_of_transparent_pixels_is_that_of_the_whole_picture():
    rgba = np.zeros((50, 100, 4), np.uint8)
    rgba[:25, :40] = 255
    assert abs(described(rgba)[0]["transparent"] / 0xFFFF - 0.8) < 1e-3


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 5), (3000, 40)])
@pytest.mark.parametrize("alpha", [0, 100, 255])
def test_every_shape_can_be_described(shape, alpha):
    record = described(np.full((*shape, 4), (10, 20, 30, alpha), np.uint8))[0]
    longest = min(1024, max(shape))
    assert max(record["content"]) == longest
    assert (record["transparent"] > 0) == (alpha == 0)
    assert len({int(value) for value in record["hashes"]}) <= 4  # no better than its own symmetry


def test_what_cannot_be_read_is_not_known():
    good = measure(art("crown")).descriptor
    other = bytes([9]) + good[1:]
    records, known = unpack([None, good, b"short", other])
    assert known.tolist() == [False, True, False, False]
    assert records[1].tobytes() == good
    assert unpack([])[1].shape == (0,)
