from __future__ import annotations

import json

from engine.models.adapter_file import read_adapter
from engine.runtime.job import Job
from engine.training.kohya.form_writing import as_form
from engine.training.kohya.reading import read_kohya
from engine.training.kohya.writing import outgoing
from engine.training.loop import run


def test_a_form_imports_trains_and_goes_back(models, art, tmp_path):
    form = {
        "pretrained_model_name_or_path": str(models["epsilon"]), "train_data_dir": str(art),
        "output_dir": str(tmp_path / "run"), "output_name": "icons", "max_resolution": "32,32",
        "min_bucket_reso": 16, "max_bucket_reso": 64, "bucket_reso_steps": 8,
        "bucket_no_upscale": False, "mixed_precision": "no", "optimizer": "AdamW",
        "LoRA_type": "Kohya LoCon", "network_dim": 3, "network_alpha": 2, "conv_dim": 2,
        "max_train_steps": 3, "train_batch_size": 2, "lr_warmup": 0, "lr_scheduler": "constant",
        "text_encoder_lr": 0, "save_precision": "fp16", "max_grad_norm": 0,
    }  # fmt: skip
    (tmp_path / "form.json").write_text(json.dumps(form))
    imported = read_kohya(tmp_path / "form.json")
    result = run(imported.request, Job.detached())
    assert result.steps == 3
    file = read_adapter(result.checkpoints[-1].path)
    assert file.metadata["ss_max_grad_norm"] == "1.0"
    assert {module.rank for module in file.modules.values()} == {3, 2}
    assert not any(name.startswith("lora_te") for name in file.modules)
    back = as_form(outgoing(imported.request))
    assert {name: back[name] for name in form if name != "max_grad_norm"} == {
        name: value for name, value in form.items() if name != "max_grad_norm"
    }
