from __future__ import annotations

import dataclasses

import pytest

from engine.runtime.errors import BadInputError
from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.grounds import lacking
from engine.validation.overfit import Figures
from engine.validation.overfit_stats import Figure
from engine.validation.pick import Pick, pick
from engine.validation.sentences import as_shown, decimal
from engine.validation.words import short_names

BASE = RowEvidence("", 0.0, 8, 0.0, 3.0, 0.8, 0.35, 0, 1.0)
GOOD = RowEvidence("", 1.0, 8, 0.85, 1.0, 0.75, 0.5, 0, 0.8)


def row(name: str, weight: float = 1.0, **values) -> RowEvidence:
    return dataclasses.replace(GOOD, checkpoint=f"run-{name}.safetensors", weight=weight, **values)


def choose(*rows: RowEvidence, **options) -> Pick:
    base_rows = tuple(dataclasses.replace(BASE, checkpoint=r.checkpoint) for r in rows)
    evidence = Evidence(base_rows + rows, BASE, 0.6, 0.55, 0.86, {})
    return pick(evidence, **options)


def test_the_style_decides_among_sound_checkpoints() -> None:
    chosen = choose(row("1", style_fit=0.6), row("2", style_fit=0.9), row("3", style_fit=0.7))
    assert chosen.checkpoint == "run-2.safetensors"
    assert chosen.sound
    assert str(chosen).startswith("Use 2 at weight 1. The style is learned (fit 0.90)")


@pytest.mark.parametrize(("count", "few"), [(4, True), (24, False)])
def test_few_pictures_are_said_to_be_few(count: int, few: bool) -> None:
    said = str(choose(row("1", count=count)))
    assert (f"Only {count} pictures speak for it" in said) is few


def test_of_equal_style_the_one_that_keeps_its_subjects_is_used() -> None:
    chosen = choose(row("1", style_fit=0.88, kept=0.9), row("2", style_fit=0.9, kept=0.6))
    assert chosen.checkpoint == "run-1.safetensors"


def test_of_equal_style_and_subjects_the_lowest_held_out_loss_decides_then_the_earliest() -> None:
    rows = (row("1"), row("2"), row("3"))
    losses = {"run-1.safetensors": 0.2, "run-2.safetensors": 0.1, "run-3.safetensors": None}
    chosen = choose(*rows, losses=losses)
    assert chosen.checkpoint == "run-2.safetensors"
    assert "Held-out loss is lowest here." in str(chosen)
    assert choose(*rows).checkpoint == "run-1.safetensors"
    assert "loss" not in str(choose(*rows))


@pytest.mark.parametrize(
    ("kind", "values", "headline", "detail"),
    [
        ("copies", {"copies": 4}, "9 repeats training pictures", "4 of 8 above 0.86 at weight 1"),
        (
            "variety",
            {"diversity": 0.4},
            "9 loses variety",
            "diversity 0.40 at weight 1, at least 0.56",
        ),
        (
            "subjects",
            {"kept": 0.2},
            "9 loses subjects",
            "subjects kept 0.20 at weight 1, at least 0.50",
        ),
        (
            "unlearned",
            {"style_fit": 0.1},
            "9 has not learned the style",
            "style fit 0.10 at weight 1, at least 0.50",
        ),
    ],
)
def test_a_flagged_checkpoint_is_not_used_and_the_reason_is_told(
    kind: str, values: dict, headline: str, detail: str
) -> None:
    flagged = row("9", **{"style_fit": 0.99, **values})
    chosen = choose(row("5", style_fit=0.6), flagged)
    assert chosen.checkpoint == "run-5.safetensors"
    assert [flag.kind for flag in chosen.flags] == [kind]
    assert str(chosen.flags[0].headline) == headline
    assert str(chosen.flags[0].detail) == detail
    assert chosen.flags[0].checkpoint == flagged.checkpoint


def test_a_checkpoint_far_less_varied_than_another_is_flagged() -> None:
    base = dataclasses.replace(BASE, diversity=0.2)
    rows = (row("1", diversity=0.35), row("2", diversity=0.2), row("3", 0.5, diversity=0.2))
    chosen = pick(Evidence(rows, base, 0.6, 0.55, 0.86, {}))
    assert [(str(flag.headline), str(flag.detail)) for flag in chosen.flags] == [
        ("2 loses variety", "diversity 0.20 at weight 1, another checkpoint 0.35")
    ]


