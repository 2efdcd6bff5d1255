from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib.util import find_spec

import pytest
import torch
from torch.nn import Parameter

from engine.runtime.errors import BadInputError
from engine.training.config import TrainRequest
from engine.training.lion import Lion
from engine.training.optimizer_rules import RULES
from engine.training.optimizers import build, evaluating, replacement, set_rates
from engine.training.schedules import multiplier

CPU = torch.device("cpu")


@dataclass
class Part:
    name: str
    part: str = "unet"
    rate_factor: float = 1.0
    parameters: list[Parameter] = field(default_factory=list)

    def __post_init__(self):
        chance = torch.Generator().manual_seed(3)
        self.parameters.append(Parameter(torch.randn(4, 3, generator=chance)))


def request(**values):
    defaults = {"project": "p", "unet_lr": 1e-2, "text_encoder_lr": 1e-3, "weight_decay": 0.0}
    return TrainRequest(**defaults | values)


def learned(steps=5, parts=None, **values):
    """The weights after some steps toward 1, under rising and falling rates."""
    settings = request(**values)
    parts = parts or [Part("unet")]
    optimizer = build(settings, parts, CPU)
    for step in range(steps):
        set_rates(optimizer, settings, multiplier(settings, step, steps), step, steps)
        optimizer.zero_grad(set_to_none=True)
        weights = [weight for part in parts for weight in part.parameters if weight.requires_grad]
        sum((weight - 1).square().sum() for weight in weights).backward()
        optimizer.step()
    with evaluating(optimizer):
        return [part.parameters[0].detach().clone() for part in parts]


@pytest.mark.parametrize("kind", [name for name, rule in RULES.items() if not rule.card])
def test_every_optimizer_learns(kind):
    rule = RULES[kind]
    if rule.package and find_spec(rule.package) is None:
        pytest.skip(f"{rule.package} is not installed")
    rate = 1.0 if rule.one_rate else 1e-2
    start = Part("unet").parameters[0].detach()
    [end] = learned(200, optimizer_type=kind, unet_lr=rate, text_encoder_lr=0)
    assert torch.isfinite(end).all()
    assert (end - 1).abs().mean() < (start - 1).abs().mean()


@pytest.mark.parametrize("change", [
    {"optimizer_type": "Lion"},
    {"optimizer_type": "NAdam"},
    {"optimizer_args": "betas=0.5,0.6"},
    {"weight_decay": 0.5},
    {"unet_lr": 2e-2},
    {"lr_scheduler": "constant"},
    {"lr_scheduler_type": "ExponentialLR", "lr_scheduler_args": "gamma=0.5"},
])  # fmt: skip
def test_what_is_set_changes_what_is_learned(change):
    assert not torch.equal(learned()[0], learned(**change)[0])


def test_arguments_win_over_fields():
    same = learned(weight_decay=0.5)[0]
    assert torch.equal(same, learned(weight_decay=0.1, optimizer_args="weight_decay=0.5")[0])


def test_lion_takes_the_steps_of_its_paper():
    weight = Parameter(torch.tensor([0.5, -2.0], dtype=torch.float64))
    optimizer = Lion([weight], lr=0.1, betas=(0.9, 0.8), weight_decay=0.3)
    value, momentum = [0.5, -2.0], [0.0, 0.0]
    for gradient in ([1.0, -0.2], [-0.4, 3.0], [0.3, -0.1]):
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        for at, slope in enumerate(gradient):
            mixed = 0.9 * momentum[at] + 0.1 * slope
            value[at] -= 0.1 * (math.copysign(1, mixed) + 0.3 * value[at])
            momentum[at] = 0.8 * momentum[at] + 0.2 * slope
    assert weight.tolist() == pytest.approx(value, abs=1e-12)


