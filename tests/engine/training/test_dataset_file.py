from __future__ import annotations

import json

import pytest
from PIL import Image

from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.pictures import bucket_spec, find_sources, open_pictures, shelf_of


def picture(path, size=(96, 64), shade=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, 90, 90)).save(path)


@pytest.fixture
def root(tmp_path):
    for number in range(6):
        picture(tmp_path / "10_hero" / f"{number}.png", shade=number)
    (tmp_path / "10_hero" / "0.txt").write_text("text")
    (tmp_path / "10_hero" / "0.caption").write_text("caption")
    picture(tmp_path / "reg" / "r.png", shade=200)
    return tmp_path


@pytest.fixture
def find(root):
    """Sources of a dataset file with this text."""

    def go(text, name="data.toml", **values):
        (root / name).write_text(text, encoding="utf-8")
        given = {"dataset_config": str(root / name), "output_dir": "out"} | values
        return find_sources(TrainRequest(**given))

    return go


ONE = "[[datasets]]\n[[datasets.subsets]]\nimage_dir = '10_hero'\n"


def test_a_folder_name_is_no_number_of_repeats_here(find):
    found = find(ONE).training
    assert {sample.repeats for sample in found} == {1}
    assert [sample.caption for sample in found] == ["text", "", "", "", "", ""]
    assert {sample.repeats for sample in find(ONE, dataset_repeats=3).training} == {3}


def test_what_the_file_does_not_say_is_as_in_the_run(find):
    captions = [sample.caption for sample in find(ONE, caption_extension=".caption").training]
    assert captions == ["caption", "", "", "", "", ""]
    chosen = []
    for seed in range(4):
        found = find(ONE, validation_split=0.5, validation_seed=seed)
        assert (len(found.training), len(found.held_out)) == (3, 3)
        chosen.append(frozenset(sample.path for sample in found.held_out))
    assert len(set(chosen)) > 1


RULES = {
    "trigger_word": "kiln", "caption_prefix": "pre,", "caption_suffix": ", post",
    "caption_separator": ";", "shuffle_caption": True, "keep_tokens": 3,
    "keep_tokens_separator": "|||", "secondary_separator": ";;;", "enable_wildcard": True,
    "caption_dropout_rate": 0.1, "caption_dropout_every_n_epochs": 4,
    "caption_tag_dropout_rate": 0.2, "token_warmup_step": 7.0, "token_warmup_min": 2,
}  # fmt: skip
PIXELS = {
    "resize_interpolation": "area", "flip_aug": True, "color_aug": True, "random_crop": True,
    "face_crop_aug_range": "2,4", "alpha_mask": True, "sdxl_kohya_crop": True,
}  # fmt: skip
SIZES = {
    "resolution": "128,192", "enable_bucket": True, "min_bucket_reso": 64, "max_bucket_reso": 384,
    "bucket_reso_steps": 32, "bucket_no_upscale": True,
}  # fmt: skip


def test_every_rule_that_the_file_does_not_say_is_the_runs(find):
    way = find(ONE, cache_latents=False, **RULES, **PIXELS, **SIZES).training[0].way
    assert way.captions.model_dump() == RULES
    # Masks have a folder for each subset; it is none of the run.
    assert way.pictures.model_dump() == PIXELS | {"conditioning_data_dir": ""}
    assert way.buckets.model_dump() == SIZES
    off = find(ONE, enable_bucket=False).training[0].way
    assert not off.buckets.enable_bucket


