"""LoRA files: what is written is kohya's, what is read is anyone's."""

from __future__ import annotations

import hashlib
import json
import struct

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from engine.models import hashes
from engine.models.adapter_file import read_adapter, to_tensors
from engine.models.headers import read_header
from engine.models.lora_file import write_lora
from engine.runtime.errors import ModelFileError, StorageError

Q = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
KOHYA_Q = "lora_unet_" + Q.replace(".", "_")
TE = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"


def _tensors(rank=4, alpha=2.0):
    generator = torch.Generator().manual_seed(0)
    return {
        f"{KOHYA_Q}.lora_down.weight": torch.randn(rank, 768, generator=generator),
        f"{KOHYA_Q}.lora_up.weight": torch.randn(320, rank, generator=generator),
        f"{KOHYA_Q}.alpha": torch.tensor(alpha),
    }


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "a.safetensors"
    write_lora(path, _tensors(), {"ss_network_dim": 4, "modelspec.trigger_phrase": "kiln"})
    lora = read_adapter(path)
    assert (lora.family, lora.rank, lora.alpha, lora.trigger_word) == ("sd1", 4, 2.0, "kiln")
    assert lora.unknown == ()
    assert to_tensors(lora.modules).keys() == _tensors().keys()
    for key, tensor in _tensors().items():
        assert torch.equal(to_tensors(lora.modules)[key], tensor)


def test_metadata_are_all_text_and_the_model_hash_is_that_of_the_data_section(tmp_path):
    path = tmp_path / "a.safetensors"
    write_lora(path, _tensors(), {"ss_network_dim": 4, "ss_v2": False})
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert metadata["ss_network_dim"] == "4"
    assert metadata["ss_v2"] == "False"
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    assert metadata["sshs_model_hash"] == hashlib.sha256(data[start:]).hexdigest()
    assert metadata["sshs_model_hash"] == hashes.data_sha256(path)
    assert hashes.file_sha256(path) == hashlib.sha256(data).hexdigest()


def test_the_model_hash_does_not_depend_on_the_metadata(tmp_path):
    for name, text in (("a", "short"), ("b", "x" * 5000)):
        write_lora(tmp_path / f"{name}.safetensors", _tensors(), {"ss_training_comment": text})
    a, b = (read_header(tmp_path / f"{n}.safetensors").metadata for n in "ab")
    assert a["sshs_model_hash"] == b["sshs_model_hash"]


def test_the_legacy_hash_of_a_small_file_is_that_of_nothing(tmp_path):
    path = tmp_path / "a.safetensors"
    write_lora(path, _tensors(), {})
    assert read_header(path).metadata["sshs_legacy_hash"] == "e3b0c442"


def test_the_legacy_hash_of_a_large_file_skips_one_mebibyte(tmp_path):
    path = tmp_path / "a.safetensors"
    write_lora(path, _tensors(rank=512), {"ss_network_dim": 512})
    alone = tmp_path / "alone.safetensors"
    save_file(_tensors(rank=512), alone, metadata={"ss_network_dim": "512"})
    block = alone.read_bytes()[0x100000:0x110000]
    assert len(block) == 0x10000
    expected = hashlib.sha256(block).hexdigest()[:8]
    assert read_header(path).metadata["sshs_legacy_hash"] == expected


def test_a_file_that_cannot_be_written_leaves_the_former_one(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(StorageError):
        write_lora(blocked / "a.safetensors", _tensors(), {})
    assert blocked.read_text() == "not a folder"


@pytest.mark.parametrize(
    ("down", "up"),
    [
        ("unet.{}.lora_A.weight", "unet.{}.lora_B.weight"),
        ("base_model.model.{}.lora_A.weight", "base_model.model.{}.lora_B.weight"),
        ("unet.{}.lora.down.weight", "unet.{}.lora.up.weight"),
    ],
)
def test_other_namings_are_read_as_kohyas(tmp_path, down, up):
    mine = _tensors()
    path = tmp_path / "a.safetensors"
    state = {
        down.format(Q): mine[f"{KOHYA_Q}.lora_down.weight"],
        up.format(Q): mine[f"{KOHYA_Q}.lora_up.weight"],
    }
    save_file(state, path)
    lora = read_adapter(path)
    assert lora.modules.keys() == {KOHYA_Q}
    assert torch.equal(
        lora.modules[KOHYA_Q].tensors["lora_down.weight"], mine[f"{KOHYA_Q}.lora_down.weight"]
    )
    assert lora.modules[KOHYA_Q].alpha == 4.0  # none stored: as large as the rank


def test_alphas_that_diffusers_keeps_in_the_header_are_used(tmp_path):
    mine = _tensors()
    path = tmp_path / "a.safetensors"
    said = {"unet.r": 4, "unet.lora_alpha": 8, "unet.alpha_pattern": {}}
    save_file(
        {
            f"unet.{Q}.lora_A.weight": mine[f"{KOHYA_Q}.lora_down.weight"],
            f"unet.{Q}.lora_B.weight": mine[f"{KOHYA_Q}.lora_up.weight"],
        },
        path,
        metadata={"lora_adapter_metadata": json.dumps(said)},
    )
    assert read_adapter(path).alpha == 8.0
    said["unet.alpha_pattern"] = {Q: 2}
    save_file(load_file(path), path, metadata={"lora_adapter_metadata": json.dumps(said)})
    assert read_adapter(path).alpha == 2.0


def test_a_pickled_lora_is_read(tmp_path):
    path = tmp_path / "a.pt"
    torch.save(_tensors(), path)
    assert read_adapter(path).modules[KOHYA_Q].alpha == 2.0


def test_keys_that_are_not_understood_are_reported(tmp_path):
    path = tmp_path / "a.safetensors"
    strange = {
        "something.else": torch.zeros(1),
        f"{TE}.lora_down.weight": torch.zeros(4, 768),
        "bundle_emb.lora_down.weight": torch.zeros(4, 4),
    }
    save_file(_tensors() | strange, path)
    lora = read_adapter(path)
    assert set(lora.unknown) == strange.keys()


def test_tensors_of_another_kind_beside_those_of_a_lora_are_not_understood(tmp_path):
    path = tmp_path / "a.safetensors"
    stray = f"{KOHYA_Q}.hada_w1_a"
    save_file(_tensors() | {stray: torch.zeros(4, 4)}, path)
    lora = read_adapter(path)
    assert lora.unknown == (stray,)
    assert lora.modules[KOHYA_Q].tensors.keys() == {"lora_down.weight", "lora_up.weight"}


def test_a_lora_of_an_unknown_family_is_refused(tmp_path):
    path = tmp_path / "flux.safetensors"
    save_file({"lora_unet_double_blocks_0_img_mlp_0.lora_down.weight": torch.zeros(4, 8)}, path)
    with pytest.raises(ModelFileError, match="known family"):
        read_adapter(path)
