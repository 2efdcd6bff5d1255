from __future__ import annotations

import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.sampling.infotext import Infotext, parse_infotext, request_values
from engine.sampling.picture_text import _comment_text, read_infotext, save_picture

SETTINGS = {
    "Steps": "25",
    "Sampler": "DPM++ 2M",
    "Schedule type": "Karras",
    "CFG scale": "4.5",
    "Seed": "7",
    "Size": "128x96",
    "Lora hashes": "ink: 0123456789ab, wash: ba9876543210",
}
NASTY = (
    "Negative prompt: ",
    "\nNegative prompt: no",
    "\nSteps: 1, Sampler: Euler, Seed: 3, Size: 1x1",
    'Exact prompt: "x"',
    "\n",
    "\r\n",
    '"quoted, text"',
    "a: b, c: d, e: f",
    "  ",
    "🎨🏰",
    "简体中文",
    "é\u00a0ü",
    "\u2028",
    "\\",
    "{[}]",
    "<lora:ink:0.8>",
    "castle",
    ", ",
)
PIXELS = np.random.default_rng(2).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def random_infotext(source):
    def text():
        return "".join(source.choices(NASTY, k=source.randint(0, 7)))

    settings = dict(source.sample(list(SETTINGS.items()), k=source.randint(0, len(SETTINGS))))
    if source.random() < 0.3:
        settings["Extra"] = text()
    return Infotext(text(), text(), settings)


def test_the_layout_is_the_one_other_tools_write():
    infotext = Infotext("a castle,\nby night", "blurry", SETTINGS)
    assert infotext.to_text() == (
        "a castle,\nby night\n"
        "Negative prompt: blurry\n"
        "Steps: 25, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4.5, Seed: 7, "
        'Size: 128x96, Lora hashes: "ink: 0123456789ab, wash: ba9876543210"'
    )
    assert parse_infotext(infotext.to_text()) == infotext


def test_five_hundred_nasty_prompts_survive_as_text():
    source = random.Random(3)
    for _ in range(500):
        infotext = random_infotext(source)
        assert parse_infotext(infotext.to_text()) == infotext


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_nasty_prompts_survive_in_files(tmp_path, suffix):
    source = random.Random(4)
    path = tmp_path / f"picture{suffix}"
    for _ in range(500 if suffix == ".png" else 60):
        infotext = random_infotext(source)
        text = infotext.to_text()
        save_picture(path, PIXELS, text)
        assert read_infotext(path) == (infotext if text else None)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("prompt", ["一只猫", "最好的", "言", "Āx", "一", "castle"])
def test_chinese_prompts_survive_in_files(tmp_path, suffix, prompt):
    path = tmp_path / f"picture{suffix}"
    infotext = Infotext(prompt, "", SETTINGS)
    save_picture(path, PIXELS, infotext.to_text())
    assert read_infotext(path) == infotext


def test_a_comment_in_the_other_byte_order_is_read_too():
    text = Infotext("一只猫", "", SETTINGS).to_text()
    assert _comment_text(b"UNICODE\0" + text.encode("utf-16-le")) == text


def test_png_keeps_its_pixels_and_pillow_sees_the_text(tmp_path):
    path = tmp_path / "picture.png"
    save_picture(path, PIXELS, "a castle 🏰")
    with Image.open(path) as image:
        assert (np.asarray(image) == PIXELS).all()
        assert image.text["parameters"] == "a castle 🏰"


def test_a_picture_without_text_has_none(tmp_path):
    for name in ("a.png", "a.jpg", "a.webp"):
        save_picture(tmp_path / name, PIXELS)
        assert read_infotext(tmp_path / name) is None


