from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
import torch
from PIL import Image

from engine.models import adapter_training, adapters
from engine.models.adapter_plan import AdapterSpec
from engine.models.host import host
from engine.models.lora_file import write_lora
from engine.project.settings import data_dir
from engine.runtime.errors import BadInputError, JobCancelled, MissingFileError, StorageError
from engine.runtime.job import Job, request_from_record
from engine.runtime.schema import validated
from engine.sampling import generate
from engine.sampling.generate import encoding_cache, run
from engine.sampling.infotext import parse_infotext, request_values
from engine.sampling.picture_text import read_infotext
from engine.sampling.request import ImageRequest, LoraUse, Shot

QUICK = {"prompt": "castle", "steps": 2, "width": 32, "height": 32}


@pytest.fixture(scope="package")
def lora(starter, tmp_path_factory):
    """A LoRA file that clearly changes what the starter draws, in UNet and text encoder."""
    path = tmp_path_factory.mktemp("loras") / "ink v1.5.safetensors"
    generator = torch.Generator().manual_seed(3)
    made = adapter_training.create(starter, "made", AdapterSpec(rank=2, alpha=2), generator)
    with torch.no_grad():
        for parameter in itertools.chain(*made.values()):
            if not parameter.any():
                parameter.copy_(0.05 * torch.randn(parameter.shape, generator=generator))
    write_lora(
        path, adapter_training.state_dict(starter, "made"), {"ss_base_model_version": "sd_v1"}
    )
    adapters.detach(starter, "made")
    return path


def draw(**values):
    job = Job.detached()
    result = run(ImageRequest(**(QUICK | values)), job)
    return result, job.handle.take_events()


def test_pictures_are_saved_with_their_text_and_announced(tmp_path):
    result, events = draw(count=3, batch_size=2, seed=8, output_dir=str(tmp_path / "new"))
    assert [os.path.basename(path) for path in result.paths] == [
        "0001-8.png",
        "0002-9.png",
        "0003-10.png",
    ]
    assert result.seeds == [8, 9, 10]
    done = [event.data for event in events if event.kind == "image.done"]
    assert [data["path"] for data in done] == result.paths
    for path, array, infotext in zip(result.paths, result.images, result.infotexts, strict=True):
        assert (np.asarray(Image.open(path)) == array).all()
        assert read_infotext(path) == parse_infotext(infotext)


def test_without_a_folder_nothing_is_saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result, _ = draw()
    assert result.paths == []
    assert len(result.images) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_picture_is_ever_overwritten(tmp_path):
    for name in ("{number}-{seed}", "same", "{seed}"):
        for _ in range(3):
            draw(output_dir=str(tmp_path / name[:4]), file_name=name)
    assert len(list(tmp_path.rglob("*.png"))) == 9


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_the_stored_text_draws_the_same_picture_again(tmp_path, suffix):
    wanted = {
        "prompt": 'a (castle:1.2), "old"',
        "negative_prompt": "blurry",
        "sampler": "euler_a",
        "schedule": "exponential",
        "emphasis": "no_norm",
        "clip_skip": 2,
        "guidance_scale": 3.5,
        "steps": 3,
        "seed": 77,
    }
    result, _ = draw(**wanted, output_dir=str(tmp_path), file_format=suffix)
    stored = request_values(read_infotext(result.paths[0]))
    assert stored == wanted | {"width": 32, "height": 32}
    again = run(validated(ImageRequest, stored), Job.detached())
    assert (again.images[0] == result.images[0]).all()


def test_a_lora_acts_by_its_weight_and_leaves_the_model_as_it_was(lora):
    plain, _ = draw()
    full, half, none = (
        draw(loras=(LoraUse(path=str(lora), weight=weight),))[0].images[0].astype(int)
        for weight in (1, 0.5, 0)
    )
    after, _ = draw()
    assert np.abs(full - plain.images[0]).mean() > np.abs(half - plain.images[0]).mean() > 0.5
    assert (none == plain.images[0]).all()
    assert (after.images[0] == plain.images[0]).all()


def test_text_and_unet_weights_act_by_themselves(lora):
    plain, unet, text = (
        draw(loras=(LoraUse(path=str(lora), weight=unet, text_weight=text),))[0].images[0]
        for unet, text in ((0, 0), (1, 0), (0, 1))
    )
    assert (plain != unet).any()
    assert (plain != text).any()
    assert (unet != text).any()


