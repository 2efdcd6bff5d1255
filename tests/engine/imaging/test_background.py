"""Planted subjects are found, edges are soft where they should be, and odd pictures do no harm."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from engine.imaging.background import (
    FINE,
    Plain,
    from_alpha,
    from_plain,
    plain_color,
    separate,
)
from engine.imaging.edges import refined

SUBJECT, GROUND = (170, 90, 60), (80, 100, 110)


def _disc(height, width, middle=(0.5, 0.5), radius=0.3):
    """Antialiased coverage of a disc, 0 to 1; all in shares of the sides."""
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(rows + 0.5 - height * middle[0], columns + 0.5 - width * middle[1])
    return np.clip(min(height, width) * radius - distance + 0.5, 0, 1)


def _planted(share, noise=0.0, ground=GROUND):
    """Opaque RGBA of the subject's color on the background's, with grain."""
    share = share[..., None]
    colors = np.array(SUBJECT) * share + np.array(ground) * (1 - share)
    colors = colors + np.random.default_rng(0).normal(0, noise, colors.shape)
    alpha = np.full(share.shape, 255)
    return np.rint(np.concatenate([colors.clip(0, 255), alpha], axis=2)).astype(np.uint8)


def _overlap(mask, share):
    found, true = mask >= 128, share >= 0.5
    return np.count_nonzero(found & true) / np.count_nonzero(found | true)


@pytest.mark.parametrize("size", [(180, 240), (400, 300), (820, 640)])
@pytest.mark.parametrize("noise", [1.0, 20.0])
def test_a_planted_disc_is_found(size, noise):
    share = _disc(*size)
    mask = separate(_planted(share, noise))
    assert mask.shape == size
    assert mask.dtype == np.uint8
    assert _overlap(mask, share) > 0.985
    assert np.abs(mask / 255 - share).mean() < 0.006


def test_a_picture_larger_than_the_outline_is_worked_out_at_keeps_its_edge():
    share = _disc(1500, 1800, radius=0.25)
    assert max(share.shape) > 2 * FINE
    mask = separate(_planted(share, 4.0))
    assert np.abs(mask / 255 - share).mean() < 0.003
    rim = (share > 0.05) & (share < 0.95)
    assert np.abs(mask[rim] / 255 - share[rim]).mean() < 0.25


def test_the_box_leaves_out_what_lies_beyond_it():
    share = np.maximum(_disc(200, 300, (0.5, 0.25), 0.2), _disc(200, 300, (0.5, 0.75), 0.2))
    mask = separate(_planted(share, 3.0), box=(5, 5, 140, 190))
    assert _overlap(mask[:, :150], share[:, :150]) > 0.98
    assert not mask[:, 150:].any()


def test_hints_decide_what_colors_cannot():
    share = np.maximum(_disc(300, 400, (0.5, 0.28), 0.2), _disc(300, 400, (0.5, 0.72), 0.2))
    picture = _planted(share, 3.0)
    kept, left_out = np.zeros((300, 400), bool), np.zeros((300, 400), bool)
    kept[120:180, 70:150] = left_out[100:200, 240:340] = True
    mask = separate(picture, inside=kept, outside=left_out)
    assert not mask[left_out].any()
    assert mask[kept].all()
    assert _overlap(mask[:, :200], share[:, :200]) > 0.95
    band = np.zeros((300, 400), np.uint8)
    band[20:24, 100:300] = 255
    assert (separate(picture, inside=band)[20:24, 100:300] == 255).all()


def test_a_mask_can_be_begun_with():
    share = _disc(240, 240)
    rough = np.zeros((240, 240), np.uint8)
    rough[70:170, 70:170] = 255
    assert _overlap(separate(_planted(share, 8.0), start=rough), share) > 0.98


def test_the_same_picture_gives_the_same_mask_and_opencvs_random_numbers_are_left_alone():
    picture = _planted(_disc(200, 200), 25.0)

    def following(between):
        cv2.setRNGSeed(11)
        between()
        return cv2.randu(np.zeros((1, 4)), 0, 1).tolist()

    masks = []
    plain = following(lambda: None)
    assert following(lambda: masks.append(separate(picture))) == plain
    cv2.setRNGSeed(99)
    worker = threading.Thread(target=lambda: masks.append(separate(picture)))
    worker.start()
    worker.join()
    assert (masks[0] == masks[1]).all()


def test_what_is_transparent_is_never_subject_whatever_color_it_hides():
    share = _disc(200, 200)
    picture = _planted(share, 3.0)
    picture[:, :60, 3] = 0
    picture[:, :60, :3] = SUBJECT
    mask = separate(picture)
    assert not mask[:, :60].any()
    assert _overlap(mask[:, 60:], share[:, 60:]) > 0.97


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (3, 3), (5, 4), (1, 90), (700, 2)])
@pytest.mark.parametrize("alpha", [0, 255])
def test_pictures_too_small_or_too_plain_give_a_mask_of_their_size(size, alpha):
    picture = np.full((*size, 4), 255, np.uint8)
    picture[..., 3] = alpha
    for mask in (separate(picture), separate(picture, box=(0, 0, 1, 1)), from_plain(picture)):
        assert mask.shape == size
        assert alpha or not mask.any()


def test_a_picture_without_contrast_has_no_subject():
    grey = _planted(np.zeros((300, 300)))
    assert not separate(grey).any()
    assert not from_plain(grey).any()


def test_alpha_is_taken_as_it_is():
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, 4), np.uint8)
    mask = from_alpha(picture)
    assert (mask == picture[..., 3]).all()
    assert not np.shares_memory(mask, picture)


def test_a_plain_background_is_recognized_by_its_frame():
    assert plain_color(_planted(_disc(90, 90), 2.0)) == Plain(GROUND, 1.0)
    noise = np.random.default_rng(1).integers(0, 256, (90, 90, 4), np.uint8)
    assert not plain_color(noise).is_plain
    half = _planted(_disc(90, 90))
    half[:, :45, :3] = (20, 200, 20)
    assert not plain_color(half).is_plain


def test_a_plain_background_goes_and_leaves_the_antialiased_edge():
    share = _disc(150, 200)
    mask = from_plain(_planted(share))
    assert np.abs(mask / 255 - share).max() < 0.05


def test_a_flood_from_the_frame_stops_at_the_subject():
    ring = _disc(200, 200, radius=0.4) - _disc(200, 200, radius=0.2)
    picture = _planted(ring)
    assert from_plain(picture)[100, 100] == 255
    assert from_plain(picture, enclosed=True)[100, 100] == 0
    assert _overlap(from_plain(picture, enclosed=True), ring) > 0.97


def test_the_tolerance_is_measured_from_the_background_and_does_not_creep_along_a_gradient():
    ramp = np.full((40, 256, 4), 255, np.uint8)
    ramp[..., :3] = np.arange(256)[None, :, None]
    mask = from_plain(ramp, 20, color=(0, 0, 0))
    assert not mask[:, :15].any()
    assert (mask[:, 40:] == 255).all()


def test_a_rough_edge_moves_to_where_the_colors_change():
    share = _disc(300, 300)
    rough = cv2.resize(
        np.where(_disc(30, 30) >= 0.5, 255, 0).astype(np.uint8), (300, 300),
        interpolation=cv2.INTER_NEAREST,
    )  # fmt: skip
    rgb = _planted(share)[..., :3]
    mask = refined(rgb, rough, 10)
    assert np.abs(mask / 255 - share).mean() < np.abs(rough / 255 - share).mean() / 4
    far = cv2.dilate(rough, np.ones((21, 21))) == cv2.erode(rough, np.ones((21, 21)))
    assert (mask[far] == rough[far]).all()


def test_tiles_leave_no_seams():
    share = _disc(600, 600, radius=0.45)
    rough = np.where(share >= 0.5, np.uint8(255), np.uint8(0))
    rgb = _planted(share, 6.0)[..., :3]
    whole = refined(rgb, rough, 3)
    moved = refined(rgb[40:, 56:], rough[40:, 56:], 3)
    assert (whole[60:, 76:] == moved[20:, 20:]).all()