def test_every_group_has_the_rate_of_its_part_times_its_factor():
    settings = request(text_encoder_lr2=2e-3)
    parts = [
        Part("unet_block3", rate_factor=0.5), Part("unet"), Part("unet plus", rate_factor=16),
        Part("te1", "te1"), Part("te2", "te2"),
    ]  # fmt: skip
    rates = set_rates(build(settings, parts, CPU), settings, 0.5, 0, 10)
    assert list(rates) == ["te1", "te2", "unet_block3", "unet", "unet plus"]
    assert list(rates.values()) == pytest.approx([5e-4, 1e-3, 2.5e-3, 5e-3, 8e-2])


def test_a_part_with_the_rate_zero_is_left_alone():
    unet, text = Part("unet"), Part("te1", "te1")
    before = text.parameters[0].detach().clone()
    learned(parts=[unet, text], text_encoder_lr=0, weight_decay=0.5)
    assert torch.equal(text.parameters[0], before)


@pytest.mark.parametrize("kind", ["AdamW", "SGDNesterov", "Adafactor"])
def test_a_text_encoder_that_stops_does_not_change_any_more(kind):
    half, whole = (
        learned(steps, [Part("unet"), Part("te1", "te1")], optimizer_type=kind, weight_decay=0.1,
                lr_scheduler="constant", stop_text_encoder_training=stop)[1]
        for steps, stop in ((5, 0), (10, 50))
    )  # fmt: skip
    assert torch.equal(half, whole)


def test_a_stopped_text_encoder_takes_no_gradients():
    settings, part = request(stop_text_encoder_training=50), Part("te1", "te1")
    optimizer = build(settings, [Part("unet"), part], CPU)
    assert set_rates(optimizer, settings, 1.0, 4, 10)["te1"] == 1e-3
    assert part.parameters[0].requires_grad
    assert set_rates(optimizer, settings, 1.0, 5, 10)["te1"] == 0
    assert not part.parameters[0].requires_grad


def test_a_schedule_of_a_class_gives_every_group_its_rate_from_any_step_on():
    settings = request(
        lr_scheduler_type="CosineAnnealingLR", lr_scheduler_args="T_max=10 eta_min=1e-4"
    )
    optimizer = build(settings, [Part("unet"), Part("te1", "te1")], CPU)
    late = set_rates(optimizer, settings, 1.0, 7, 10)
    early = set_rates(optimizer, settings, 1.0, 0, 10)
    done = 0.5 * (1 + math.cos(math.pi * 0.7))
    assert late == pytest.approx({
        "te1": 1e-4 + 9e-4 * done, "unet": 1e-4 + 99e-4 * done})  # fmt: skip
    assert early == pytest.approx({"te1": 1e-3, "unet": 1e-2})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lr_scheduler_type": "CosineLR"}, "no schedule CosineLR in torch.optim.lr_scheduler"),
        ({"lr_scheduler_type": "StepLR"}, "step_size"),
        ({"lr_scheduler_type": "ReduceLROnPlateau"}, "waits for a measured loss"),
        ({"optimizer_type": "Adamw2"}, "no optimizer Adamw2 in torch.optim"),
        ({"optimizer_type": "NAdan"}, "Did you mean NAdam"),
        ({"optimizer_type": "torch.nn.Linear"}, "no optimizer Linear"),
        ({"optimizer_type": "transformers.nowhere.Optimizer"}, "Install the package transformers"),
        ({"optimizer_type": "LBFGS"}, "measures the loss several times"),
        ({"optimizer_args": "momentun=0.9"}, "momentun"),
        ({"optimizer_args": "betas=2,3"}, "Invalid beta"),
    ],
)
def test_what_cannot_be_built_is_told_in_one_sentence(values, words):
    with pytest.raises(BadInputError, match=words) as caught:
        build(request(**values), [Part("unet")], CPU)
    assert "\n" not in str(caught.value)