def test_a_tag_in_the_prompt_is_the_same_as_the_list(lora, tmp_path):
    models = data_dir() / "models"
    models.mkdir(parents=True)
    os.symlink(lora, models / "ink.safetensors")
    tagged, _ = draw(prompt="castle<lora:ink:0.4:0.9>")
    listed, _ = draw(loras=(LoraUse(path=str(lora), weight=0.9, text_weight=0.4),))
    assert (tagged.images[0] == listed.images[0]).all()
    assert tagged.warnings == ()
    settings = parse_infotext(listed.infotexts[0]).settings
    assert settings["Lora hashes"].startswith("ink v1.5: ")
    assert listed.infotexts[0].startswith("castle <lora:ink v1.5:0.4:0.9>\n")
    both, _ = draw(prompt="castle<lora:ink:0.4:0.4>", loras=(LoraUse(path=str(lora), weight=0.5),))
    once, _ = draw(loras=(LoraUse(path=str(lora), weight=0.9),))
    assert settings["Lora hashes"].split(": ")[1] in both.infotexts[0]
    assert np.abs(both.images[0].astype(int) - once.images[0]).mean() < 12


def test_a_tag_that_cannot_be_used_is_a_warning_and_the_rest_is_drawn():
    plain, _ = draw()
    prompt = "castle<lora:nowhere:1><lora:ink:much>"
    result, events = draw(prompt=prompt, negative_prompt="<lora:x:1>")
    assert (result.images[0] == plain.images[0]).all()
    assert [warning.split(".")[0] for warning in result.warnings] == [
        "There is no LoRA called nowhere",
        "The tag of the LoRA ink has no name or a weight that is not a number; it was left out",
        "LoRA tags in the negative prompt have no effect and were left out",
    ]
    warned = [event.data for event in events if event.kind == "image.warning"]
    assert warned[0]["facts"] == {"name": "nowhere"}


def test_a_missing_lora_of_the_list_is_an_error():
    with pytest.raises(MissingFileError, match="gone"):
        draw(loras=(LoraUse(path="gone.safetensors"),))


def test_prompts_are_encoded_once_per_state_of_the_text_encoder(lora):
    model = host().get("starter")
    use = LoraUse(path=str(lora), weight=0.7)
    first = encoding_cache(model, [use])
    assert encoding_cache(model, [use.model_copy()]) is first
    assert encoding_cache(model, [LoraUse(path=str(lora), weight=0.6)]) is not first
    assert encoding_cache(model, []) is not first


def test_loras_that_leave_the_text_encoder_alone_share_its_prompts(lora, monkeypatch):
    model = host().get("starter")
    use = LoraUse(path=str(lora), weight=0.7)
    monkeypatch.setattr("engine.models.adapters.acts_on_text", lambda *_: False)
    plain = encoding_cache(model, [])
    assert encoding_cache(model, [use]) is plain
    assert encoding_cache(model, [LoraUse(path=str(lora), weight=0.6)]) is plain
    monkeypatch.setattr("engine.models.adapters.acts_on_text", lambda *_: True)
    assert encoding_cache(model, [LoraUse(path=str(lora), weight=1, text_weight=0)]) is plain
    assert encoding_cache(model, [use]) is not plain


def test_a_changed_lora_file_is_not_mistaken_for_the_old_one(lora, tmp_path):
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(lora.read_bytes())
    model = host().get("starter")
    first = encoding_cache(model, [LoraUse(path=str(copy))])
    os.utime(copy, ns=(1, 1))
    assert encoding_cache(model, [LoraUse(path=str(copy))]) is not first


def test_finished_pictures_stay_when_the_job_is_cancelled(tmp_path, monkeypatch):
    job = Job.detached()
    save = generate.save_picture

    def save_and_cancel(*facts):
        save(*facts)
        job.handle.cancel()

    monkeypatch.setattr(generate, "save_picture", save_and_cancel)
    with pytest.raises(JobCancelled):
        run(ImageRequest(**QUICK, count=4, batch_size=2, output_dir=str(tmp_path)), job)
    assert [path.name for path in tmp_path.iterdir()] == ["0001-1.png"]
    assert host().get("starter").adapters.active == {}


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        draw(output_dir=str(tmp_path / "file" / "folder"))


