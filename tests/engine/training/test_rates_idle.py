from __future__ import annotations

import pytest

from engine.training.config import TrainRequest
from engine.training.idle import without_effect


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"optimizer_type": "AdamWScheduleFree", "lr_scheduler": "linear", "lr_warmup": 5},
         {"lr_scheduler", "lr_warmup"}),
        ({"optimizer_type": "Adafactor", "lr_warmup": 5}, {"lr_warmup"}),
        ({"optimizer_type": "Adafactor", "optimizer_args": "relative_step=False", "lr_warmup": 5},
         set()),
        ({"lr_scheduler_type": "StepLR", "lr_scheduler": "linear",
          "lr_scheduler_args": "step_size=9"}, {"lr_scheduler"}),
        ({"lr_scheduler": "warmup_stable_decay", "lr_decay": 30, "lr_decay_steps": 7},
         {"lr_decay"}),
        ({"lr_scheduler_min_lr_ratio": 0.5}, {"lr_scheduler_min_lr_ratio"}),
        ({"optimizer_fallback": True}, {"optimizer_fallback"}),
        ({"optimizer_type": "Lion8bit", "optimizer_fallback": True}, set()),
        ({"kohya_accumulation": True}, {"kohya_accumulation"}),
        ({"kohya_accumulation": True, "gradient_accumulation_steps": 2}, set()),
    ],
)  # fmt: skip
def test_what_the_rates_do_not_follow_is_named(values, names):
    ours = {item.name for item in without_effect(TrainRequest(project="p", **values))}
    assert ours == names
