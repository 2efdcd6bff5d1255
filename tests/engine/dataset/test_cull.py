"""Decisions are collected, taken back and written as one step; nothing happens before."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PIL import Image

from engine.dataset.cull import (
    Decision,
    Plan,
    Review,
    Rule,
    Sorting,
    apply,
    report,
)
from engine.dataset.cull_facts import WIDE_EDGE, facts
from engine.dataset.cull_groups import find_groups, kinds, pick
from engine.dataset.library import Library
from engine.dataset.survey import Survey
from engine.dataset.thresholds import Thresholds
from engine.project.project import SourceFolder

from .cull_case import SAMPLE, SUBJECTS, art, blurred, measured, smaller


@pytest.fixture(scope="module")
def pictures():
    sound = [measured(key, art(name), name, bytes=5000) for key, name in enumerate(SUBJECTS)]
    return [
        *sound,
        measured(20, smaller(art("rocket"), 0.95), "rocket copy", caption="rocket, red, icon"),
        measured(21, blurred(art("lotus")), "lotus soft", caption="lotus"),
        measured(22, smaller(art("crown"), 0.2), "crown thumb"),
        measured(23, art("boar")[:, ::-1], "boar mirrored"),
        measured(24, art("shield")[..., [1, 2, 0, 3]], "recolored"),
    ]


@pytest.fixture
def groups(pictures):
    return find_groups(Survey(pictures))


def of(groups, name):
    return next(g for g in groups if SUBJECTS.index(name) in g.ids)


def test_groups_say_what_kind_of_match_they_are(groups):
    assert {g.ids for g in groups} == {
        (SUBJECTS.index(name), other)
        for name, other in [("rocket", 20), ("crown", 22), ("lotus", 21), ("boar", 23)]
    }
    expected = {"rocket": "same", "crown": "smaller", "lotus": "softer", "boar": "turned"}
    assert {name: of(groups, name).kind for name in expected} == expected
    assert kinds(groups) == {"same": 1, "softer": 1, "smaller": 1, "turned": 1}
    assert [g.number for g in groups] == [1, 2, 3, 4]
    assert of(groups, "boar").distance == 0


def test_recolored_pictures_are_kept_apart(pictures, groups):
    (variant,) = find_groups(Survey(pictures), Thresholds(distance=16), recolored=True)
    assert set(variant.ids) == {SUBJECTS.index("shield"), 24}
    assert variant.kind == "recolored"
    assert 24 not in {key for group in groups for key in group.ids}


def test_an_enlarged_copy_is_the_softer_one():
    from engine.imaging.adjust import resize

    small = measured(1, smaller(art("boar"), 0.4))
    large = measured(2, resize(smaller(art("boar"), 0.4), (500, 500)))
    (group,) = find_groups(Survey([small, large]))
    assert group.kind == "softer"
    assert pick(group, "sharper") == 1
    assert pick(group, "larger") == 2


def lossy(picture):
    return replace(picture, path=picture.path.with_suffix(".webp"))


def one_group(*pictures):
    (group,) = find_groups(Survey(pictures))
    return group


def test_the_larger_lossless_original_stays_though_a_reduced_copy_measures_sharper():
    original = replace(measured(1, art("fork_and_knife_with_plate")), sharpness=0.38)
    copy = smaller(art("fork_and_knife_with_plate"), 0.93)
    group = one_group(original, replace(lossy(measured(2, copy)), sharpness=0.43))
    assert group.kind == "same"
    assert pick(group, "sharper") == group.ids[0] == 1
    first, second = facts(group)
    assert first.better >= {"size", "file"}
    assert "sharpness" not in second.better


def test_a_lossy_file_of_the_same_size_is_no_sharper_for_its_ringing():
    original = replace(measured(1, art("boar")), sharpness=0.4)
    copy = replace(measured(2, art("boar")), sharpness=0.5)
    assert pick(one_group(original, lossy(copy)), "sharper") == 1
    assert pick(one_group(original, copy), "sharper") == 2


@pytest.mark.parametrize("name", ["boar", "crown", "moai", "bucket", "grapes", "panda"])
@pytest.mark.parametrize("share", [0.93, 0.75, 0.5, 0.3])
def test_a_reduced_copy_is_never_the_one_to_keep(name, share):
    group = one_group(measured(1, art(name)), measured(2, smaller(art(name), share)))
    assert pick(group, "sharper") == group.ids[0] == 1


def test_a_blurred_large_picture_gives_way_to_a_sharp_small_one():
    group = one_group(measured(1, blurred(art("lotus"))), measured(2, smaller(art("lotus"), 0.6)))
    assert group.kind == "softer"
    assert pick(group, "sharper") == group.ids[0] == 2


def test_rejected_pictures_are_in_no_group(pictures):
    gone = [replace(p, flag="rejected") if p.id == 20 else p for p in pictures]
    found = {key for group in find_groups(Survey(gone)) for key in group.ids}
    assert found == {SUBJECTS.index(n) for n in ("crown", "lotus", "boar")} | {21, 22, 23}


def test_facts_tick_the_better_value(groups):
    sharp, soft = facts(of(groups, "lotus"))
    assert sharp.better >= {"sharpness", "soft edge"}
    assert soft.better == {"caption"}
    assert sharp.soft_edge < WIDE_EDGE < soft.soft_edge
    assert (sharp.width, sharp.height, sharp.tags, soft.tags) == (256, 256, 0, 1)
    large, small = facts(of(groups, "crown"))
    assert "size" in large.better
    assert "size" not in small.better
    first, mirrored = facts(of(groups, "boar"))
    assert first.better == mirrored.better == frozenset()


def test_a_lossless_file_beats_a_lossy_one(groups):
    group = of(groups, "boar")
    lossy = replace(group.pictures[1], path=group.pictures[1].path.with_suffix(".JPEG"))
    first, second = facts(replace(group, pictures=(group.pictures[0], lossy)))
    assert (first.better, second.better) == (frozenset({"file"}), frozenset())
    assert (first.file_type, second.file_type) == ("png", "jpg")


def test_an_opaque_picture_has_no_soft_edge():
    rgba = art("boar")
    rgba[..., 3] = 255
    (group,) = find_groups(Survey([measured(1, rgba), measured(2, smaller(rgba, 0.9))]))
    assert [f.soft_edge for f in facts(group)] == [None, None]
    assert all("soft edge" not in f.better for f in facts(group))


@pytest.mark.parametrize(
    ("criterion", "kept"),
    [("sharper", "lotus"), ("larger", "lotus"), ("captioned", "lotus soft")],
)
def test_a_rule_picks_one_of_each_group(groups, criterion, kept):
    group = of(groups, "lotus")
    names = {picture.id: picture.name for picture in group.pictures}
    assert names[pick(group, criterion)] == kept


def test_nothing_is_planned_before_a_decision_and_back_takes_one(groups):
    review = Review(groups)
    assert not review.plan()
    number = of(groups, "boar").number
    review.decide(number, Decision("keep", 23))
    assert review.plan().flags == {SUBJECTS.index("boar"): "rejected"}
    review.decide(number, Decision("keep", SUBJECTS.index("boar")))
    assert review.plan().flags == {23: "rejected"}
    assert review.back()
    assert review.decision(number) == Decision("keep", 23)
    assert review.back()
    assert review.decision(number) is None
    assert not review.back()
    assert not review.plan()


def test_the_rule_decides_the_rest_and_leaves_what_was_decided(groups):
    review = Review(groups, Rule("larger"))
    review.decide(of(groups, "boar").number, Decision("not-duplicates"))
    review.decide(of(groups, "rocket").number, Decision("skip"))
    review.decide(of(groups, "crown").number, Decision("keep", 22))
    assert review.decide_rest() == 1
    assert review.counts() == {"kept": 2, "rejected": 2, "not-duplicates": 1, "left": 1}
    assert [g.number for g in review.left] == [of(groups, "rocket").number]
    plan = review.plan()
    assert plan.flags == {SUBJECTS.index("crown"): "rejected", 21: "rejected"}
    assert plan.not_duplicates == ((SUBJECTS.index("boar"), 23),)
    review.back()
    assert review.counts()["left"] == 2  # the rest was decided in one step


def test_the_other_caption_is_taken_over_only_by_one_without(groups):
    group = of(groups, "rocket")
    large, small = group.ids
    review = Review(groups)
    review.decide(group.number, Decision("keep", large))
    assert review.plan().captions == {large: "rocket, red, icon"}
    review.decide(group.number, Decision("keep", small))
    assert review.plan().captions == {}
    review.rule = Rule(take_caption=False)
    review.decide(group.number, Decision("keep", large))
    assert review.plan().captions == {}


def test_pictures_kept_side_by_side_are_not_asked_about_again(pictures, groups):
    review = Review(groups)
    for group in groups:
        review.decide(group.number, Decision("both"))
    plan = review.plan()
    assert plan.flags == plan.captions == {}
    assert review.counts()["kept"] == 8
    assert find_groups(Survey(pictures, set(plan.not_duplicates))) == []


def test_single_pictures_are_kept_rejected_and_skipped_in_turn():
    sorting = Sorting([3, 1, 2])
    assert sorting.current == 3
    assert sorting.decide("picked") == 1
    assert sorting.decide("rejected") == 2
    assert sorting.back() == 1
    assert sorting.decide("") == 2
    assert sorting.decide("rejected") is None
    assert sorting.decide("picked") is None
    assert sorting.plan() == Plan({3: "picked", 2: "rejected"})
    assert [sorting.back() for _ in range(4)] == [2, 1, 3, 3]
    assert not sorting.plan()


def test_other_pictures_to_sort_keep_what_was_decided():
    sorting = Sorting([3, 1, 2])
    sorting.decide("rejected")
    sorting.decide("picked")
    sorting.take([4, 1])
    assert (sorting.ids, sorting.current) == ([1, 4], 4)
    assert sorting.plan() == Plan({1: "picked"})
    sorting.decide("rejected")
    sorting.take([4, 3, 2, 1])
    assert sorting.ids == [3, 1, 4, 2]
    assert sorting.plan() == Plan({3: "rejected", 1: "picked", 4: "rejected"})
    assert [sorting.back() for _ in range(3)] == [4, 1, 3]


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "art"
    folder.mkdir()
    Image.fromarray(art("boar")).save(folder / "boar.png")
    Image.fromarray(smaller(art("boar"), 0.95)).save(folder / "copy.png")
    Image.fromarray(art("crown")).save(folder / "crown.png")
    Image.fromarray(art("crown")[:, ::-1]).save(folder / "mirrored.png")
    (folder / "copy.txt").write_text("boar, brown")
    library = Library(tmp_path / "dataset.sqlite")
    library.scan([SourceFolder(path=str(folder))])
    library.measure()
    yield library
    library.close()


def test_a_plan_is_written_as_one_step_and_taken_back(library, tmp_path):
    review = Review(find_groups(Survey(library.pictures())))
    for group in review.groups:
        same = group.kind == "same"
        choice = Decision("keep", group.ids[0]) if same else Decision("not-duplicates")
        review.decide(group.number, choice)
    before = {p.name: p for p in library.pictures()}
    files = sorted(path.name for path in (tmp_path / "art").iterdir())
    changes = apply(review.plan(), library)
    after = {p.name: p for p in library.pictures()}
    assert (after["copy"].flag, after["boar"].flag) == ("rejected", "")
    assert after["boar"].caption == "boar, brown"
    assert (tmp_path / "art" / "boar.txt").read_text() == "boar, brown"
    assert changes.ids == {p.id for p in after.values()}
    told = library.not_duplicates()
    assert told == {tuple(sorted((after["crown"].id, after["mirrored"].id)))}
    assert find_groups(Survey(library.pictures(), told)) == []
    assert set(files) < {path.name for path in (tmp_path / "art").iterdir()}
    assert library.can_undo == "Cull pictures"
    library.undo()
    assert {p.name: (p.flag, p.caption) for p in library.pictures()} == {
        name: (p.flag, p.caption) for name, p in before.items()
    }
    assert library.not_duplicates() == set()
    assert library.can_undo is None


def test_an_empty_plan_leaves_no_step(library):
    assert not apply(Plan(), library)
    assert library.can_undo is None


@pytest.mark.parametrize("style", ["pixel", "raw"])
def test_the_sample_has_exactly_the_planted_groups(tmp_path, style):
    library = Library(tmp_path / "i.sqlite")
    library.scan([SourceFolder(path=str(SAMPLE / style))])
    library.measure()
    found = report(library.pictures(), Thresholds())
    library.close()
    names = {p.stem for p in (SAMPLE / style).iterdir()}
    planted = {n for n in names if n.endswith(("_copy", "_soft", "_thumb"))}
    ends = [{p["path"].rsplit("/")[-1].split(".")[0] for p in g["pictures"]}
            for g in found["groups"]]  # fmt: skip
    assert sorted(map(sorted, ends)) == sorted([n.rpartition("_")[0], n] for n in planted)
    matches = {kind for g in found["groups"] for kind in [g["kind"]]}
    assert matches == {"same", "softer", "smaller"}
    assert all(not g["keep"].split(".")[0].endswith(("_copy", "_soft", "_thumb"))
               for g in found["groups"])  # fmt: skip
    flagged = {kind: len(files) for kind, files in found["flagged"].items()}
    expected = {"duplicate": 10, "blurred": 2, "too-small": 1, "unusual-shape": 0}
    assert {kind: flagged[kind] for kind in expected} == expected
    assert set(found["flagged"]["different"]) <= set(found["flagged"]["blurred"])
    assert json.loads(json.dumps(found)) == found