def test_values_are_looked_up_from_the_inside_out(find):
    text = """
        [general]
        shuffle_caption = true
        keep_tokens = 1
        caption_extension = ".caption"
        num_repeats = 2
        flip_aug = true
        caption_dropout_rate = 0.5
        [[datasets]]
        keep_tokens = 2
        flip_aug = false
        [[datasets.subsets]]
        image_dir = "10_hero"
        keep_tokens = 3
        caption_dropout_rate = 0
        class_tokens = "hero"
        [[datasets.subsets]]
        image_dir = "reg"
        """
    found = find(text, caption_tag_dropout_rate=0.25, trigger_word="kiln").training
    first, last = found[0].way, found[-1].way
    assert (first.captions.keep_tokens, last.captions.keep_tokens) == (3, 2)
    assert (first.captions.caption_dropout_rate, last.captions.caption_dropout_rate) == (0, 0.5)
    assert first.captions.shuffle_caption
    assert not first.pictures.flip_aug
    assert first.captions.caption_tag_dropout_rate == 0.25
    assert first.captions.trigger_word == "kiln"
    assert [sample.caption for sample in found] == ["caption", *["hero"] * 5, ""]
    assert {sample.repeats for sample in found} == {2}


def test_datasets_have_sizes_and_batches_of_their_own_and_do_not_mix(find, root):
    text = """
        [[datasets]]
        resolution = 64
        batch_size = 4
        bucket_reso_steps = 16
        [[datasets.subsets]]
        image_dir = "10_hero"
        num_repeats = 2
        [[datasets]]
        resolution = [32, 32]
        enable_bucket = false
        [[datasets.subsets]]
        image_dir = "10_hero"
        """
    sources = find(text, train_batch_size=3)
    pictures = open_pictures(sources, bucket_spec(TrainRequest(project="p"), 512), Job.detached())
    shelf = shelf_of(pictures.training, 3)
    sizes = {}
    for batch in shelf.epoch(1, 1):
        members = [pictures.training[index] for index in batch]
        assert len({(one.way.dataset, one.bucket) for one in members}) == 1
        sizes.setdefault(members[0].way.dataset, []).append((len(batch), members[0].bucket))
    assert sizes[0] == [(4, (80, 48))] * 3
    assert sizes[1] == [(3, (32, 32))] * 2
    keys = {picture.key for picture in pictures.training}
    assert len(keys) == 12


@pytest.mark.parametrize(
    ("text", "batch", "accumulated", "checkpointing"),
    [
        (ONE, 4, 2, False),
        (f"[general]\nbatch_size = 6\n{ONE}", 8, 1, True),
        (ONE.replace("image_dir", "caption_prefix = 'a'\nimage_dir"), 4, 2, False),
    ],
)
def test_when_memory_runs_out_a_batch_of_the_file_is_left_as_it_is(
    root, text, batch, accumulated, checkpointing
):
    (root / "data.toml").write_text(text, encoding="utf-8")
    asked = TrainRequest(
        dataset_config=str(root / "data.toml"), output_dir="out", train_batch_size=8
    )
    smaller = asked.smaller()
    found = smaller.train_batch_size, smaller.gradient_accumulation_steps
    assert (*found, smaller.gradient_checkpointing) == (batch, accumulated, checkpointing)


def test_regularization_is_paired_within_its_dataset(find):
    reg = "[[datasets.subsets]]\nimage_dir = 'reg'\nis_reg = true\n"
    hero = "[[datasets.subsets]]\nimage_dir = '10_hero'\nnum_repeats = %d\n"
    text = f"[[datasets]]\n{hero % 2}{reg}[[datasets]]\n{hero % 5}{reg}"
    spec = bucket_spec(TrainRequest(project="p", resolution=64), 64)
    pictures = open_pictures(find(text), spec, Job.detached())
    paired = [p.repeats for p in pictures.training if p.regularization]
    assert paired == [12, 30]


def test_the_same_folder_twice_counts_once_in_a_dataset(find):
    again = "[[datasets.subsets]]\nimage_dir = '10_hero'\nnum_repeats = 9\n"
    found = find(ONE + again)
    assert len(found.training) == 6
    assert "named twice" in found.problems[-1]


def test_json_is_read_as_toml_is(find):
    table = {"datasets": [{"subsets": [{"image_dir": "10_hero", "num_repeats": 4}]}]}
    found = find(json.dumps(table), name="data.json").training
    assert [sample.repeats for sample in found] == [4] * 6


