"""What is at hand, and what is in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from engine.models import host as hosts
from engine.models.catalogue import find_lora, list_models, model_folders
from engine.models.family import STARTER_FOLDER
from engine.project.settings import Settings, data_dir
from engine.runtime import device
from engine.runtime.errors import MissingFileError
from tests.engine.models.conftest import CPU
from tests.engine.swapped import replace_unseen

NAME = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"


def _lora(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"{NAME}.lora_down.weight": torch.zeros(4, 768)}, path)
    return path


def test_the_list_has_the_starter_the_folders_models_and_the_runs_checkpoints(tmp_path):
    mine = _lora(tmp_path / "models" / "styles" / "mine.safetensors")
    (tmp_path / "models" / "broken.safetensors").write_bytes(b"")
    (tmp_path / "models" / "notes.txt").write_text("not a model")
    checkpoint = _lora(tmp_path / "runs" / "today" / "checkpoints" / "mine-000001.safetensors")
    missing = tmp_path / "missing"
    found = list_models([tmp_path / "models", tmp_path / "models", missing], tmp_path / "runs")
    assert found[0].ref == "starter"
    assert [info.path for info in found[1:]] == [
        tmp_path / "models" / "broken.safetensors", mine, checkpoint
    ]  # fmt: skip
    assert found[1].kind == "unknown"
    assert "is empty" in found[1].problem
    assert not found[2].problem


def test_a_diffusers_folder_is_one_model(tmp_path):
    shutil.copytree(STARTER_FOLDER, tmp_path / "my model", copy_function=os.symlink)
    assert [info.name for info in list_models([tmp_path])] == ["starter", "my model"]


def test_a_lora_is_found_by_its_stem_its_file_name_or_its_path(tmp_path):
    path = _lora(tmp_path / "a" / "pixel.safetensors")
    for name in ("pixel", "pixel.safetensors", str(path)):
        assert find_lora(name, [tmp_path]) == path
    with pytest.raises(MissingFileError, match="no LoRA called other"):
        find_lora("other", [tmp_path])


def test_model_folders_come_from_the_settings(tmp_path):
    Settings(model_folders=(str(tmp_path),)).save()
    assert model_folders() == [data_dir() / "models", tmp_path]
    _lora(data_dir() / "models" / "home.safetensors")
    assert find_lora("home").stem == "home"


@pytest.fixture
def loads(monkeypatch):
    """The refs that were loaded, by a loader that gives empty objects."""
    seen = []

    def load(ref, **options):
        seen.append((ref, options["prediction_type"]))
        return object()

    monkeypatch.setattr(hosts, "load_model", load)
    return seen


def test_the_host_keeps_one_model_until_its_files_change(tmp_path, loads):
    folder = tmp_path / "model"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "config.json").write_text("{}")
    host = hosts.ModelHost()
    first = host.get(str(folder), **CPU)
    assert host.get(str(folder), **CPU) is first
    assert host.get(str(folder), prediction_type="epsilon", **CPU) is not first
    second = host.get(str(folder), **CPU)
    replace_unseen(folder / "unet" / "config.json", b"[]")
    assert host.get(str(folder), **CPU) is not second
    assert loads == [(str(folder), kind) for kind in (None, "epsilon", None, None)]


def test_a_released_model_is_loaded_again(loads):
    host = hosts.ModelHost()
    first = host.get("starter")
    host.release()
    assert host.get("starter") is not first


def test_memory_is_searched_for_only_where_a_model_is_dropped(loads, monkeypatch):
    host, freed = hosts.ModelHost(), []
    monkeypatch.setattr(device, "free_memory", lambda: freed.append(len(loads)))
    host.get("starter")
    host.get("starter", prediction_type="epsilon")
    assert freed == [1]


def test_freeing_memory_unloads_the_hosts_model(loads):
    first = hosts.host().get("starter")
    device.free_memory(unload=True)
    assert hosts.host().get("starter") is not first
    hosts.host().release()


def test_a_failed_load_leaves_no_model_behind(tmp_path, monkeypatch):
    host = hosts.ModelHost()
    with pytest.raises(MissingFileError):
        host.get(str(tmp_path / "none.ckpt"))
    monkeypatch.setattr(hosts, "load_model", lambda ref, **options: ref)
    assert host.get("starter") == "starter"


def test_recognizing_files_imports_no_torch():
    code = (
        "import sys, engine.models.catalogue as c, engine.models.lora_keys, engine.models.hashes;"
        "print(c.list_models([])[0].family, sorted({'torch', 'diffusers', 'transformers', 'peft'}"
        " & sys.modules.keys()))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "sd1 []"
