from __future__ import annotations

import argparse
import json

import pytest
import torch
from safetensors.torch import load_file

from engine.commands import lora as verb
from engine.models.adapter_file import read_adapter
from engine.models.headers import read_header
from engine.models.lora_file import write_lora
from engine.runtime.errors import BadInputError
from engine.runtime.thread import Engine

NAME = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"


@pytest.fixture
def engine():
    engine = Engine(threads=1).start()
    yield engine
    engine.close()


@pytest.fixture
def lora(tmp_path):
    generator = torch.Generator().manual_seed(0)
    tensors = {
        f"{NAME}.lora_down.weight": torch.randn(4, 768, generator=generator),
        f"{NAME}.lora_up.weight": torch.randn(320, 4, generator=generator),
        f"{NAME}.alpha": torch.tensor(2.0),
    }
    write_lora(tmp_path / "a.safetensors", tensors, {"ss_base_model_version": "sd_v1"})
    return tmp_path / "a.safetensors"


def use(engine, *argv):
    parser = argparse.ArgumentParser()
    verb.add_parser(parser.add_subparsers(dest="verb"))
    return verb.run(parser.parse_args(["lora", *map(str, argv)]), engine)


def change(path):
    (module,) = read_adapter(path).modules.values()
    return module.change(torch.zeros(320, 768))


def test_info_says_what_a_file_is(lora, capsys):
    assert use(None, "info", lora) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["family"], facts["rank"], facts["alpha"], facts["kind"]) == ("sd1", 4, 2, "LoRA")


def test_tools_write_new_files_and_tell_in_json(engine, lora, tmp_path, capsys):
    small, both = tmp_path / "small.safetensors", tmp_path / "both.safetensors"
    assert use(engine, "resize", lora, "--rank", 2, "--out", small, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["path"], told["modules"], told["highest_rank"]) == (str(small), 1, 2)
    assert use(engine, "merge", lora, lora, "--ratios", 0.5, -2, "--out", both) == 0
    assert capsys.readouterr().out.strip() == str(both)
    assert torch.allclose(change(both), -1.5 * change(lora), atol=1e-4)


def test_verify_ends_with_one_for_a_file_that_is_not_sound(engine, lora, tmp_path, capsys):
    assert use(engine, "verify", lora) == 0
    tensors = {f"{NAME}.lora_down.weight": torch.ones(1, 768),
               f"{NAME}.lora_up.weight": torch.zeros(320, 1)}  # fmt: skip
    write_lora(tmp_path / "zero.safetensors", tensors, {"ss_base_model_version": "sd_v1"})
    capsys.readouterr()
    assert use(engine, "verify", tmp_path / "zero.safetensors", "--json") == 1
    assert json.loads(capsys.readouterr().out)["untrained"] == [NAME]


def test_a_layer_of_zeros_has_nothing_to_lose(engine, tmp_path, capsys):
    tensors = {f"{NAME}.lora_down.weight": torch.ones(4, 768),
               f"{NAME}.lora_up.weight": torch.zeros(320, 4)}  # fmt: skip
    write_lora(tmp_path / "zero.safetensors", tensors, {"ss_base_model_version": "sd_v1"})
    use(engine, "resize", tmp_path / "zero.safetensors", "--rank", 2, "--json",
        "--out", tmp_path / "small.safetensors")  # fmt: skip
    assert json.loads(capsys.readouterr().out)["kept"] == 1


def test_edit_puts_and_drops_entries(engine, lora, tmp_path):
    out = tmp_path / "told.safetensors"
    use(engine, "edit", lora, "--put", "ssmd_author=Kim = K", "--drop", "ss_base_model_version",
        "--out", out)  # fmt: skip
    said = read_header(out).metadata
    assert said["ssmd_author"] == "Kim = K"
    assert "ss_base_model_version" not in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("resize", "a.safetensors"), "nowhere to write"),
        (("edit", "a.safetensors", "--put", "title", "--out", "b"), "no entry"),
        (("merge", "a", "--ratios", "1", "2", "--out", "b"), "more strengths"),
        (("resize", "a", "--measure", "sv_fro", "--amount", "3", "--out", "b"), "share"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words, told):
    with pytest.raises(BadInputError, match=told):
        use(None, *words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("merge", "a", "--rank", 8, "--out", "b"), "--rank has an effect only with --method svd"),
        (("resize", "a", "--kohya-counting", "--out", "b"), "only with --measure sv_ratio or"),
        (("edit", "a", "--in-place", "--out", "b"), "not both"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(words, told):
    with pytest.raises(BadInputError, match=told):
        use(None, *words)


def test_a_strength_that_is_left_out_is_said(engine, lora, tmp_path, capsys):
    use(engine, "merge", lora, lora, "--ratios", 0.5, "--out", tmp_path / "b.safetensors")
    assert "a.safetensors has no strength of its own; 1 is taken." in capsys.readouterr().err


def test_what_is_left_out_is_told_by_name(engine, lora, tmp_path, capsys):
    odd = tmp_path / "odd.safetensors"
    write_lora(odd, {**load_file(lora), f"{NAME}.diff_b": torch.ones(320)}, {})
    use(engine, "merge", odd, "--out", tmp_path / "b.safetensors")
    assert f"left out: 1 ({NAME}.diff_b)" in capsys.readouterr().err


def test_a_link_to_a_file_that_is_changed_in_place_stays_a_link(engine, lora, tmp_path):
    link = tmp_path / "link.safetensors"
    link.symlink_to(lora)
    use(engine, "edit", link, "--put", "ssmd_author=Kim", "--in-place")
    assert link.is_symlink()
    assert read_header(lora).metadata["ssmd_author"] == "Kim"