def test_a_schedule_that_ends_too_early_says_so():
    settings = request(lr_scheduler_type="OneCycleLR", lr_scheduler_args="max_lr=0.1 total_steps=3")
    optimizer = build(settings, [Part("unet")], CPU)
    with pytest.raises(BadInputError, match="ends before the run"):
        set_rates(optimizer, settings, 1.0, 9, 10)


def test_a_schedule_that_divides_by_nothing_says_so():
    settings = request(lr_scheduler_type="CosineAnnealingLR", lr_scheduler_args="T_max=0")
    with pytest.raises(BadInputError, match="CosineAnnealingLR does not take these arguments"):
        build(settings, [Part("unet")], CPU)


def test_an_optimizer_with_one_rate_refuses_blocks_with_others():
    parts = [Part("unet"), Part("unet_block1", rate_factor=0.5)]
    with pytest.raises(BadInputError, match="Prodigy takes one rate for all parts"):
        build(request(optimizer_type="Prodigy", unet_lr=1, text_encoder_lr=0), parts, CPU)


def test_nothing_to_learn_is_refused():
    with pytest.raises(BadInputError, match="Nothing would be learned"):
        build(request(text_encoder_lr=0), [Part("te1", "te1")], CPU)


@pytest.mark.parametrize(
    ("kind", "instead"),
    [("AdamW8bit", "AdamW"), ("PagedLion8bit", "Lion"), ("SGDNesterov8bit", "SGDNesterov")],
)
def test_an_optimizer_that_cannot_be_had_offers_another(kind, instead):
    missing = request(optimizer_type=kind)
    with pytest.raises(
        BadInputError, match=f"{kind} needs an NVIDIA graphics card. Choose {instead}"
    ):
        build(missing, [Part("unet")], CPU)
    replaced = request(optimizer_type=kind, optimizer_fallback=True)
    assert instead in str(replacement(replaced, CPU))
    same = learned(optimizer_type=kind, optimizer_fallback=True)[0]
    assert torch.equal(same, learned(optimizer_type=instead)[0])


def test_nothing_is_replaced_where_nothing_is_missing():
    assert replacement(request(optimizer_fallback=True), CPU) is None


def test_a_missing_package_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "prodigyopt", None)
    with pytest.raises(BadInputError, match="Install the package prodigyopt"):
        build(request(optimizer_type="Prodigy", unet_lr=1, text_encoder_lr=1), [Part("unet")], CPU)


def test_a_schedule_free_run_shows_its_average_and_goes_on_unchanged():
    part = Part("unet")
    settings = request(optimizer_type="AdamWScheduleFree")
    optimizer = build(settings, [part], CPU)
    for _ in range(3):
        optimizer.zero_grad()
        (part.parameters[0] - 1).square().sum().backward()
        optimizer.step()
    training = part.parameters[0].detach().clone()
    with evaluating(optimizer):
        assert not torch.equal(part.parameters[0], training)
        assert not optimizer.param_groups[0]["train_mode"]
    assert torch.equal(part.parameters[0], training)
    assert optimizer.param_groups[0]["train_mode"]


def test_the_rate_that_prodigy_found_is_told():
    settings = request(optimizer_type="Prodigy", unet_lr=1, text_encoder_lr=0)
    part = Part("unet")
    optimizer = build(settings, [part], CPU)
    first = set_rates(optimizer, settings, 1.0, 0, 9)["unet"]
    for _ in range(5):
        (part.parameters[0] - 1).square().sum().backward()
        optimizer.step()
    assert first == pytest.approx(1e-6)
    assert set_rates(optimizer, settings, 0.5, 5, 9)["unet"] > first
    assert optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("relative", [True, False])
def test_adafactor_sizes_its_own_steps_unless_told_not_to(relative):
    def run(rate):
        args = f"relative_step={relative}"
        return learned(optimizer_type="Adafactor", optimizer_args=args, unet_lr=rate)[0]

    assert torch.equal(run(1e-3), run(1e-2)) == relative
