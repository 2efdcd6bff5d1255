from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.runtime.errors import BadInputError
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis, AxisError, axis_settings, read_values
from engine.validation.labels import value_labels
from engine.validation.sides import Sides, arranged


def test_every_setting_that_changes_a_picture_can_be_an_axis() -> None:
    names = {item.name for item in axis_settings()}
    unseen = {"loras", "count", "batch_size", "output_dir", "file_name", "file_format"}
    unseen |= {"wildcards", "lora_folders"}
    assert set(ImageRequest.model_fields) - unseen <= names
    assert {"checkpoint", "weight", "unet_weight", "text_encoder_weight", "second_checkpoint",
            "second_weight", "trigger", "replace", "size"} <= names  # fmt: skip
    assert not unseen & names
    assert [item.name for item in axis_settings()][:4] == ["checkpoint", "weight", "prompt", "seed"]
    assert all(item.label and item.help for item in axis_settings())


@pytest.mark.parametrize(
    ("setting", "text", "values"),
    [
        ("weight", "0, 0.5 … 1", (0.0, 0.5, 1.0)),
        ("weight", "0-1 [5]", (0, 0.25, 0.5, 0.75, 1)),
        ("seed", "1-10 (+2)", (1, 3, 5, 7, 9)),
        ("steps", "10-0 (-3), 2", (10, 7, 4, 1, 2)),
        ("sampler", "DPM++ 2M, euler a, ddim", ("dpmpp_2m", "euler_a", "ddim")),
        ("schedule", "Karras", ("karras",)),
        ("size", "512x768, 640 × 640", ("512x768", "640x640")),
        ("trigger", "on, off", (True, False)),
        ("trigger", "with, without, yes", (True, False)),
        ("prompt", "a castle, flat\n\nan apple", ("a castle, flat", "an apple")),
        ("replace", 'apple, pear, "plum, ripe"', (("apple", "apple"), ("apple", "pear"),
                                                 ("apple", "plum, ripe"))),
        ("checkpoint", '"/a, b.safetensors", /c.safetensors', ("/a, b.safetensors",
                                                              "/c.safetensors")),
        ("clip_skip", "1 … 3", (1, 2, 3)),
        ("seed", "1, 1, 2", (1, 2)),
    ],
)  # fmt: skip
def test_values_are_read_as_they_are_typed(setting: str, text: str, values: tuple) -> None:
    assert read_values(setting, text) == values
    assert Axis(setting=setting, values=values).values == values


@pytest.mark.parametrize(
    ("setting", "text", "sentence"),
    [
        ("weight", "a", "LoRA weight: a is not a list of numbers"),
        ("weight", "11", "LoRA weight: .*10"),
        ("steps", "0", "Steps: .*1"),
        ("steps", "1.5", "Steps: 1.5 is not a whole number"),
        ("seed", "-1", "Seed: .*0"),
        ("sampler", "heun", "Sampler: .*euler_a"),
        ("size", "512", "Size: 512 is not a size"),
        ("size", "511x512", "Size: .*multiple of 8"),
        ("trigger", "perhaps", "Trigger word: .*on, off"),
        ("prompt", "  \n", "Prompt: .*at least one"),
        ("replace", "", "Replace in prompt: .*at least one"),
        ("strength", "1, 2 … 1000000", "Strength: .*1000"),
    ],
)
def test_what_an_axis_cannot_take_names_the_axis(setting: str, text: str, sentence: str) -> None:
    with pytest.raises(AxisError, match=sentence) as caught:
        read_values(setting, text)
    assert caught.value.setting == setting


@pytest.mark.parametrize(
    ("setting", "values", "sentence"),
    [
        ("weight", (True,), "Write a number"),
        ("weight", (float("nan"),), "LoRA weight: "),
        ("weight", 1, "Must be a list"),
        ("weight", {"a": 1}, "Must be a list"),
        ("prompt", (), "at least one value"),
        ("prompt", (True,), "Write a text"),
        ("prompt", (["a"],), "Write a text"),
        ("replace", (5,), "Name the text"),
        ("replace", ("ab",), "Name the text"),
        ("replace", (["a", 1],), "Name the text"),
        ("replace", (["", "a"],), "is empty"),
        ("size", (None,), "not a size"),
        ("sampler", (5,), "Choose one"),
    ],
)
def test_values_of_other_types_are_one_sentence(
    setting: str, values: object, sentence: str
) -> None:
    with pytest.raises(AxisError, match=sentence):
        Axis.model_validate({"setting": setting, "values": values})


