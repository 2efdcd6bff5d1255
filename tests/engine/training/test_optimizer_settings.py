from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import get_args

import pytest
from pydantic import ValidationError

from engine.training.advice import advice
from engine.training.arguments import joined, parse
from engine.training.config import TrainRequest
from engine.training.jobfile import dump_toml, load_toml
from engine.training.optimizer_rules import OTHER, RULES
from engine.training.settings.optimizer import OptimizerType


def request(**values):
    return TrainRequest(project="p", **values)


def test_every_offered_optimizer_has_a_rule():
    assert set(get_args(OptimizerType)) == {*RULES, OTHER}
    assert all(rule.instead in {"", *RULES} for rule in RULES.values())
    assert not any(RULES[r.instead].package for r in RULES.values() if r.instead)


def test_pairs_are_read_as_python_values():
    text = "betas=0.9, 0.99  eps=1e-6 decouple=True name='a b'"
    assert dict(parse(text)) == {"betas": (0.9, 0.99), "eps": 1e-6, "decouple": True, "name": "a b"}
    assert joined(["betas=0.9,0.99", "eps=1e-6"]) == "betas=0.9,0.99 eps=1e-6"
    assert dict(parse("")) == {}


@pytest.mark.parametrize("text", ["eps", "eps=1=2", "eps=", "decouple=yes", "a-b=1", "eps 1e-6"])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(ValueError, match=r"pairs|no value"):
        parse(text)


def test_a_bare_word_is_read_only_where_text_is_expected():
    assert parse("rules=1:5,2", ("rules",))["rules"] == "1:5,2"


@pytest.mark.parametrize(
    ("given", "kind", "path"),
    [
        ("adamw8BIT", "AdamW8bit", ""),
        ("prodigy", "Prodigy", ""),
        ("NAdam", "other", "NAdam"),
        ("pytorch_optimizer.CAME", "other", "pytorch_optimizer.CAME"),
    ],
)
def test_any_class_can_be_named_and_known_ones_in_any_case(given, kind, path):
    found = request(optimizer_type=given, text_encoder_lr=0)
    assert (found.optimizer_type, found.optimizer_class) == (kind, path)
    assert found.optimizer_rule.path == (path or RULES[kind].path)


@pytest.mark.parametrize("given", [[1e-4, 5e-5], "1e-4 5e-5", "[1e-4, 5e-5]"])
def test_a_list_of_rates_is_one_for_each_text_encoder(given):
    found = request(text_encoder_lr=given)
    assert [found.rate_of(part) for part in ("te1", "te2", "text")] == [1e-4, 5e-5, 1e-4]


def test_the_second_text_encoder_follows_the_first_unless_it_has_its_own():
    assert request(text_encoder_lr=2e-5).rate_of("te2") == 2e-5
    assert request(text_encoder_lr=2e-5, text_encoder_lr2=0).rate_of("te2") == 0


def test_one_rate_stands_for_those_that_are_not_named():
    found = request(learning_rate=3e-4, text_encoder_lr=0)
    assert (found.unet_lr, found.text_encoder_lr, found.base_rate) == (3e-4, 0, 3e-4)
    assert request(learning_rate=3e-4, unet_lr=1e-5).base_rate == 3e-4
    assert request(unet_lr=1e-5).base_rate == 1e-5


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"optimizer_type": "other"}, "Name a class"),
        ({"optimizer_type": "other", "optimizer_class": "os; rm"}, "Name a class"),
        ({"optimizer_args": "lr=1"}, "lr is set by fields of its own"),
        ({"optimizer_args": "betas"}, "Write pairs"),
        ({"text_encoder_lr2": -0.5}, "Must be a rate, or -1"),
        ({"optimizer_type": "Prodigy", "unet_lr": 1, "text_encoder_lr": 0.5},
         "all parts have one rate"),
        ({"optimizer_type": "DAdaptLion", "unet_lr": 1, "text_encoder_lr": 1,
          "text_encoder_lr2": 0.5}, "all parts have one rate"),
        ({"unet_lr": 0, "stop_text_encoder_training": 50}, "nothing would learn"),
        ({"learning_rate": 0}, "Both learning rates are 0"),
    ],
)  # fmt: skip
def test_rates_and_optimizers_that_make_no_sense_are_refused(values, words):
    with pytest.raises(ValidationError, match=words):
        request(**values)


def test_an_optimizer_with_one_rate_may_leave_a_part_alone():
    assert request(optimizer_type="Prodigy", unet_lr=1, text_encoder_lr=0).unet_lr == 1


def test_a_class_whose_name_says_so_follows_no_schedule():
    free, plain = (
        request(optimizer_type=name)
        for name in ("prodigyplus.ProdigyPlusScheduleFree", "pytorch_optimizer.CAME")
    )
    assert free.optimizer_rule.schedule_free
    assert not plain.optimizer_rule.schedule_free


def test_all_of_it_survives_a_job_file(tmp_path):
    before = request(
        optimizer_type="NAdam", optimizer_args=["betas=0.9,0.99", "eps=1e-6"],
        text_encoder_lr=[1e-4, 0], learning_rate=2e-4, stop_text_encoder_training=30,
        lr_scheduler="piecewise_constant", lr_scheduler_args=["step_rules=1:10,0.1"],
    )  # fmt: skip
    dump_toml(before, tmp_path / "job.toml")
    assert load_toml(tmp_path / "job.toml") == before


def test_settings_and_schedules_do_not_import_torch():
    code = (
        "import sys, engine.training.schedules, engine.training.early; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert importlib.util.find_spec("torch") is not None


def test_a_low_rate_for_an_optimizer_that_finds_its_own_is_worth_a_word():
    slow, right, plain = (
        advice(request(optimizer_type=kind, unet_lr=rate, text_encoder_lr=0))
        for kind, rate in (("Prodigy", 1e-4), ("Prodigy", 1.0), ("AdamW", 1e-4))
    )
    assert "Prodigy finds the rate itself" in str(slow[0])
    assert right == plain == []
