from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.validation.evidence import assess
from engine.validation.features_cache import FeatureCache
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.held_out import HeldOut
from engine.validation.judging import Verdict, judge
from engine.validation.limits import Limits
from engine.validation.manifest import Grid
from engine.validation.sentences import Sentence
from tests.app.i18n.collector import TABLES
from tests.engine.validation.fake_grids import fake_grid
from tests.engine.validation.pictures import paths
from tests.engine.validation.test_planted import HELD_OUT, TRAINING, base, copier, sound, stiff


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    models = {"e1": base, "e2": sound, "e3": stiff, "e4": copier}
    return fake_grid(tmp_path_factory.mktemp("judged"), base, models)


@pytest.fixture(scope="module")
def verdict(grid: Grid) -> Verdict:
    measured = map(HeldOut.plain, (0.4, 0.3, 0.2))
    losses = dict(zip(grid.request.checkpoints, measured, strict=False))
    return judge(assess(grid, TRAINING, HELD_OUT, losses=losses))


def test_the_verdict_is_plain_json_with_the_baseline_in_it(verdict: Verdict) -> None:
    told = json.loads(json.dumps(verdict.to_json(), allow_nan=False))
    assert told["pick"]["name"] == "e2"
    assert [one["verdict"] for one in told["checkpoints"].values()] == [
        "style too weak",
        "use this",
        "loses variety",
        "copies",
    ]
    assert told["base"]["verdict"] == "base model"
    assert told["base"]["figures"]["diversity"]["value"] > 0.5
    assert len(told["rows"]) == 4
    assert told["rows"][2]["held_out_loss"] == 0.2
    assert "Held-out loss is lowest at e3, but there the seeds look alike." in told["pick"]["why"]
    assert len(told["background"]["training"]) == len(TRAINING)
    assert len(told["background"]["held_out_pictures"]) == len(HELD_OUT)


def test_moved_limits_move_the_answer_as_what_if_foretold(verdict: Verdict) -> None:
    assert verdict.what_if
    for one in verdict.what_if:
        value = round(one.value) if one.name == "signs_needed" else one.value
        moved = judge(verdict.evidence, Limits(**{one.name: value}), names=verdict.names)
        assert (moved.pick.checkpoint, moved.pick.weight) == (one.checkpoint, one.weight)
        assert moved.pick.sound == one.sound
    assert any("no checkpoint would be good enough" in str(one.sentence) for one in verdict.what_if)


def test_a_looser_limit_gives_a_second_choice(verdict: Verdict) -> None:
    loose = judge(verdict.evidence, Limits(variety_of_base=0.0, variety_of_best=0.0))
    named = {loose.names[path]: word for path, word in loose.words.items()}
    assert sorted(named.values()) == ["copies", "second", "unlearned", "use"]
    assert len(loose.pick.instead) == 1
    assert loose.words[loose.pick.instead[0].checkpoint] == "second"


def test_a_copy_threshold_of_the_users_own_is_kept_to(verdict: Verdict) -> None:
    everything = judge(verdict.evidence, Limits(copy_similarity=0.05))
    assert set(everything.words.values()) == {"copies"}
    nothing = judge(verdict.evidence, Limits(copy_similarity=1.0))
    assert "copies" not in {flag.kind for flag in nothing.flags}


def test_all_that_a_verdict_says_has_its_chinese(verdict: Verdict) -> None:
    known = {key for file in TABLES.glob("*.json") for key in json.loads(file.read_text("utf-8"))}
    said: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, Sentence):
            said.add(value.template)
        elif isinstance(value, (tuple, list)):
            for one in value:
                gather(one)
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                gather(getattr(value, name))

    gather(verdict)
    for limits in (Limits(variety_of_base=0.0, variety_of_best=0.0), Limits(least_fit=1.0)):
        gather(judge(verdict.evidence, limits))
    assert len(said) > 12
    assert said <= known


class Counting(EmbeddedExtractor):
    def __init__(self) -> None:
        self.count = 0

    def describe(self, pictures) -> np.ndarray:
        self.count += len(pictures)
        return super().describe(pictures)


def test_with_a_cache_nothing_is_described_twice(grid: Grid, tmp_path: Path) -> None:
    extractor, found = Counting(), []
    for _ in range(2):
        cache = FeatureCache(tmp_path / "features.sqlite")
        found.append(assess(grid, TRAINING, HELD_OUT, extractor=extractor, cache=cache))
    cells = {cell.path.read_bytes() for cell in grid.cells if cell.path is not None}
    assert extractor.count == len(cells) + len(TRAINING) + len(HELD_OUT)
    assert found[0] == found[1]


# Bad input


def test_without_the_training_pictures_what_needs_none_is_measured(
    grid: Grid, tmp_path: Path, verdict: Verdict
) -> None:
    gone = [tmp_path / path.name for path in TRAINING]
    losses = dict.fromkeys(grid.request.checkpoints, HeldOut.plain(0.2))
    judged = judge(assess(grid, gone, HELD_OUT, losses=losses))
    assert judged.pick is None
    assert "Whether it copies cannot be judged" in str(judged.unjudged[0])
    assert len(judged.unjudged) == 1  # style is read against what was held out
    assert judged.missing == ()
    assert any("9 pictures cannot be read" in str(note) for note in judged.notes)
    assert set(judged.words.values()) == {"unknown", "variety", "unlearned"}
    for row, before in zip(judged.rows, verdict.rows, strict=True):
        figures, whole = row.row.figures, before.row.figures
        assert row.row.style_fit == pytest.approx(before.row.style_fit)
        assert figures.diversity == whole.diversity
        assert figures.vendi_ratio == whole.vendi_ratio
        assert figures.change == whole.change
        assert figures.held_out_loss == HeldOut.plain(0.2).loss
        assert row.row.copying is figures.copy_mean is figures.excess is figures.entropy is None
    json.dumps(judged.to_json(), allow_nan=False)


