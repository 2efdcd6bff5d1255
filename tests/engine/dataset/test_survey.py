"""Sliders show what they would flag, and nothing is compared twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.dataset import survey as module
from engine.dataset.suggestions import suggest
from engine.dataset.survey import Survey
from engine.dataset.thresholds import CULL_KINDS, Thresholds

from .cull_case import SUBJECTS, art, blurred, measured, smaller

LIMITS = Thresholds()


@pytest.fixture(scope="module")
def pictures():
    """Sound pictures, then a copy, a soft, a small and a turned one and one in other colors."""
    sound = [measured(key, art(name), name) for key, name in enumerate(SUBJECTS)]
    return [
        *sound,
        measured(20, smaller(art("rocket"), 0.9), "copy"),
        measured(21, blurred(art("lotus")), "soft"),
        measured(22, smaller(art("crown"), 0.2), "thumb"),
        measured(23, art("boar")[:, ::-1], "mirrored"),
        measured(24, art("shield")[..., [1, 2, 0, 3]], "recolored", category="variants"),
    ]


@pytest.fixture(scope="module")
def survey(pictures):
    return Survey(pictures)


def ids(*names):
    return {SUBJECTS.index(name) for name in names}


def test_each_kind_is_judged_on_its_own(survey):
    found = survey.would_flag(LIMITS)
    assert tuple(found) == CULL_KINDS
    assert found["duplicate"] == ids("rocket", "lotus", "crown", "boar") | {20, 21, 22, 23}
    assert found["blurred"] == {21}
    assert found["too-small"] == {22}
    assert found["unusual-shape"] == found["different"] == set()


def test_suggestions_are_what_the_thresholds_say_they_flag(pictures, survey):
    items = suggest(pictures, LIMITS, survey)
    assert items == suggest(pictures)
    told = {kind: {s.picture_id for s in items if s.kind == kind} for kind in CULL_KINDS}
    assert told == survey.would_flag(LIMITS)
    assert {s.picture_id for s in items if s.keep} == ids("rocket", "lotus", "crown", "boar")


def test_what_was_picked_is_decided_and_flagged_only_beside_its_copies(pictures):
    kept = [replace(p, flag="picked") if p.id in (21, 22) else p for p in pictures]
    found = Survey(kept).would_flag(LIMITS)
    assert found["blurred"] == found["too-small"] == set()
    assert {21, 22} < found["duplicate"]
    assert not {s.picture_id for s in suggest(kept) if s.kind in ("blurred", "too-small")}


def test_one_number_says_what_is_too_small_in_all_folders(pictures):
    large = [
        replace(p, id=p.id + 100, folder="/large", width=p.width * 3, height=p.height * 3)
        for p in pictures[:4]
    ]
    both = Survey([*pictures, *large])
    shown = both.limit("too-small", LIMITS)
    assert shown == 128
    assert both.would_flag(LIMITS)["too-small"] == {22}
    moved = Thresholds(short_side=int(shown))
    assert both.would_flag(moved)["too-small"] == both.would_flag(LIMITS)["too-small"]


def test_a_picture_that_looks_different_is_suggested(pictures):
    stranger = np.random.default_rng(1).integers(0, 256, (200, 200, 4), np.uint8)
    stranger[..., 3] = 255
    found = [s for s in suggest([*pictures, measured(77, stranger)]) if s.kind == "different"]
    assert [s.picture_id for s in found] == [77]
    assert 0.62 < found[0].value <= 1
    assert f"{found[0].value:.2f}" in found[0].text


@pytest.mark.parametrize(
    ("kind", "strict", "loose"),
    [
        ("duplicate", {"distance": 0}, {"distance": 16}),
        ("blurred", {"sharpness": 0.01}, {"sharpness": 1, "of_median": 1}),
        ("too-small", {"short_side": 10}, {"short_side": 250}),
        ("unusual-shape", {"ratio": 3}, {"ratio": 0.9}),
        ("different", {"different": 1}, {"different": 0.2}),
    ],
)
def test_a_slider_moves_what_is_flagged_and_the_histogram_shows_it(survey, kind, strict, loose):
    few, many = (survey.would_flag(Thresholds(**limits))[kind] for limits in (strict, loose))
    assert few <= survey.would_flag(LIMITS)[kind] <= many
    assert len(few) < len(many)
    for limits in (Thresholds(**strict), LIMITS, Thresholds(**loose)):
        bars = survey.histogram(kind, 24, limits)
        assert len(bars.edges) == 25
        assert sum(bars.counts) == len(survey.pictures)
        assert sum(bars.flagged) == len(survey.would_flag(limits)[kind])
        assert all(part <= whole for part, whole in zip(bars.flagged, bars.counts, strict=True))


def test_flagged_bars_stand_on_their_side_of_the_limit(survey):
    limits = Thresholds(sharpness=0.25, of_median=1)
    bars = survey.histogram("blurred", 20, limits)
    assert survey.limit("blurred", limits) == pytest.approx(0.25)
    assert any(bars.flagged[:5])
    assert not any(bars.flagged[5:])
    bits = survey.histogram("duplicate", 24, LIMITS)
    assert any(bits.flagged[:9])
    assert not any(bits.flagged[9:])


def test_the_limit_of_small_pictures_is_half_the_median_until_it_is_set(survey):
    assert survey.limit("too-small", LIMITS) == 128
    assert survey.limit("too-small", Thresholds(short_side=300)) == 300


def test_measures_are_those_behind_the_flags(survey, pictures):
    soft = next(p for p in pictures if p.id == 21)
    assert survey.measure_of("blurred", 21, LIMITS) == soft.sharpness
    assert survey.measure_of("too-small", 22, LIMITS) == 51
    assert survey.measure_of("duplicate", 23, LIMITS) == 0
    assert survey.measure_of("duplicate", 24, LIMITS) > 16  # of another color only
    assert survey.measure_of("duplicate", 24, Thresholds(color=255)) <= 16
    assert survey.measure_of("blurred", 555, LIMITS) is None
    unmeasured = Survey([replace(pictures[0], sharpness=None)])
    assert unmeasured.measure_of("blurred", 0, LIMITS) is None
    assert unmeasured.would_flag(Thresholds(sharpness=1, of_median=1))["blurred"] == set()


def test_pairs_told_apart_are_not_flagged_again(survey, pictures):
    rocket = SUBJECTS.index("rocket")
    told = survey.following(pictures, {(rocket, 20)})
    assert survey.would_flag(LIMITS)["duplicate"] - told.would_flag(LIMITS)["duplicate"] == {
        rocket,
        20,
    }
    assert told.measure_of("duplicate", 20, LIMITS) > 16
    assert not [s for s in suggest(pictures, LIMITS, told) if s.picture_id == 20 and s.group]


def test_marks_and_captions_compare_nothing_anew(survey, pictures, monkeypatch):
    def never(*args):
        raise AssertionError("compared again")

    fresh = Survey([replace(p, caption="a") for p in pictures if p.id != 0])
    monkeypatch.setattr(module, "find_pairs", never)
    edited = [replace(p, caption="a", stars=3) for p in pictures if p.id != 0]
    following = survey.following(edited)
    assert following.pictures == edited
    assert following.would_flag(LIMITS) == fresh.would_flag(LIMITS)
    with pytest.raises(AssertionError):
        survey.following([*pictures, measured(78, art("crown"))])
    with pytest.raises(AssertionError):
        survey.following([replace(pictures[0], dhash=5), *pictures[1:]])


def test_another_category_moves_the_middle(survey, pictures):
    moved = [replace(p, category="b") if p.id < 5 else p for p in pictures]
    assert not np.array_equal(survey.following(moved).different, survey.different)


def test_thresholds_are_a_plain_dict_and_back():
    limits = Thresholds(sharpness=0.3, short_side=512)
    assert Thresholds.model_validate(limits.model_dump()) == limits
    assert Thresholds.model_validate({"ratio": 2.5, "of another version": 1}) == Thresholds(
        ratio=2.5
    )
    assert Thresholds.model_validate({}) == Thresholds()


def test_hidden_colors_are_a_fact_and_no_reason_to_reject(pictures):
    rgba = art("shield")
    rgba[:40, :, :3][rgba[:40, :, 3] == 0] = (255, 0, 0)
    loud = measured(90, rgba, "loud")
    found = Survey([*pictures, loud])
    assert 90 in found.ids[found.mask("hidden-color", LIMITS)]
    assert "hidden-color" not in {s.kind for s in suggest([loud])}
    told = suggest([loud], Thresholds(hidden_color=True))
    assert [s.picture_id for s in told if s.kind == "hidden-color"] == [90]


def test_an_empty_survey_has_empty_histograms():
    empty = Survey([])
    assert empty.would_flag(LIMITS) == {kind: set() for kind in CULL_KINDS}
    for kind in CULL_KINDS:
        assert sum(empty.histogram(kind, 8, LIMITS).counts) == 0
        assert empty.limit(kind, LIMITS) >= 0
