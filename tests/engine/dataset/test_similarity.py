"""Like pictures are neighbors, and what does not belong stands out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.dataset.similarity import LEAST, Similarity, order_by_similarity
from engine.imaging.alpha import fill_color

from .cull_case import SAMPLE, SUBJECTS, art, blurred, measured, smaller


@pytest.fixture(scope="module")
def icons():
    """All sound pictures of the sample."""
    names = sorted(path.stem for path in (SAMPLE / "raw").glob("*.png"))
    names = [name for name in names if not name.endswith(("_soft", "_thumb"))]
    return [measured(key, art(name), name) for key, name in enumerate(names)]


def landscape():
    """An opaque gradient of sky and grass."""
    rgba = np.full((200, 300, 4), 255, np.uint8)
    rgba[..., 0] = np.linspace(40, 90, 200)[:, None]
    rgba[..., 1] = np.linspace(110, 170, 300)
    rgba[..., 2] = np.linspace(240, 60, 200)[:, None]
    return rgba


def lines():
    rgba = np.full((256, 256, 4), 255, np.uint8)
    rgba[::16, :, :3] = rgba[:, ::24, :3] = 0
    return rgba


def on_white():
    return np.dstack([fill_color(art("boar"), "#FFFFFF"), np.full((256, 256), 255, np.uint8)])


def test_no_picture_of_the_sample_stands_out(icons):
    values = Similarity(icons).outliers()
    assert max(values.values()) < 0.62
    assert 0.2 < np.median(list(values.values())) < 0.3


@pytest.mark.parametrize("stranger", [landscape, lines, on_white])
def test_a_picture_of_another_style_stands_out_most(icons, stranger):
    values = Similarity([*icons, measured(999, stranger())]).outliers()
    assert max(values, key=values.get) == 999
    assert values[999] > 0.6
    assert sum(value > 0.62 for value in values.values()) <= 1


def test_a_picture_is_judged_by_its_own_category(icons):
    stranger = measured(999, lines())
    others = [measured(500 + n, np.rot90(lines(), n % 2), category="drawings") for n in range(6)]
    alone = Similarity([*icons, stranger]).outliers()[999]
    at_home = Similarity([*icons, replace(stranger, category="drawings"), *others]).outliers()[999]
    assert alone > 0.8
    assert at_home < 0.25


def test_one_that_does_not_belong_is_found_among_six(icons):
    values = Similarity([*icons[:6], measured(999, lines())]).outliers()
    assert max(values, key=values.get) == 999
    assert values[999] > 0.62


def test_a_category_of_a_few_pictures_has_no_middle(icons):
    few = [replace(p, category="other") for p in icons[: LEAST - 1]]
    assert set(Similarity(few).outliers().values()) == {0.0}


def test_the_nearest_neighbors_are_the_copies(icons):
    small, soft = measured(900, smaller(art("moai"))), measured(901, blurred(art("moai"), 1.0))
    moai = next(p.id for p in icons if p.name == "moai")
    found = Similarity([*icons, small, soft]).neighbors(moai, 3)
    assert {key for key, _ in found[:2]} == {900, 901}
    assert found[0][1] < found[1][1] < found[2][1] / 1.2
    assert Similarity(icons).neighbors(12345, 3) == []


def test_sorting_puts_copies_side_by_side():
    chance = np.random.default_rng(5)
    pictures = []
    for key in range(120):
        rgba = np.repeat(np.repeat(chance.integers(0, 256, (4, 4, 4), np.uint8), 20, 0), 20, 1)
        rgba[..., 3] = 255
        pictures += [measured(key, rgba), measured(1000 + key, smaller(rgba, 0.7))]
    order = order_by_similarity([pictures[n] for n in chance.permutation(len(pictures))])
    assert sorted(order) == sorted(p.id for p in pictures)
    places = {key: place for place, key in enumerate(order)}
    apart = [abs(places[key] - places[1000 + key]) for key in range(120)]
    assert sum(step == 1 for step in apart) >= 114


def test_sorting_keeps_what_is_not_measured_at_the_end():
    pictures = [measured(key, art(name)) for key, name in enumerate(SUBJECTS)]
    bare = [replace(pictures[0], id=50 + n, descriptor=None) for n in range(2)]
    order = order_by_similarity([bare[1], *pictures, bare[0]])
    assert order[-2:] == [51, 50]
    assert sorted(order[:-2]) == list(range(len(SUBJECTS)))
    assert order_by_similarity([]) == []
    assert order_by_similarity(bare) == [50, 51]
