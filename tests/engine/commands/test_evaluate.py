from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from engine.commands.cli import main
from engine.commands.evaluate import NONE_IS_GOOD
from engine.models import adapter_training
from engine.models.adapter_plan import AdapterSpec
from engine.models.loading import load_model
from engine.models.lora_file import write_lora
from engine.project.project import Project
from engine.validation import evaluating, limits
from engine.validation.check_places import afterwards, meanwhile
from engine.validation.learned import learned_by
from engine.validation.manifest import open_grid
from tests.engine.validation.fake_grids import fake_grid
from tests.engine.validation.test_plans import trained
from tests.engine.validation.test_planted import sound

JUDGED = (0, NONE_IS_GOOD)  # whatever is said of a LoRA of noise
SMALL = ("--steps", "1", "--width", "32", "--height", "32", "--batch-size", "24")


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A LoRA of the starter model with random weights."""
    starter = load_model("starter", device=torch.device("cpu"), dtype=torch.float32)
    generator = torch.Generator().manual_seed(1)
    spec = AdapterSpec(rank=1, train_text=False)
    for tensor in adapter_training.create(starter, "made", spec, generator)["unet"]:
        torch.nn.init.normal_(tensor, std=0.1, generator=generator)
    path = tmp_path_factory.mktemp("lora") / "style.safetensors"
    metadata = {"ss_base_model_version": "sd_v1", "ss_network_dim": "1"}
    write_lora(path, adapter_training.state_dict(starter, "made"), metadata)
    return path.read_bytes()


def run_of(folder: Path, lora: bytes) -> Path:
    run = trained(folder, checkpoints=1)
    (run / "checkpoints" / "style-000001.safetensors").write_bytes(lora)
    return run


def test_a_run_is_drawn_measured_and_judged(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(tmp_path, lora)
    assert main(["evaluate", str(run), "--json", "--seed", "3", *SMALL]) in JUDGED
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert "problem" not in found
    assert (found["grid"]["drawn"], found["grid"]["failed"]) == ((1 + 3) * 4 * 6, 0)
    assert {cell["at"]["seed"] for cell in found["grid"]["cells"]} == {3, 4, 5, 6}
    assert sorted(found["prompts"].values()) == [
        "off", "seen", "seen", "trigger", "unseen", "unseen"
    ]  # fmt: skip
    verdict = found["verdict"]
    assert {row["weight"] for row in verdict["rows"]} == {0.6, 0.8, 1.0}
    assert verdict["base"]["count"] == 4 * 6
    (path,) = verdict["checkpoints"]
    assert path.endswith("style-000001.safetensors")
    assert verdict["checkpoints"][path]["name"] == "epoch 1"
    assert verdict["pick"]["checkpoint"] == path
    assert verdict["rows"][0]["held_out_loss"] == pytest.approx(0.1)
    assert set(verdict["cells"]) == {cell["id"] for cell in found["grid"]["cells"]}
    assert Path(found["grid"]["folder"]) == run / "check"
    assert main(["evaluate", str(run), "--seed", "3", *SMALL]) in JUDGED
    out, err = capsys.readouterr()
    assert "0 drawn, 96 from before" in err
    assert "epoch 1" in out
    assert out.splitlines()[-1] == str(run / "check" / "grid.png")


def test_without_the_training_pictures_the_grid_is_drawn_and_the_measures_say_so(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(tmp_path, lora)
    (tmp_path / "art").rename(tmp_path / "away")
    assert main(["evaluate", str(run), "--json", "--out", str(tmp_path / "check"), *SMALL]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["grid"]["failed"] == 0
    assert found["grid"]["drawn"] == (1 + 3) * 4
    verdict = found["verdict"]
    assert verdict["pick"] is None
    assert "Whether it copies cannot be judged" in verdict["unjudged"][0]
    assert "art" in verdict["notes"][0]
    assert all(row["diversity"] is not None for row in verdict["rows"])
    assert (tmp_path / "check" / "grid.png").is_file()


def test_a_check_that_was_drawn_stays_when_the_training_pictures_are_gone(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    for trigger in ("pxl", ""):
        home = tmp_path / (trigger or "plain")
        run = trained(home, checkpoints=1, trigger_word=trigger)
        (run / "checkpoints" / "style-000001.safetensors").write_bytes(lora)
        for place in ((), ("--out", str(home / "elsewhere"))):
            assert main(["evaluate", str(run), *place, *SMALL]) in JUDGED
        drawn = [(home / "elsewhere" / "grid.json"), run / "check" / "grid.json"]
        prompts = {path: open_grid(path.parent).request.prompts for path in drawn}
        (home / "art").rename(home / "away")
        capsys.readouterr()
        for place in ((), ("--out", str(home / "elsewhere"))):
            assert main(["evaluate", str(run), *place, *SMALL]) == 1
            assert "0 drawn, 96 from before" in capsys.readouterr().err
        assert prompts == {path: open_grid(path.parent).request.prompts for path in drawn}
        for path in drawn:
            path.unlink()
    # Without a grid, captions or a trigger word.
    assert main(["evaluate", str(run), *SMALL]) == 2
    assert "nobody knows what to ask it for" in capsys.readouterr().err
    assert not drawn[1].exists()


def test_a_report_is_written_with_the_verdict(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run, page = run_of(tmp_path, lora), tmp_path / "out" / "verdict.html"
    said = ["evaluate", str(run), "--report", str(page), "--language", "zh_CN", *SMALL]
    assert main(said) in JUDGED
    assert capsys.readouterr().out.splitlines()[-1] == str(page)
    text = page.read_text("utf-8")
    assert "第 1 轮" in text
    assert text.count('<img alt="" src="data:image/jpeg') >= 8
    printed = tmp_path / "out" / "verdict.pdf"
    assert main(["evaluate", str(run), "--report", str(printed), "--json", *SMALL]) in JUDGED
    found = json.loads(capsys.readouterr().out)
    assert found["report"] == str(printed)
    assert printed.read_bytes().startswith(b"%PDF")


def test_a_report_of_another_ending_is_refused_before_anything_is_drawn(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(tmp_path, lora)
    assert main(["evaluate", str(run), "--report", str(tmp_path / "verdict.doc"), *SMALL]) == 2
    assert "verdict.doc has another ending than .html, .pdf." in capsys.readouterr().err
    assert not (run / "check").exists()


def test_the_check_afterwards_does_not_write_over_that_while_training(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", "Icons", [])
    for run in (project.runs / "style", tmp_path / "alone"):
        one, other = afterwards(run), meanwhile(run, shared=True)
        assert one.folder != other.folder
        assert one.cells == other.cells
        changed = meanwhile(run, shared=False)
        assert changed.cells != one.cells
        assert changed.folder.parent == run
    assert afterwards(project.runs / "style").folder == project.grids / "style-check"


def test_what_was_left_out_is_said_without_json_too(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(tmp_path, lora)
    victim = min((tmp_path / "art").rglob("*.png"))
    victim.write_bytes(victim.read_bytes()[:60])
    assert main(["evaluate", str(run), *SMALL]) in JUDGED
    out = capsys.readouterr().out
    assert f"1 pictures cannot be read and were left out; {victim.name} is the first." in out


def test_limits_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    run = learned_by(trained(tmp_path, checkpoints=1))
    project = Project.create(tmp_path / "project", "Moss", [])
    (project.root / limits.NAME).write_text('{"least_fit": NaN}')
    (checkpoint,) = run.checkpoints
    checkpoint.path.write_bytes(b"lora")
    (tmp_path / "drawn").mkdir()
    grid = fake_grid(tmp_path / "drawn", sound, {checkpoint.path.stem: sound})
    verdict = evaluating.evaluate(grid, project)
    assert any("validation-limits.json cannot be used" in str(note) for note in verdict.notes)
    assert verdict.limits == limits.Limits()


def test_a_wrong_extractor_is_refused_before_anything_is_drawn(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(tmp_path, lora)
    assert main(["evaluate", str(run), "--extractor", str(tmp_path / "gone.pt"), *SMALL]) == 3
    assert "does not exist" in capsys.readouterr().err
    assert main(["evaluate", str(run), "--extractor", str(tmp_path), *SMALL]) != 0
    assert "no model that compares pictures" in capsys.readouterr().err
    assert not (run / "check").exists()


def test_what_is_no_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(tmp_path)]) == 3
    assert "is not a training run" in capsys.readouterr().err
    run = trained(tmp_path / "a", checkpoints=0)
    assert main(["evaluate", str(run)]) == 2
    assert "has no checkpoints" in capsys.readouterr().err


def test_the_exit_status_tells_whether_a_checkpoint_may_be_used(
    tmp_path: Path, lora: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(tmp_path, lora)
    project = Project.create(tmp_path / "project", "Moss", [])
    run = Path(shutil.move(run, project.runs / "style"))
    for least, status, words in ((0.0, 0, "Use epoch 1"), (1.0, 10, "No checkpoint is good yet")):
        loose = {"least_fit": least, "least_kept": least, "variety_of_base": 0.0, "leak": 2.0}
        (project.root / limits.NAME).write_text(json.dumps(loose))
        assert main(["evaluate", str(run), *SMALL]) == status
        assert words in capsys.readouterr().out