def test_a_value_of_a_file_pasted_by_mistake_is_one_sentence() -> None:
    with pytest.raises(AxisError, match="LoRA file: A value of this list is too long"):
        read_values("checkpoint", "x" * 200_000)


def test_lists_of_names_are_typed_with_full_width_commas_too() -> None:
    assert read_values("trigger", "开，关") == (True, False)
    assert read_values("size", "64×64、128x64") == ("64x64", "128x64")
    assert read_values("sampler", "DDIM；UniPC") == ("ddim", "unipc")


def test_a_setting_that_changes_no_picture_is_no_axis() -> None:
    with pytest.raises(BadInputError, match="output_dir cannot be an axis"):
        Axis(setting="output_dir", values=("a",))


def test_a_sentence_is_translated_with_the_axis_in_it() -> None:
    words = {"LoRA weight": "权重", "{text} is not a list of numbers.": "{text} 不是数字列表。"}

    def translate(key: str, **facts: str) -> str:
        return words.get(key, key).format_map(facts)

    with pytest.raises(AxisError) as caught:
        read_values("weight", "x")
    facts = caught.value.facts_in(translate)
    assert caught.value.sentence.format_map(facts) == "权重: x 不是数字列表。"


def test_a_folder_of_sketches_stands_for_its_pictures(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "older.png").mkdir()
    found = read_values("init_image", f'"{tmp_path}", /other.png')
    assert found == (str(tmp_path / "a.jpg"), str(tmp_path / "b.png"), "/other.png")


def test_a_folder_without_pictures_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(AxisError, match=r"^Start picture: There are no pictures in .*\. Choose"):
        read_values("init_image", str(tmp_path))


def test_of_what_is_too_long_only_the_beginning_is_told() -> None:
    long = "x" * 3000
    assert read_values("init_image", long) == (long,)  # no file can be called so; looking tells it
    for setting, text in (("weight", long), ("size", long), (long, "1"), ("weight", "1\n" + long)):
        with pytest.raises(BadInputError) as caught:
            read_values(setting, text)
        assert "xxx…" in str(caught.value)
        assert len(str(caught.value)) < 1000


def test_minus_zero_is_zero() -> None:
    (value,) = Axis(setting="weight", values=(-0.0,)).values
    assert str(value) == "0.0"


def test_labels_are_short() -> None:
    files = Axis(
        setting="checkpoint", values=("", "/r/style-000002.safetensors", "/r/style-000010.st")
    )
    assert value_labels(files) == ["base", "000002", "000010"]
    assert value_labels(Axis(setting="weight", values=(0.0, 0.75, 1.0))) == ["0", "0.75", "1"]
    assert value_labels(Axis(setting="trigger", values=(True, False))) == ["on", "off"]
    assert value_labels(Axis(setting="replace", values=(("a", "a"), ("a", "")))) == ["a", "none"]


def axes(**counts: int) -> list[Axis]:
    made = {"checkpoint": str, "weight": float, "prompt": str, "seed": int, "steps": int,
            "model": str, "guidance_scale": float, "clip_skip": int}  # fmt: skip
    return [
        Axis(setting=name, values=tuple(made[name](number + 1) for number in range(count)))
        for name, count in counts.items()
    ]


def test_the_usual_axes_have_their_usual_sides() -> None:
    usual = arranged(axes(checkpoint=3, weight=2, prompt=2, seed=4), Sides())
    assert usual == Sides(y="checkpoint", x="weight", group_x="prompt", pages=("seed",))
    assert arranged(axes(seed=4, steps=3), Sides()) == Sides(x="steps", y="seed")
    assert arranged(axes(model=2, checkpoint=1), Sides()).y == "model"
    more = arranged(axes(checkpoint=2, weight=2, prompt=2, steps=2, guidance_scale=2), Sides())
    assert (more.group_y, more.pages) == ("steps", ("guidance_scale",))


def test_sides_that_were_chosen_stay() -> None:
    found = arranged(axes(checkpoint=3, weight=2, seed=4), Sides(x="seed", pages=("checkpoint",)))
    assert found == Sides(x="seed", y="weight", pages=("checkpoint",))
