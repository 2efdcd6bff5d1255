"""The promises of repainting a region, for every size, strength and shape; no model is needed."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from engine.canvas import fills, region, selection
from engine.canvas.document import Document
from engine.canvas.raster import bounds
from engine.canvas.rect import Rect
from engine.sampling.parts import LatentMask, Run
from engine.sampling.samplers import Sampler
from engine.sampling.schedules import evaluations

STRENGTHS = (0.01, 0.3, 0.6, 0.99, 1.0)


def inside(size: tuple[int, int], rect: Rect) -> np.ndarray:
    return selection.rectangle(size, rect).read(Rect(0, 0, *size))


def smooth(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    bands = [128 + 100 * np.sin(x / 37 + phase) * np.cos(y / 43) for phase in (0, 1, 2)]
    return np.stack(bands, axis=2).astype(np.uint8)


# 1. The composite


def test_where_the_mask_is_zero_every_value_and_every_alpha_stays_bit_for_bit() -> None:
    """All 256 values of color over all 256 of alpha, alpha 0 with hidden colors included."""
    color, alpha = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    picture = np.dstack([color, 255 - color, color ^ 0x55, alpha])
    document = Document(256, 256)
    document.add_layer("paper", picture)
    before = document.composite()
    mask = np.zeros((256, 256), np.float32)
    mask[96:160, 96:160] = np.linspace(0, 1, 64)[None, :]
    generated = np.random.default_rng(2).integers(0, 256, (256, 256, 3), np.uint8)
    pixels, x, y = region.stitch(generated, mask, Rect(0, 0, 256, 256))
    document.add_layer("candidate", pixels, x=x, y=y)
    after = document.composite()
    np.testing.assert_array_equal(after[mask == 0], before[mask == 0])
    np.testing.assert_array_equal(after[mask == 1][:, :3], generated[mask == 1])
    np.testing.assert_array_equal(document.layers[0].tiles.read(Rect(0, 0, 256, 256)), picture)


# 2. The masks


@pytest.mark.parametrize("native", [128, 512, 1024])
@pytest.mark.parametrize(
    "selected",
    [
        Rect(600, 420, 170, 90),
        Rect(0, 0, 80, 60),
        Rect(1500, 1100, 100, 100),
        Rect(700, 0, 9, 1200),
    ],
)
def test_masks_are_one_inside_and_end_before_the_frame_unless_the_document_ends(
    selected: Rect, native: int
) -> None:
    size = (1600, 1200)
    for strength, surroundings in itertools.product(STRENGTHS, ("auto", "tight", "whole")):
        frame = region.context_frame(size, selected, strength, native, surroundings=surroundings)
        distances = region.sizes(selected, strength, native)
        part = inside(size, selected)[frame.slices]
        for mask in region.masks(part, distances, region.cut_sides(frame, size)):
            assert (mask[part == 255] == 1).all()
            left, top, right, bottom = region.cut_sides(frame, size)
            edges = {0: mask[:, 0], 1: mask[0], 2: mask[:, -1], 3: mask[-1]}
            for side, open_side in enumerate((left, top, right, bottom)):
                assert not (open_side and edges[side].any())


def test_a_frame_dragged_through_the_transition_ends_it_and_does_not_cut_it() -> None:
    size, selected = (640, 480), Rect(200, 180, 120, 80)
    distances = region.sizes(selected, 1.0, 512)
    frame = selected.grown(10)
    assert distances.reach > 20
    part = inside(size, selected)[frame.slices]
    for mask in region.masks(part, distances, region.cut_sides(frame, size)):
        assert not np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).any()
        assert (mask[part == 255] == 1).all()
        assert 0 < mask[5, 60] < 1


def test_automatic_frames_never_weaken_the_masks() -> None:
    size, selected = (900, 700), Rect(400, 300, 60, 90)
    for strength, surroundings in itertools.product(STRENGTHS, ("auto", "tight")):
        frame = region.context_frame(size, selected, strength, 512, surroundings=surroundings)
        distances = region.sizes(selected, strength, 512)
        part = inside(size, selected)[frame.slices]
        free = region.masks(part, distances)
        cut = region.masks(part, distances, region.cut_sides(frame, size))
        for one, other in zip(free, cut, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_soft_selection_stays_soft() -> None:
    ramp = np.zeros((120, 200), np.uint8)
    ramp[:, 40:160] = np.r_[np.linspace(0, 255, 60), np.linspace(255, 0, 60)].astype(np.uint8)
    denoise, composite = region.masks(ramp, region.Sizes(2, 10, 8, 20))
    for mask in (denoise, composite):
        assert (mask[ramp == 255] == 1).all()
        assert (mask >= ramp / 255 - 1e-6).all()
        assert mask[60, 60] == pytest.approx(ramp[60, 60] / 255)
        assert not mask[ramp == 0][: 120 * 30].any()


# 3. An identity generator


@pytest.mark.parametrize("native", [128, 512, 1024])
@pytest.mark.parametrize(
    ("size", "selected"),
    [
        ((700, 500), Rect(300, 200, 90, 70)),
        ((1600, 1200), Rect(200, 100, 1100, 900)),
        ((2048, 128), Rect(900, 20, 300, 90)),
        ((97, 75), Rect(10, 10, 60, 40)),
    ],
)
def test_an_identity_model_leaves_the_inside_alike_and_the_outside_exact(
    size: tuple[int, int], selected: Rect, native: int
) -> None:
    picture = smooth(*size)
    frame = region.context_frame(size, selected, 0.6, native)
    part = inside(size, selected)[frame.slices]
    denoise, composite = region.masks(part, region.sizes(selected, 0.6, native))
    original = picture[frame.slices]
    work = region.work_size((frame.width, frame.height), native)
    small, mask = region.prepare(original, work), region.prepare_mask(denoise, work)
    painted = fills.filled(small, mask / np.float32(255.0), "keep", native)
    painted = region.matched_color(painted, small, mask / np.float32(255.0), 0.8, native)
    back = region.prepare(painted, (frame.width, frame.height))
    pixels, x, y = region.stitch(back, composite, frame)
    document = Document(*size)
    document.add_layer("paper", picture)
    document.add_layer("candidate", pixels, x=x, y=y)
    after = document.composite()[..., :3]
    covered = np.zeros(picture.shape[:2], bool)
    covered[frame.slices] = composite > 0.5 / 255
    np.testing.assert_array_equal(after[~covered], picture[~covered])
    error = np.mean((after[covered].astype(float) - picture[covered]) ** 2)
    assert 10 * math.log10(255**2 / max(error, 1e-9)) > 40


# 4. Odd selections and odd canvases


@pytest.mark.parametrize("size", [(512, 512), (8192, 512), (64, 1024), (1, 1), (16, 16), (37, 9)])
@pytest.mark.parametrize("native", [128, 512, 1024])
def test_no_selection_and_no_canvas_is_too_odd(size: tuple[int, int], native: int) -> None:
    width, height = size
    whole = Rect(0, 0, width, height)
    odd = {
        "one pixel": Rect(width // 2, height // 2, 1, 1),
        "all": whole,
        "nothing": Rect(0, 0, 0, 0),
        "outside": Rect(width + 50, -300, 40, 40),
        "partly outside": Rect(width - 1, height - 1, 500, 500),
    }
    corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    odd |= {f"corner {at}": Rect(*at, 1, 1) for at in corners}
    for (name, selected), strength in itertools.product(odd.items(), STRENGTHS):
        for surroundings in ("auto", "tight", "whole"):
            frame = region.context_frame(
                size, selected, strength, native, surroundings=surroundings
            )
            assert not frame.empty, name
            assert frame.intersected(whole) == frame, name
            work = region.work_size((frame.width, frame.height), native)
            assert all(16 <= side <= 4096 and side % 8 == 0 for side in work)
        part = inside((min(width, 512), min(height, 512)), selected)
        distances = region.sizes(selected, strength, native)
        denoise, composite = region.masks(part, distances)
        assert denoise.shape == composite.shape == part.shape
        assert np.isfinite(denoise).all()
        picture = smooth(part.shape[1], part.shape[0])
        for mode in ("neutral", "blur", "border", "noise", "keep"):
            filled = fills.filled(picture, denoise, mode, native)
            assert filled.shape == picture.shape
        layer, _, _ = region.stitch(picture, composite, Rect(0, 0, part.shape[1], part.shape[0]))
        assert layer.shape[:2] == bounds(composite > 0.5 / 255)[3:1:-1]


# 5. Strength and steps


def test_every_strength_is_painted_with_enough_steps_and_more_strength_never_with_fewer() -> None:
    for steps in range(1, 61):
        before = 0
        for percent in range(1, 101):
            total, start = evaluations(steps, percent / 100)
            painted = total - start
            assert painted >= min(steps, 4)
            assert painted >= before
            assert 0 <= start < total
            before = painted
        assert before == steps


# 6. Differential denoising


def run_of(steps: int, shape: tuple[int, ...]) -> Run:
    config = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012}
    config["beta_schedule"] = "scaled_linear"  # type: ignore[assignment]
    sampler = Sampler("euler", "karras", steps, config=config, prediction_type="epsilon")
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    return Run(None, sampler, [], [], torch.zeros(shape), noise, [])  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [1, 4, 7, 20])
def test_a_pixel_is_frozen_for_exactly_the_steps_whose_rest_is_larger_than_its_mask(
    steps: int,
) -> None:
    values = (torch.arange(256) / 255)[None, None, None, :]
    run = run_of(steps, (1, 4, 1, 256))
    part = LatentMask(torch.full((1, 4, 1, 256), 7.0), values)
    frozen = torch.zeros(256, dtype=torch.int64)
    for index in range(steps):
        run.index = index
        run.latents = torch.full((1, 4, 1, 256), 1000.0)  # what the model has made of it
        part.before_step(run)
        kept = run.sampler.noised(torch.full((1, 4, 1, 256), 7.0), run.noise, index)
        same = (run.latents == kept).all(dim=1)[0, 0]
        assert (same | (run.latents[0, 0, 0] == 1000.0)).all()
        frozen += same
    for at, value in enumerate(values.flatten().tolist()):
        whole = 1.0 if value > 0.99 else value
        rests = [1 - index / steps for index in range(steps)]
        assert frozen[at] == sum(rest > whole + 1e-4 for rest in rests)
    run.latents = torch.full((1, 4, 1, 256), 1000.0)
    part.finish(run)
    assert (run.latents[..., frozen == steps] == 7.0).all()
    assert (run.latents[..., frozen < steps] == 1000.0).all()


# Extending the canvas


@pytest.mark.parametrize(
    ("frame", "reach"),
    [
        (Rect(0, 0, 100, 80), 0),
        (Rect(60, 0, 100, 80), 60),
        (Rect(-30, -40, 100, 80), 40),
        (Rect(10, 20, 30, 90), 30),
    ],
)
def test_how_far_a_frame_extends_the_document(frame: Rect, reach: int) -> None:
    assert region.extension((100, 80), frame) == reach


def test_distances_follow_the_new_strip_where_it_is_wider_than_the_selection() -> None:
    assert region.around(Rect(0, 0, 10, 10), (100, 80), Rect(60, 0, 100, 80)) == Rect(0, 0, 60, 60)
    chosen = Rect(5, 5, 90, 20)
    assert region.around(chosen, (100, 80), Rect(60, 0, 100, 80)) == chosen
