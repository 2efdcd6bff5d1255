from __future__ import annotations

import pytest

from engine.runtime.errors import BadInputError
from engine.runtime.job import request_from_record
from engine.sampling.request import ImageRequest, LoraUse
from engine.validation.axes import Axis, AxisError
from engine.validation.replace import replaced
from engine.validation.request import GridRequest, four_axes
from engine.validation.resolve import check_texts
from engine.validation.sides import Sides
from engine.validation.trigger import with_trigger, without_trigger


def grid(image: ImageRequest | None = None, trigger: str = "", **values: object) -> GridRequest:
    axes = tuple(Axis.model_validate({"setting": k, "values": v}) for k, v in values.items())
    return GridRequest(folder="g", image=image or ImageRequest(), axes=axes, trigger=trigger)


def images(request: GridRequest) -> list[ImageRequest]:
    return [request.image_at(position) for position in request.positions()]


def test_the_names_of_the_four_axes_that_there_were_first_are_still_read() -> None:
    former = GridRequest.model_validate(
        {"folder": "g", "checkpoints": ["", "a"], "weights": "0, 0.5 … 1", "seeds": "1 … 2",
         "prompts": ["red apple"]}
    )  # fmt: skip
    assert former.axes == four_axes(("", "a"), (0, 0.5, 1), (1, 2), ("red apple",))
    assert request_from_record(former.to_record()) == former
    assert (former.checkpoints, former.weights) == (("", "a"), (0, 0.5, 1))
    assert (former.seeds, former.prompts, former.count) == ((1, 2), ("red apple",), 12)


def test_axes_may_be_a_table() -> None:
    table = {"weight": "0, 0.5 … 1", "seed": [1, 2]}
    asked = GridRequest.model_validate({"folder": "g", "prompts": ["a"], "axes": table})
    assert [axis.setting for axis in asked.axes] == ["prompt", "weight", "seed"]
    assert asked.count == 6
    assert GridRequest.model_validate({"folder": "g", "axes": {}}).count == 1


def test_any_setting_of_a_picture_varies() -> None:
    asked = grid(steps=(4, 8), sampler=("euler", "ddim"), size=("64x128", "128x64"))
    found = [(i.steps, i.sampler, i.width, i.height) for i in images(asked)]
    assert found[0] == (4, "euler", 64, 128)
    assert found[-1] == (8, "ddim", 128, 64)
    assert len(set(found)) == asked.count == asked.distinct() == 8


def test_weights_are_tied_or_apart_and_two_loras_act_together() -> None:
    (tied,) = images(grid(checkpoint=("a",), weight=(0.5,)))
    assert tied.loras == (LoraUse(path="a", weight=0.5),)
    apart = images(grid(checkpoint=("a",), unet_weight=(1, 0), text_encoder_weight=(0, 0.5)))
    weights = [[(use.weight, use.text) for use in image.loras] for image in apart]
    assert weights == [[(1, 0)], [(1, 0.5)], [], [(0, 0.5)]]
    both = images(grid(checkpoint=("a", ""), weight=(1,), second_checkpoint=("b",),
                       second_weight=(0.3, 0)))  # fmt: skip
    assert [[use.path for use in image.loras] for image in both] == [["a", "b"], ["a"], ["b"], []]


def test_weight_zero_leaves_every_lora_out_and_is_one_picture() -> None:
    image = ImageRequest(loras=(LoraUse(path="style", weight=0),))
    asked = grid(image, checkpoint=("", "a", "b"), weight=(0, 1), seed=(1, 2))
    assert asked.distinct() == (1 + 2) * 2
    assert [position.uses_lora for position in asked.positions()][::2] == [
        False, False, False, True, False, True
    ]  # fmt: skip
    assert images(asked)[0].loras == ()