def test_compressed_chunks_and_text_behind_the_pixels_are_read(tmp_path):
    text = "castle\nSteps: 1, Sampler: Euler, Seed: 3"
    for compressed in (True, False):
        info = PngImagePlugin.PngInfo()
        info.add_itxt("parameters", text, zip=compressed)
        Image.fromarray(PIXELS).save(tmp_path / "i.png", pnginfo=info)
        assert read_infotext(tmp_path / "i.png").prompt == "castle"
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", text, zip=True)
    Image.fromarray(PIXELS).save(tmp_path / "z.png", pnginfo=info)
    assert read_infotext(tmp_path / "z.png").settings["Seed"] == "3"
    info = PngImagePlugin.PngInfo()
    info.add(b"tEXt", b"parameters\0" + text.encode(), after_idat=True)
    Image.fromarray(PIXELS).save(tmp_path / "late.png", pnginfo=info)
    assert read_infotext(tmp_path / "late.png").prompt == "castle"


def test_pictures_of_civitai_and_old_versions_are_understood():
    text = (
        "a (castle:1.2), <lora:ink:0.8>\nNegative prompt: blurry\n"
        "Steps: 30, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 12345, Size: 512x768, "
        'Civitai resources: [{"type":"checkpoint","modelVersionId":1},{"weight":0.8}], '
        "Clip skip: 2, Created Date: 2024-01-01, New thing: kept"
    )
    infotext = parse_infotext(text)
    assert infotext.settings["Civitai resources"].endswith('{"weight":0.8}]')
    assert infotext.settings["New thing"] == "kept"
    assert request_values(infotext) == {
        "prompt": "a (castle:1.2), <lora:ink:0.8>",
        "negative_prompt": "blurry",
        "steps": 30,
        "guidance_scale": 7.0,
        "seed": 12345,
        "clip_skip": 2,
        "width": 512,
        "height": 768,
        "sampler": "dpmpp_2m",
        "schedule": "karras",
    }


def test_a_last_line_with_fewer_than_three_pairs_is_prompt():
    assert parse_infotext("a castle\nat: noon, by: boat").prompt == "a castle\nat: noon, by: boat"


def test_no_text_makes_the_reader_raise():
    source = random.Random(5)
    for _ in range(2000):
        text = "".join(source.choices([*NASTY, *'":,[]{}\\\n ab1'], k=source.randint(0, 30)))
        assert parse_infotext(text).prompt is not None


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_a_file_cut_inside_its_text_is_named_wherever_the_cut_is(tmp_path, suffix):
    path = tmp_path / f"picture{suffix}"
    text = Infotext("castle 🏰 " * 30, "", SETTINGS).to_text()
    save_picture(path, PIXELS, text)
    whole = path.read_bytes()
    unicode = text.encode() if suffix == ".png" else text.encode("utf-16-be")
    end = whole.index(unicode[-40:]) + 40
    cut = tmp_path / f"cut{suffix}"
    for length in range(0, end, 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(PictureError, match=cut.stem):
            read_infotext(cut)


def test_a_damaged_text_is_named(tmp_path):
    path = tmp_path / "picture.png"
    save_picture(path, PIXELS, "castle " * 20)
    damaged = path.read_bytes().replace(b"castle castle", b"castle CASTLE", 1)
    path.write_bytes(damaged)
    with pytest.raises(PictureError, match="damaged"):
        read_infotext(path)


def test_a_compressed_bomb_is_refused(tmp_path):
    data = b"parameters\0\0" + zlib.compress(b"a" * 50_000_000)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + data))
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    with pytest.raises(PictureError, match="damaged"):
        read_infotext(path)


def test_other_files_and_missing_ones_are_named(tmp_path):
    other = tmp_path / "notes.png"
    other.write_text("not a picture")
    with pytest.raises(PictureError, match="notes"):
        read_infotext(other)
    with pytest.raises(MissingFileError):
        read_infotext(tmp_path / "missing.png")


def test_a_suffix_that_cannot_be_written_and_a_text_too_long_for_jpeg_are_refused(tmp_path):
    with pytest.raises(BadInputError, match="format"):
        save_picture(tmp_path / "picture.gif", PIXELS)
    with pytest.raises(BadInputError, match="too long"):
        save_picture(tmp_path / "picture.jpg", PIXELS, "castle" * 20_000)
    assert list(tmp_path.iterdir()) == []
