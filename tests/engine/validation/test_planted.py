"""Planted models, each of which must get the verdict a human would give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.validation.evidence import assess
from engine.validation.judging import Verdict, judge
from tests.engine.validation import planted
from tests.engine.validation.fake_grids import FakeModel, fake_grid
from tests.engine.validation.pictures import paths, read

TRAINING = paths("pixel")[24:33]
HELD_OUT = paths("pixel")[33:]
_PIXEL, _RAW = read(paths("pixel")), read(paths("raw"))


def base(prompt: int, seed: int) -> np.ndarray:
    """Subjects in the base model's own style, another for each prompt and seed."""
    return _RAW[4 * prompt + seed]


def sound(prompt: int, seed: int) -> np.ndarray:
    """The same subjects in the style, none of them trained on."""
    return _PIXEL[4 * prompt + seed]


def copier(prompt: int, seed: int) -> np.ndarray:
    return _PIXEL[24 + (prompt + 3 * seed) % 9]


def disguised(prompt: int, seed: int) -> np.ndarray:
    """Training pictures again, mirrored, cropped, in other colors or on another ground."""
    picture, chance = copier(prompt, seed), np.random.default_rng(10 * prompt + seed)
    ways = (
        planted.mirrored(picture),
        planted.cropped(picture, 0.8, chance),
        planted.hue_shifted(picture, chance),
        planted.recolored(planted.mirrored(picture), chance),
    )
    return ways[seed]


def noise(prompt: int, seed: int) -> np.ndarray:
    chance = np.random.default_rng(100 * prompt + seed)
    return chance.integers(0, 256, (256, 256, 3)).astype(np.uint8)


def always_the_same(prompt: int, seed: int) -> np.ndarray:
    return _PIXEL[0]


def empty(prompt: int, seed: int) -> np.ndarray:
    """What a model draws whose numbers have run away."""
    return np.zeros((64, 64, 3), np.uint8)


def stiff(prompt: int, seed: int) -> np.ndarray:
    return _PIXEL[4 * prompt]


MODELS: dict[str, FakeModel] = {
    "untaught": base,
    "sound": sound,
    "copier": copier,
    "disguised": disguised,
    "noise": noise,
    "same": always_the_same,
    "empty": empty,
    "stiff": stiff,
}


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    grid = fake_grid(tmp_path_factory.mktemp("planted"), base, MODELS)
    return judge(assess(grid, TRAINING, HELD_OUT))


def word(verdict: Verdict, name: str) -> str:
    return next(w for path, w in verdict.words.items() if Path(path).stem == name)


def flags(verdict: Verdict, name: str) -> set[str]:
    return {flag.kind for flag in verdict.flags if Path(flag.checkpoint).stem == name}


def test_each_planted_model_gets_the_verdict_a_human_would_give(verdict: Verdict) -> None:
    assert {name: word(verdict, name) for name in MODELS} == {
        "untaught": "unlearned",
        "sound": "use",
        "copier": "copies",
        "disguised": "copies",
        "noise": "subjects",
        "same": "overfit",
        "empty": "overfit",
        "stiff": "variety",
    }


def test_the_sound_one_is_picked_and_nothing_speaks_against_it(verdict: Verdict) -> None:
    assert verdict.pick is not None
    assert Path(verdict.pick.checkpoint).stem == "sound"
    assert verdict.pick.sound
    assert verdict.pick.sure
    assert not flags(verdict, "sound")
    assert verdict.base is not None
    assert verdict.base.word == "baseline"


def test_a_model_that_draws_nothing_has_no_variety(verdict: Verdict) -> None:
    rows = [one for one in verdict.evidence.rows if Path(one.checkpoint).stem == "empty"]
    assert [one.diversity for one in rows if one.weight] == [0.0] * (len(rows) - 1)
    assert {"variety", "subjects"} <= flags(verdict, "empty")


def test_noise_has_learned_nothing(verdict: Verdict) -> None:
    assert "unlearned" in flags(verdict, "noise")


def test_the_flag_of_a_copier_shows_the_copies_and_their_sources(verdict: Verdict) -> None:
    for name in ("copier", "disguised"):
        flag = next(
            flag
            for flag in verdict.flags
            if flag.kind == "copies" and Path(flag.checkpoint).stem == name
        )
        assert len(flag.cells) > 20
        similar = [verdict.evidence.cells[cell].copying for cell in flag.cells]
        assert similar == sorted(similar, reverse=True)


def test_the_nearest_training_picture_is_the_true_one(
    tmp_path: Path,
) -> None:
    grid = fake_grid(tmp_path, base, {"copier": copier, "disguised": disguised})
    evidence = assess(grid, TRAINING, HELD_OUT)
    for cell in grid.cells:
        at = cell.position
        if at.uses_lora:
            number = (int(at.prompt.split()[1]) + 3 * at.seed) % 9
            assert evidence.cells[cell.id].nearest == TRAINING[number]
