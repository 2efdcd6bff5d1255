from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.canvas import fills, region, selection
from engine.canvas.document import from_picture
from engine.canvas.raster import bounds
from engine.canvas.rect import Rect

STRENGTHS = (0.01, 0.3, 0.6, 1.0)


def marked(size: tuple[int, int], rect: Rect) -> np.ndarray:
    return selection.rectangle(size, rect).read(Rect(0, 0, *size))


def smooth_picture(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    bands = [128 + 100 * np.sin(x / 23 + phase) * np.cos(y / 31) for phase in (0, 1, 2)]
    return np.stack(bands, axis=2).astype(np.uint8)


def test_both_masks_are_full_inside_the_selection_and_zero_beyond_their_reach() -> None:
    mask = marked((300, 260), Rect(100, 90, 70, 50))
    for strength, native in itertools.product(STRENGTHS, (128, 512, 1024)):
        distances = region.sizes(bounds(mask), strength, native)
        denoise, composite = region.masks(mask, distances)
        assert (denoise[mask > 0] == 1).all()
        assert (composite[mask > 0] == 1).all()
        assert (composite[denoise == 0] == 0).all()
        inner = Rect(100, 90, 70, 50).grown(distances.reach + 1)
        outside = marked((300, 260), inner) == 0
        assert not denoise[outside].any()


def test_a_stronger_repaint_has_a_wider_transition() -> None:
    around = Rect(100, 90, 70, 50)
    reaches = [region.sizes(around, strength, 512).reach for strength in (0.1, 0.4, 0.7, 1.0)]
    assert reaches == sorted(reaches)
    assert reaches[0] < reaches[-1]


def test_chosen_grow_and_feather_are_kept_and_zero_means_a_hard_edge() -> None:
    mask = marked((100, 100), Rect(40, 40, 20, 20))
    hard = region.masks(mask, region.sizes(bounds(mask), 0.7, 512, grow=0, feather=0))
    for edge in hard:
        np.testing.assert_array_equal(edge, (mask > 0).astype(np.float32))
    soft = region.sizes(bounds(mask), 0.7, 512, grow=10, feather=8)
    assert (soft.start, soft.reach) == (6, 14)


def test_the_masks_never_touch_the_frame_unless_the_selection_touches_the_document() -> None:
    size = (640, 480)
    for strength in STRENGTHS:
        selected = Rect(200, 180, 90, 60)
        frame = region.context_frame(size, selected, strength, 512)
        distances = region.sizes(selected, strength, 512)
        denoise, _ = region.masks(marked(size, selected)[frame.slices], distances)
        edges = [denoise[0], denoise[-1], denoise[:, 0], denoise[:, -1]]
        assert not np.concatenate(edges).any()


@pytest.mark.parametrize("size", [(640, 480), (1600, 100), (97, 75), (30, 20), (4000, 3000)])
@pytest.mark.parametrize("native", [128, 512, 1024])
def test_frames_of_any_selection_lie_inside_the_document_and_hold_it(
    size: tuple[int, int], native: int
) -> None:
    width, height = size
    selections = [
        Rect(0, 0, 1, 1),
        Rect(width - 1, height - 1, 1, 1),
        Rect(0, height - 9, 13, 9),
        Rect(width - 11, 0, 11, 7),
        Rect(width // 3, height // 3, max(1, width // 5), max(1, height // 4)),
        Rect(0, 0, width, height),
        Rect(-20, -20, 25, 25),
        Rect(0, 0, 0, 0),
    ]
    for selected, strength in itertools.product(selections, STRENGTHS):
        frame = region.context_frame(size, selected, strength, native)
        whole = Rect(0, 0, width, height)
        assert not frame.empty
        assert frame.intersected(whole) == frame
        inside = selected.intersected(whole)
        assert frame.intersected(inside) == inside or inside.empty
        work = region.work_size((frame.width, frame.height), native)
        assert all(side % 16 == 0 and 16 <= side <= 4096 for side in work)


def test_frames_are_multiples_of_eight_where_the_document_allows() -> None:
    frame = region.context_frame((1001, 803), Rect(500, 300, 61, 33), 0.5, 512)
    assert (frame.width % 8, frame.height % 8) == (0, 0)


def test_full_strength_sees_more_in_a_square() -> None:
    selected = Rect(900, 700, 200, 90)
    weak = region.context_frame((2000, 1500), selected, 0.5, 512)
    full = region.context_frame((2000, 1500), selected, 1.0, 512)
    assert full.width == full.height >= 512
    assert full.width * full.height > weak.width * weak.height


def test_the_model_paints_near_its_native_area_and_keeps_the_shape() -> None:
    assert region.work_size((100, 100), 512) == (512, 512)
    assert region.work_size((512, 768), 512) == (512, 768)
    assert region.work_size((2000, 1000), 512) == (704, 384)
    assert region.work_size((100, 75), 128) == (144, 112)
    assert region.work_size((128, 128), 128) == (128, 128)


@pytest.mark.parametrize("frame", [Rect(0, 0, 100, 75), Rect(21, 13, 333, 250), Rect(3, 5, 61, 47)])
def test_an_identity_model_gives_the_picture_back(frame: Rect) -> None:
    picture = smooth_picture(400, 300)
    original = picture[frame.slices]
    work = region.work_size((frame.width, frame.height), 512)
    there = region.prepare(original, work)
    back = region.prepare(there, (frame.width, frame.height))
    error = np.mean((back.astype(float) - original) ** 2)
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 40


def test_a_stitched_candidate_changes_no_byte_outside_its_mask() -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (120, 160, 4), np.uint8)
    picture[::7, ::5, 3] = 0
    document = from_picture(picture, "paper")
    before = document.composite()
    mask = selection.lasso((160, 120), [(40, 30), (120, 50), (70, 100)]).read(Rect(0, 0, 160, 120))
    frame = region.context_frame((160, 120), bounds(mask), 0.6, 128)
    distances = region.sizes(bounds(mask), 0.6, 128)
    _, composite = region.masks(mask[frame.slices], distances)
    generated = rng.integers(0, 256, (frame.height, frame.width, 3), np.uint8)
    pixels, x, y = region.stitch(generated, composite, frame)
    document.add_layer("candidate", pixels, x=x, y=y)
    after = document.composite()
    alpha = np.zeros((120, 160), np.uint8)
    alpha[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels[..., 3]
    np.testing.assert_array_equal(after[alpha == 0], before[alpha == 0])
    full = np.zeros((120, 160, 3), np.uint8)
    full[frame.slices] = generated
    np.testing.assert_array_equal(after[mask == 255][:, :3], full[mask == 255])
    document.undo()
    np.testing.assert_array_equal(document.composite(), before)


def test_an_empty_selection_and_a_single_pixel_give_valid_masks() -> None:
    empty = np.zeros((40, 40), np.uint8)
    denoise, composite = region.masks(empty, region.Sizes(2, 6, 3, 10))
    assert not denoise.any()
    assert not composite.any()
    assert (
        region.stitch(np.zeros((40, 40, 3), np.uint8), composite, Rect(0, 0, 40, 40))[0].size == 0
    )
    dot = empty.copy()
    dot[0, 39] = 255
    denoise, composite = region.masks(dot, region.Sizes(2, 6, 3, 10))
    assert denoise[0, 39] == composite[0, 39] == 1


@pytest.mark.parametrize("mode", ["neutral", "blur", "border", "patch"])
def test_filling_hides_what_was_inside_and_keeps_what_is_far_outside(mode: str) -> None:
    picture = np.full((96, 96, 3), (40, 120, 200), np.uint8)
    picture[40:56, 40:56] = (255, 0, 0)
    mask = np.zeros((96, 96), np.float32)
    mask[36:60, 36:60] = 1
    result = fills.filled(picture, mask, mode)
    np.testing.assert_array_equal(result[:20], picture[:20])
    wanted = (127, 127, 127) if mode == "neutral" else (40, 120, 200)
    assert np.abs(result[48, 48].astype(int) - wanted).max() < 12


def test_the_automatic_fill_keeps_the_picture_below_full_strength() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[20:40, 20:40] = 1
    assert fills.chosen("auto", 0.6, mask) == "keep"
    assert fills.chosen("auto", 1.0, mask) == "blur"
    assert fills.chosen("auto", 1.0, mask, extends=True) == "keep"
    assert fills.chosen("auto", 1.0, np.ones_like(mask)) == "noise"
    assert fills.chosen("neutral", 0.6, mask) == "neutral"
    picture = smooth_picture(64, 64)
    assert fills.filled(picture, mask, "keep") is picture
    assert (fills.filled(picture, mask, "blur")[30, 30] != picture[30, 30]).any()


def test_color_is_matched_to_the_surroundings_without_being_misled_by_the_inside() -> None:
    original = smooth_picture(160, 160)
    generated = np.clip(original.astype(int) + np.array([14, 9, -8]), 0, 255).astype(np.uint8)
    generated[60:100, 60:100] = (250, 240, 10)
    mask = marked((160, 160), Rect(60, 60, 40, 40))
    denoise, _ = region.masks(mask, region.sizes(bounds(mask), 0.6, 512))
    matched = region.matched_color(generated, original, denoise, 1.0)
    band = (denoise > 0) & (denoise < 1)
    before = np.abs(generated[band].astype(int) - original[band]).mean()
    after = np.abs(matched[band].astype(int) - original[band]).mean()
    assert after < before / 2
    assert region.matched_color(generated, original, denoise, 0.0) is generated


def test_color_is_left_alone_where_there_is_nothing_to_compare() -> None:
    generated = smooth_picture(64, 64)
    everywhere = np.ones((64, 64), np.float32)
    assert region.matched_color(generated, generated[::-1], everywhere, 1.0) is generated


def test_on_a_plain_ground_the_shade_is_matched_and_what_is_painted_keeps_its_contrast() -> None:
    """An off-white that a decoder leaves becomes the sheet's white; darks do not turn gray."""
    original = np.full((128, 128, 3), 255, np.uint8)
    generated = np.full((128, 128, 3), 251, np.uint8)
    generated[48:80, 48:80] = (26, 20, 30)
    mask = marked((128, 128), Rect(32, 32, 64, 64))
    denoise, _ = region.masks(mask, region.sizes(bounds(mask), 0.6, 512))
    matched = region.matched_color(generated, original, denoise, 1.0)
    assert matched[36, 36].min() >= 254
    assert matched[64, 64].max() < 45


@pytest.mark.parametrize(("native", "grown"), [(128, 1), (512, 4), (1024, 8), (4096, 8)])
def test_the_mask_grows_with_the_pixels_of_the_model(native: int, grown: int) -> None:
    assert region.sizes(Rect(100, 90, 70, 50), 0.6, native, feather=0).start == grown


def test_a_mask_stays_empty_and_full_when_it_is_resized() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[:, 20:] = 1
    resized = region.prepare_mask(mask, (64, 64))
    assert not resized[:, :28].any()
    assert (resized[:, 36:] == 255).all()