def test_when_all_are_flagged_the_nearest_is_named_as_not_good() -> None:
    chosen = choose(row("1", style_fit=0.1), row("2", style_fit=0.3))
    assert chosen.checkpoint == "run-2.safetensors"
    assert not chosen.sound
    assert str(chosen).startswith("No checkpoint is good yet; 2 at weight 1 is nearest.")
    assert "train longer" in str(chosen)


def test_copying_is_always_said_beside_what_is_usual_among_training_pictures() -> None:
    assert "no higher than between two training pictures (0.60)" in str(choose(row("1")))
    assert "no higher" in str(choose(row("1", copying=0.604)))
    high = choose(row("1", copying=0.7))
    assert "Copying is 0.70; between two training pictures it is 0.60." in str(high)


def test_without_a_base_row_or_with_one_seed_no_checkpoint_is_named() -> None:
    bare = row("1", style_fit=None, kept=None)
    alone = row("1", diversity=None)
    for wanted, one, base in (("weight 0", bare, None), ("2 seeds", alone, BASE)):
        evidence = Evidence((one,), base, 0.6, 0.5, 0.86, {})
        assert [wanted in str(sentence) for sentence in lacking(evidence)] == [True]
        with pytest.raises(BadInputError, match="not enough to judge"):
            pick(evidence)
    assert len(lacking(Evidence((bare, alone), None, 0.6, 0.5, 0.86, {}))) == 2
    assert lacking(Evidence((row("1"),), BASE, 0.6, 0.5, 0.86, {})) == ()


def test_without_held_out_pictures_the_pick_is_not_sure() -> None:
    chosen = pick(Evidence((row("1"),), BASE, 0.6, None, 0.86, {}))
    assert not chosen.sure
    assert str(chosen).endswith("so the style is compared with the training pictures.")
    assert choose(row("1")).sure


@pytest.mark.parametrize(
    ("lowest", "why"),
    [
        ({"copies": 8}, "there it repeats training pictures"),
        ({"diversity": 0.1}, "there the seeds look alike"),
        ({"kept": 0.1}, "there subjects are lost"),
        ({"style_fit": 0.2}, "there the style is not learned yet"),
        ({"style_fit": 0.6}, "its style fit is lower (0.60)"),
        ({"kept": 0.6}, "it keeps less of the subjects (0.60)"),
    ],
)
def test_it_says_why_the_lowest_held_out_loss_is_not_the_pick(lowest: dict, why: str) -> None:
    losses = {"run-1.safetensors": 0.2, "run-2.safetensors": 0.1}
    chosen = choose(row("1"), row("2", **lowest), losses=losses)
    assert chosen.checkpoint == "run-1.safetensors"
    assert f"Held-out loss is lowest at 2, but {why}." in str(chosen)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"copies": 4}, "At weight 1 it repeats training pictures; a lower weight hides that"),
        ({"diversity": 0.4}, "At weight 1 its seeds look alike; use it no stronger"),
        ({"kept": 0.2}, "At weight 1 it loses subjects; use it no stronger"),
    ],
)
def test_what_only_a_lowered_weight_spares_is_never_sound(values: dict, told: str) -> None:
    chosen = choose(row("1", 0.6), row("1", 1.0, **values))
    assert (chosen.weight, chosen.sound, chosen.instead) == (0.6, False, ())
    assert str(chosen.headline).startswith("Not sound: ")
    assert ("memorized; at weight 0.6 it does not show" in str(chosen)) is ("copies" in values)
    assert told in str(chosen)


def test_a_checkpoint_that_is_sound_at_full_weight_goes_before_one_that_hides() -> None:
    rows = (row("1", 0.6, style_fit=0.95), row("1", 1.0, copies=8), row("2", 1.0, style_fit=0.6))
    chosen = choose(*rows)
    assert (chosen.checkpoint, chosen.sound) == ("run-2.safetensors", True)


def test_what_leaks_hides_better_than_what_memorized() -> None:
    rows = (row("1", 0.6, style_fit=0.9), row("1", 1.0, copies=8))
    chosen = choose(*rows, row("2", 0.6, style_fit=0.6), row("2", 1.0, kept=0.1))
    assert (chosen.checkpoint, chosen.sound) == ("run-2.safetensors", False)


def test_a_weight_beyond_full_and_a_style_too_weak_below_it_speak_against_nothing() -> None:
    assert choose(row("1", 1.0), row("1", 1.5, copies=8)).sound
    assert choose(row("1", 0.4, style_fit=0.1), row("1", 1.0)).sound