def test_without_any_picture_of_the_training_neither_style_nor_copies_are_judged(
    grid: Grid,
) -> None:
    judged = judge(assess(grid, ()))
    assert [str(one).partition(" cannot")[0] for one in judged.unjudged] == [
        "Whether it copies",
        "The style",
    ]
    assert all(row.row.style_fit is None and row.row.diversity for row in judged.rows)
    assert judged.evidence.cells
    assert {one.copying for one in judged.evidence.cells.values()} == {None}
    json.dumps(judged.to_json(), allow_nan=False)


def test_pictures_that_cannot_be_read_are_left_out_and_named(
    grid: Grid, tmp_path: Path, verdict: Verdict
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    evidence = assess(grid, [*TRAINING, broken, tmp_path / "gone.png"], [*HELD_OUT, broken])
    assert [path.name for path in evidence.unread] == ["broken.png", "gone.png", "broken.png"]
    judged = judge(evidence)
    assert [str(note) for note in judged.notes] == [
        "3 pictures cannot be read and were left out; broken.png is the first."
    ]
    assert list(judged.words.values()) == list(verdict.words.values())


def test_a_drawn_picture_that_is_damaged_is_left_out(tmp_path: Path) -> None:
    grid = fake_grid(tmp_path, base, {"e1": sound}, prompts=2)
    first = next(cell for cell in grid.cells if cell.position.uses_lora)
    first.path.write_bytes(first.path.read_bytes()[:50])
    evidence = assess(grid, TRAINING, HELD_OUT)
    assert evidence.row(first.position.checkpoint, 1.0).count == 7
    assert evidence.unread == (first.path,)
    assert first.id not in evidence.cells


def test_one_training_picture_no_held_out_and_one_seed(tmp_path: Path) -> None:
    grid = fake_grid(tmp_path, base, {"e1": sound}, prompts=2, seeds=(0,))
    evidence = assess(grid, TRAINING[:1])
    judged = judge(evidence)
    assert judged.pick is None
    assert judged.words == {grid.request.checkpoints[0]: "unknown"}
    assert "2 seeds" in str(judged.missing[0])
    assert "single training picture" in str(judged.notes[0])
    assert judged.base.row.count == 2
    json.dumps(judged.to_json(), allow_nan=False)


def test_without_a_base_row_the_verdict_says_what_to_draw(tmp_path: Path) -> None:
    judged = judge(assess(fake_grid(tmp_path, None, {"e1": sound}, prompts=2), TRAINING))
    assert judged.base is None
    assert judged.pick is None
    assert "weight 0" in str(judged.missing[0])


def test_a_renamed_training_picture_is_the_same_and_a_changed_one_is_not(
    grid: Grid, tmp_path: Path
) -> None:
    cache, extractor = FeatureCache(tmp_path / "features.sqlite"), Counting()
    assess(grid, TRAINING, extractor=extractor, cache=cache)
    before = extractor.count
    moved = shutil.copy(TRAINING[0], tmp_path / "other name.png")
    assess(grid, [Path(moved), *TRAINING[1:]], extractor=extractor, cache=cache)
    assert extractor.count == before
    assess(grid, [paths("pixel")[0], *TRAINING[1:]], extractor=extractor, cache=cache)
    assert extractor.count == before + 1


@pytest.mark.parametrize(("prompts", "said"), [(3, True), (4, False)])
def test_numbers_of_too_few_prompts_have_no_interval_and_that_is_said(
    tmp_path: Path, prompts: int, said: bool
) -> None:
    grid = fake_grid(tmp_path, base, {"e1": sound}, prompts=prompts, seeds=(0, 1))
    verdict = judge(assess(grid, TRAINING, HELD_OUT))
    assert any("Too few prompts for intervals" in str(one) for one in verdict.notes) is said
    figures = verdict.rows[0].row.figures
    for one in (figures.fit, figures.copy_mean, figures.diversity, figures.change):
        assert one is not None
        assert one.few is said
        assert (one.low < one.high) is not said


def test_a_cell_is_measured_by_what_is_in_it_and_not_by_its_name(tmp_path: Path) -> None:
    grid = fake_grid(tmp_path, base, {"e1": sound}, prompts=2, seeds=(0, 1))
    cache = FeatureCache(tmp_path / "features.sqlite")
    first = assess(grid, TRAINING, HELD_OUT, cache=cache)
    victim = next(cell for cell in grid.cells if cell.position.uses_lora)
    assert victim.path is not None
    shutil.copyfile(TRAINING[0], victim.path)
    second = assess(grid, TRAINING, HELD_OUT, cache=cache)
    found = second.cells[victim.id]
    assert (found.nearest, found.copying) == (TRAINING[0], pytest.approx(1.0, abs=0.01))
    assert (first.cells[victim.id].copying or 0.0) < 0.95
    victim.path.write_bytes(b"no picture")
    third = assess(grid, TRAINING, HELD_OUT, cache=cache)
    assert victim.id not in third.cells
    assert victim.path in third.unread
