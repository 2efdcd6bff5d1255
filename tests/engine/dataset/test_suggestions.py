"""Suggestions find what was planted in the sample art, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from engine.dataset.library import Library
from engine.dataset.suggestions import Thresholds, suggest
from engine.imaging.decode import load_rgba
from engine.project.project import SourceFolder

from .conftest import SAMPLE, paint


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The pictures of both sample folders, measured."""
    found = {}
    for style in ("pixel", "raw"):
        library = Library(tmp_path_factory.mktemp(style) / "i.sqlite")
        library.scan([SourceFolder(path=str(SAMPLE / style))])
        library.measure()
        found[style] = library.pictures()
        library.close()
    return found


def _names(pictures, kind, suggestions=None):
    names = {p.id: p.path.name for p in pictures}
    items = suggest(pictures) if suggestions is None else suggestions
    return {names[s.picture_id] for s in items if s.kind == kind and not s.keep}


@pytest.mark.parametrize("style", ["pixel", "raw"])
def test_exactly_the_planted_pictures_are_found(measured, style):
    pictures = measured[style]
    files = {p.path.name for p in pictures}
    assert _names(pictures, "blurred") == {n for n in files if "_soft." in n}
    planted = {n for n in files if any(end in n for end in ("_copy.", "_soft.", "_thumb."))}
    assert _names(pictures, "duplicate") == planted
    assert _names(pictures, "too-small") == {n for n in files if "_thumb." in n}
    assert _names(pictures, "unusual-shape") == _names(pictures, "unreadable") == set()
    assert _names(pictures, "no-caption") == files
    assert [len(_names(pictures, k)) for k in ("blurred", "duplicate", "too-small")] == [2, 5, 1]


@pytest.mark.parametrize("style", ["pixel", "raw"])
def test_of_each_pair_of_copies_the_original_is_kept(measured, style):
    pictures = {p.id: p for p in measured[style]}
    pairs: dict[int, dict[bool, str]] = {}
    for item in suggest(list(pictures.values())):
        if item.kind == "duplicate":
            pairs.setdefault(item.group, {})[item.keep] = pictures[item.picture_id].name
    assert len(pairs) == 5
    for pair in pairs.values():
        assert pair[False].rpartition("_")[0] == pair[True]


def test_both_styles_in_one_project_are_judged_by_their_own_folder(measured):
    pixel = measured["pixel"]
    raw = [replace(p, id=p.id + 1000) for p in measured["raw"]]
    both = [*pixel, *raw]
    assert _names(both, "blurred") == {"donkey_soft.png", "lotus_soft.png"}
    assert len([s for s in suggest(both) if s.kind == "blurred"]) == 4
    assert len([s for s in suggest(both) if s.kind == "too-small"]) == 2


def test_a_soft_painting_style_is_not_called_blurred(measured):
    soft = [replace(p, sharpness=(p.sharpness or 0) / 5) for p in measured["raw"]]
    assert _names(soft, "blurred") == {"donkey_soft.png", "lotus_soft.png"}


def test_thresholds_move_what_is_found(measured):
    pictures = measured["raw"]
    strict = Thresholds(sharpness=0.4, of_median=1.0, short_side=512, distance=0, ratio=0.9)
    items = suggest(pictures, strict)
    assert len(_names(pictures, "blurred", items)) > 5
    assert len(_names(pictures, "too-small", items)) == len(pictures)
    assert _names(pictures, "duplicate", items) == {"bell_pepper_copy.webp"}
    assert len(_names(pictures, "unusual-shape", items)) == len(pictures)


def test_a_recolored_variant_is_no_copy(tmp_path):
    rgba = load_rgba(SAMPLE / "raw" / "shield.png")
    (tmp_path / "art").mkdir()
    Image.fromarray(rgba).save(tmp_path / "art" / "shield.png")
    Image.fromarray(rgba[..., [1, 2, 0, 3]]).save(tmp_path / "art" / "recolored.png")
    Image.fromarray(np.pad(rgba, ((9, 9), (0, 0), (0, 0)))).save(tmp_path / "art" / "moved.png")
    library = Library(tmp_path / "i.sqlite")
    library.scan([SourceFolder(path=str(tmp_path / "art"))])
    library.measure()
    groups = [s for s in suggest(library.pictures()) if s.kind == "duplicate"]
    assert {library.picture(s.picture_id).name for s in groups} == {"shield", "moved"}
    library.close()


def test_the_picked_copy_is_the_one_to_keep(measured):
    pictures = [replace(p, flag="picked") if "_copy" in p.name else p for p in measured["pixel"]]
    kept = {s.picture_id for s in suggest(pictures) if s.keep}
    assert kept >= {p.id for p in pictures if "_copy" in p.name}
    assert kept.isdisjoint(p.id for p in pictures if f"{p.name}_copy" in {q.name for q in pictures})


def test_regularization_pictures_need_no_caption(measured):
    pictures = [replace(p, is_reg=True) for p in measured["pixel"][:3]] + measured["pixel"][3:]
    bare = _names(pictures, "no-caption")
    assert bare == {p.path.name for p in measured["pixel"][3:]}


def test_unreadable_shapes_and_missing_captions_are_told(tmp_path):
    paint(tmp_path / "art" / "long.png", 1, (400, 100))
    paint(tmp_path / "art" / "good.png", 2, (120, 100))
    (tmp_path / "art" / "good.txt").write_text("good")
    (tmp_path / "art" / "broken.png").write_bytes(b"nothing")
    library = Library(tmp_path / "i.sqlite")
    library.scan([SourceFolder(path=str(tmp_path / "art"))])
    library.measure()
    pictures = library.pictures()
    items = suggest(pictures)
    assert _names(pictures, "unusual-shape") == {"long.png"}
    assert _names(pictures, "no-caption") == {"long.png"}
    assert next(s.text for s in items if s.kind == "unreadable").startswith("broken.png is not")
    library.close()


def test_nothing_is_said_about_no_pictures():
    assert suggest([]) == []


def test_each_limit_is_met_to_the_last_step(measured):
    start = next(p for p in measured["raw"] if not p.problem)
    base = replace(start, width=100, height=100, sharpness=0.5, dhash=0, caption="words")

    def kinds(*changes):
        pictures = [replace(base, id=n, dhash=n << 40, **c) for n, c in enumerate(changes)]
        return {item.kind for item in suggest(pictures, Thresholds(distance=0)) if not item.keep}

    assert kinds({}, {}, {"width": 50}) - {"unusual-shape"} == set()
    assert "too-small" in kinds({}, {}, {"width": 49})
    assert kinds({}, {}, {"sharpness": 0.15}) == set()
    assert kinds({}, {}, {"sharpness": 0.1499}) == {"blurred"}
    assert kinds({}, {"width": 180}) == set()
    assert kinds({}, {"width": 181}) == {"unusual-shape"}


@pytest.mark.parametrize(("bits", "alike"), [(8, True), (9, False)])
def test_copies_differ_in_eight_bits_at_most(measured, bits, alike):
    first, second = measured["raw"][:2]
    same = {"width": 100, "height": 100, "sharpness": 0.5, "mean_color": 0x808080}
    pair = [
        replace(first, dhash=0, **same),
        replace(second, dhash=(1 << bits) - 1, folder=first.folder, **same),
    ]
    found = [item.value for item in suggest(pair) if item.kind == "duplicate" and not item.keep]
    assert found == ([float(bits)] if alike else [])