def test_the_trigger_word_is_put_in_front_and_taken_out() -> None:
    asked = grid(trigger="pxl", prompt=("a castle", "pxl, an apple"))
    asked = asked.with_values("trigger", (True, False))
    texts = [image.prompt for image in images(asked)]
    assert texts == ["pxl, a castle", "a castle", "pxl, an apple", "an apple"]
    assert without_trigger("a PXL castle, pxl", "pxl") == "a castle"
    assert with_trigger("pxlated", "pxl") == "pxl, pxlated"
    assert with_trigger("", "pxl") == "pxl"


def test_replaced_texts_never_hide_each_other() -> None:
    pairs = [("red", "blue"), ("blue", "red")]
    assert replaced("a red cat, a blue dog", pairs) == "a blue cat, a red dog"
    assert replaced("red apple", [("red apple", "plum"), ("apple", "pear")]) == "plum"
    assert replaced("red apple", [("red apple", "red apple"), ("apple", "pear")]) == "red pear"
    image = ImageRequest(prompt="red cat", negative_prompt="red dog")
    asked = grid(image, replace=[("red", "red"), ("red", "blue")], second_replace=[("red", "x")])
    assert [(i.prompt, i.negative_prompt) for i in images(asked)] == [
        ("x cat", "x dog"), ("blue cat", "blue dog")
    ]  # fmt: skip


def test_a_text_that_is_nowhere_is_refused() -> None:
    image = ImageRequest(prompt="castle", negative_prompt="text")
    check_texts(grid(image, replace=[("text", "words")]))
    check_texts(grid(image, prompt=("castle", "red apple"), replace=[("apple", "pear")]))
    with pytest.raises(AxisError, match="Replace in prompt: apple is in no prompt"):
        check_texts(grid(image, replace=[("apple", "pear")]))
    with pytest.raises(AxisError, match="Trigger word: No trigger word"):
        check_texts(grid(image).with_values("trigger", (True, False)))


def test_a_million_cells_are_refused_before_any_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GridRequest, "positions", None)
    with pytest.raises(BadInputError, match=r"1,000,000 cells are more than the 50,000"):
        grid(seed="1 … 1000", steps="1 … 100", weight="0-1 [10]")


def test_positions_are_keys_that_events_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = grid(checkpoint=("", "a"), weight=(0.5, 1), replace=[("a", "a"), ("a", "b")])
    places = asked.positions()
    assert len(set(places)) == 8
    as_json = [[list(v) if isinstance(v, tuple) else v for v in at.place] for at in places]
    again = [asked.position(place) for place in as_json]
    assert again == places
    assert [(at.checkpoint, at.weight, at.uses_lora) for at in again] == [
        (at.checkpoint, at.weight, at.uses_lora) for at in places
    ]


def test_values_are_exchanged_added_and_left_out() -> None:
    asked = grid(weight=(1,), seed=(1, 2)).with_values("weight", "0, 0.5 … 1")
    assert [axis.setting for axis in asked.axes] == ["weight", "seed"]
    assert asked.weights == (0, 0.5, 1)
    more = asked.with_values("steps", (4, 8))
    assert more.values("steps") == (4, 8)
    assert asked.values("steps") == (ImageRequest().steps,)
    shown = more.model_copy(update={"shown": Sides(x="steps", y="weight")})
    fewer = shown.with_values("steps", ())
    assert [axis.setting for axis in fewer.axes] == ["weight", "seed"]
    assert fewer.sides() == Sides(y="weight", x="seed")
    with pytest.raises(AxisError, match="Steps"):
        asked.with_values("steps", (0,))


def test_axes_and_sides_that_contradict_themselves_are_refused() -> None:
    axis = Axis(setting="seed", values=(1,))
    with pytest.raises(AxisError, match="Seed: There are two"):
        GridRequest(folder="g", axes=(axis, axis))
    for sides in (Sides(x="steps"), Sides(x="seed", y="seed")):
        with pytest.raises(AxisError, match="no axis, or has two"):
            GridRequest(folder="g", axes=(axis,), shown=sides)