def test_what_the_request_says_beside_is_not_read(find):
    names = ("train_data_dir", "reg_data_dir", "conditioning_data_dir")
    found = find(ONE, **dict.fromkeys(names, "nowhere"))
    assert len(found.training) == 6
    assert {sample.mask_file for sample in found.training} == {None}
    told = [text for text in found.problems if "is not read, because data.toml" in text]
    assert [text.split()[0] for text in told] == list(names)


def test_masks_and_faces_are_taken_from_the_file(find, root):
    for number in range(6):
        picture(root / "masks" / f"{number}.png", shade=51 * number)
    text = ONE + "conditioning_data_dir = 'masks'\nface_crop_aug_range = [2.0, 4.0]\n"
    found = find(text).training
    assert [int(sample.bake().mask[0, 0]) for sample in found] == [0, 51, 102, 153, 204, 255]
    assert {sample.way.face_range for sample in found} == {None}  # buckets are on
    flat = text.replace("[[datasets]]", "[[datasets]]\nenable_bucket = false")
    way = find(flat, cache_latents=False).training[0].way
    assert way.face_range == (2.0, 4.0)


def test_a_dataset_may_be_held_out_and_then_no_other_learns_it(find):
    text = f"{ONE}[[datasets]]\nvalidation_split = 0.5\n{ONE.split(chr(10), 1)[1]}"
    found = find(text)
    held = {sample.path for sample in found.held_out}
    assert len(held) == 3
    assert len(found.training) == 6
    assert not held & {sample.path for sample in found.training}
    with pytest.raises(BadInputError, match="All pictures are held out"):
        find(text.replace("0.5", "1.0"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ONE + "no_such_key = 1\n", r"datasets\.0\.subsets\.0\.no_such_key"),
        (ONE + "validation_split = 0.1\n", r"subsets\.0\.validation_split"),
        (ONE + "resolution = 512\n", r"subsets\.0\.resolution"),
        (ONE + "num_repeats = 'many'\n", r"subsets\.0\.num_repeats"),
        (ONE + "keep_tokens = -1\n", "keep_tokens"),
        (ONE + "resize_interpolation = 'magic'\n", "resize_interpolation"),
        (ONE + "color_aug = true\n", "cannot be cached"),
        (ONE + "random_crop = true\nconditioning_data_dir = 'm'\n", "random crops"),
        ("[[datasets]]\n[[datasets.subsets]]\nnum_repeats = 1\n", "no image_dir"),
        ("[[datasets]]\n", r"datasets\.0\.subsets"),
        ("x = 1\n", "datasets"),
        ("[[datasets\n", "not valid TOML"),
        (ONE + "[[datasets.subsets]]\nmetadata_file = 'm.json'\n", "mixes folders and metadata"),
        (ONE + "num_repeats = 0\n", "no pictures to train on"),
    ],
)
def test_what_cannot_be_trained_as_written_is_refused(find, text, words):
    with pytest.raises(BadInputError, match=words):
        find(text)


def test_a_missing_folder_or_file_and_another_ending_are_refused(find, root):
    with pytest.raises(MissingFileError):
        find(ONE.replace("10_hero", "nowhere"))
    with pytest.raises(BadInputError, match=r"ends in \.toml or \.json"):
        find(ONE, name="data.yaml")
    request = TrainRequest(dataset_config=str(root / "no.toml"), output_dir="out")
    with pytest.raises(MissingFileError):
        find_sources(request)


def test_keys_without_effect_are_told(find):
    kept = "custom_attributes = {diff_output_preservation = true, note = 'x'}\n"
    text = "[general]\nnetwork_multiplier = 0.5\n" + ONE + "cache_info = true\n" + kept
    names = ("network_multiplier", "cache_info", "note")
    told = [f"{name} in the dataset file has no effect." for name in names]
    found = find(text)
    assert [str(text) for text in found.problems[:3]] == told
    assert all(sample.way.held for sample in found.training)