def test_memorizing_at_a_lower_weight_speaks_against_full_weight_too() -> None:
    chosen = choose(row("1", 0.8, copies=8), row("1", 1.0))
    assert (chosen.weight, chosen.sound) == (1.0, False)


def test_pictures_nearer_to_the_training_than_real_art_are_used_with_care() -> None:
    figures = Figures(copy_mean=Figure.plain(0.65), excess=Figure.plain(0.1))
    chosen = choose(row("1", 0.6), row("1", 1.0, figures=figures))
    assert not chosen.sound
    assert "only with care: it is close to copying" in str(chosen.headline)
    assert "At weight 1 copying is 0.65, more than 0.60" in str(chosen)
    clean = choose(row("1", 1.0, figures=figures), row("2", 1.0, style_fit=0.6))
    assert (clean.checkpoint, clean.sound) == ("run-2.safetensors", True)


def test_what_hides_and_is_near_is_told_both() -> None:
    figures = Figures(copy_mean=Figure.plain(0.65), excess=Figure.plain(0.1))
    said = str(choose(row("1", 0.6, figures=figures), row("1", 1.0, kept=0.1)))
    assert "At weight 1 it loses subjects" in said
    assert "At weight 0.6 copying is 0.65, more than 0.60" in said


def test_what_is_read_as_the_limit_is_not_beyond_it() -> None:
    def told(copying: float) -> Pick:
        figures = Figures(copy_mean=Figure.plain(copying), excess=Figure.plain(0.1))
        return choose(row("1", figures=figures))

    assert told(0.6049).sound
    assert not told(0.606).sound
    assert choose(row("1", kept=0.4951)).sound


def test_the_first_checkpoint_that_memorized_after_the_pick_is_named() -> None:
    chosen = choose(row("1"), row("2", copies=8), row("3", copies=8))
    assert "By 2 it is memorized." in str(chosen)
    assert "memorized" not in str(choose(row("1"), row("2", kept=0.1)))


def test_another_choice_says_how_it_differs_the_largest_difference_first() -> None:
    chosen = choose(row("1", style_fit=0.9), row("2", style_fit=0.7, diversity=0.8))
    assert [str(one) for one in chosen.instead[0].differs] == [
        "weaker style (\N{MINUS SIGN}0.20)",
        "more variety (+0.05)",
    ]
    wide = Figures(fit=Figure(0.7, 0.45, 0.95))
    unsure = choose(row("1", style_fit=0.9), row("2", style_fit=0.7, figures=wide))
    assert str(unsure.instead[0].differs[0]) == (
        "weaker style (\N{MINUS SIGN}0.20, within the noise)"
    )
    alike = choose(row("1"), row("2"))
    assert [str(one) for one in alike.instead[0].differs] == ["about the same"]


def test_no_number_is_minus_zero() -> None:
    assert (decimal(-0.004), decimal(-0.006)) == ("0.00", "\N{MINUS SIGN}0.01")
    assert str(as_shown(-0.001)) == "0.0"


def test_the_weight_is_part_of_the_pick() -> None:
    chosen = choose(row("1", 0.5, style_fit=0.7), row("1", 1.0, style_fit=0.9))
    assert (chosen.weight, str(chosen.headline)) == (1.0, "Use run-1 at weight 1.")


def test_names_can_be_given() -> None:
    chosen = choose(row("1"), names={"run-1.safetensors": "epoch 4"})
    assert str(chosen.headline) == "Use epoch 4 at weight 1."


def test_a_grid_without_a_lora_has_nothing_to_pick() -> None:
    with pytest.raises(BadInputError, match="no LoRA"):
        pick(Evidence((BASE,), BASE, 0.6, None, 0.86, {}))


def test_templates_are_filled_by_their_facts_alone() -> None:
    chosen = choose(row("1", copies=8, diversity=0.1, kept=0.1, style_fit=0.1), row("2"))
    sentences = [chosen.headline, *chosen.reasons]
    sentences += [part for flag in chosen.flags for part in (flag.headline, flag.detail)]
    assert all("{" not in str(sentence) for sentence in sentences)
    assert len(chosen.flags) == 5


def test_names_lose_what_they_all_begin_with() -> None:
    paths = ["runs/pixel-000012.safetensors", "runs/pixel-000024.safetensors", ""]
    assert short_names(paths) == ["000012", "000024", "base"]
    assert short_names(["a/only.safetensors"]) == ["only"]
    assert short_names(["x/e2.safetensors", "x/e10.safetensors"]) == ["e2", "e10"]
    assert short_names(["x/a-1.safetensors", "x/a-1-b.safetensors"]) == ["1", "1-b"]