def test_less_memory_means_smaller_batches_down_to_one():
    request = ImageRequest(batch_size=5)
    sizes = []
    while request is not None:
        sizes.append(request.batch_size)
        request = request.smaller()
    assert sizes == [5, 2, 1]


def test_a_request_survives_as_a_record(lora):
    request = ImageRequest(**QUICK, loras=(LoraUse(path=str(lora), weight=-0.5),))
    assert request_from_record(request.to_record()) == request


@pytest.mark.parametrize(
    "values",
    [
        {"width": 100},
        {"steps": 0},
        {"seed": -1},
        {"sampler": "dpm"},
        {"mask": "mask.png"},
        {"file_name": "../x"},
        {"strength": 0},
        {"guidance_scale": float("nan")},
        {"guidance_scale": float("inf")},
    ],
)
def test_values_out_of_range_are_refused(values):
    with pytest.raises(BadInputError):
        validated(ImageRequest, values)


def test_seeds_wrap_around():
    request = ImageRequest(seed=2**32 - 1, count=2)
    assert [shot.seed for shot in request.shots()] == [2**32 - 1, 0]
    assert request.shots()[0] == Shot("", "", 2**32 - 1)


def test_words_drawn_by_the_seed_reach_picture_text_and_recipe(tmp_path):
    (tmp_path / "animals.txt").write_text("cat\ndog\ncow\n", "utf-8")
    values = {"prompt": "__animals__, {red|blue}", "wildcards": str(tmp_path), "count": 8}
    result, _ = draw(**values)
    shots = ImageRequest(**(QUICK | values)).shots()
    prompts = [parse_infotext(text).prompt for text in result.infotexts]
    assert prompts == [shot.prompt for shot in shots]
    assert len(set(prompts)) > 2
    assert {text.split(", ")[0] for text in prompts} <= {"cat", "dog", "cow"}
    facts = parse_infotext(result.infotexts[3])
    assert facts.settings["Template"] == values["prompt"]
    (tmp_path / "animals.txt").write_text("owl", "utf-8")
    request = ImageRequest(**(QUICK | values)).drawing(shots[3])
    again, _ = draw(**request.model_dump())
    assert np.abs(again.images[0].astype(int) - result.images[3].astype(int)).max() <= 1


def test_a_prompt_without_chance_has_no_template():
    result, _ = draw(prompt="castle {x} __nothing__")
    assert "Template" not in parse_infotext(result.infotexts[0]).settings


def test_tags_that_are_drawn_act_only_on_their_own_pictures(lora):
    folder = lora.parent
    prompt = f"castle{{<lora:{lora.stem}:1>|}}"
    values = {"prompt": prompt, "lora_folders": (str(folder),), "count": 6, "batch_size": 6}
    result, events = draw(**values)
    prompts = [parse_infotext(text).prompt for text in result.infotexts]
    with_tag = [number for number, text in enumerate(prompts) if "<lora:" in text]
    assert 0 < len(with_tag) < 6
    for number, picture in enumerate(result.images):
        weight = 1.0 if number in with_tag else 0.0
        stack = (LoraUse(path=str(lora), weight=weight),)
        alone, _ = draw(seed=1 + number, loras=stack if weight else ())
        assert np.abs(alone.images[0].astype(int) - picture.astype(int)).max() <= 1
        assert ("Lora hashes" in result.infotexts[number]) == bool(weight)
    done = [event.data for event in events if event.kind == "image.done"]
    assert sorted(data["index"] for data in done) == list(range(6))
    for data in done:
        np.testing.assert_array_equal(data["array"], result.images[data["index"]])


def test_other_weights_load_no_model_and_no_file_again(lora):
    model = host().get("starter")
    pictures = []
    modules: set[frozenset[tuple[str, int]]] = set()
    for weight in (0.3, 0.9, -0.5):
        result, _ = draw(loras=(LoraUse(path=str(lora), weight=weight),))
        pictures.append(result.images[0])
        modules.add(frozenset((name, id(part)) for name, part in model.unet.named_modules()))
    assert host().get("starter") is model
    assert len(modules) == 1
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])
