"""Every picture comes in through one door, and nothing that comes to it can break it."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin, features

from engine.imaging.decode import encode_png, load_rgba, read_header, read_size
from engine.runtime.errors import MissingFileError, PictureError

RED, GREEN, BLUE, WHITE = (230, 20, 30), (10, 200, 40), (20, 40, 220), (250, 250, 250)


def _quarters(mode="RGB", size=(24, 16)):
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = Image.new("RGB", size)
    width, height = size[0] // 2, size[1] // 2
    for color, place in zip(
        (RED, GREEN, BLUE, WHITE), ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True
    ):
        box = (place[0] * width, place[1] * height)
        image.paste(color, (*box, box[0] + width, box[1] + height))
    return image.convert(mode)


def _near(pixel, color, within=12):
    return np.abs(pixel[:3].astype(int) - np.array(color)).max() <= within


FORMATS = ["png", "jpeg", "webp", "bmp", "tiff", "gif"] + (
    ["avif"] if features.check("avif") else []
)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_read_in_its_colors(tmp_path, suffix):
    path = tmp_path / f"art.{suffix}"
    _quarters().save(path, **({"quality": 95} if suffix in ("jpeg", "webp", "avif") else {}))
    rgba = load_rgba(path)
    assert rgba.shape == (16, 24, 4)
    assert rgba.dtype == np.uint8
    assert (rgba[..., 3] == 255).all()
    for (y, x), color in {(3, 3): RED, (3, 20): GREEN, (12, 3): BLUE, (12, 20): WHITE}.items():
        assert _near(rgba[y, x], color, 25)
    assert read_size(path) == (24, 16)


@pytest.mark.parametrize("suffix", ["png", "webp", "tiff"])
def test_alpha_is_kept_exactly(tmp_path, suffix):
    rgba = np.zeros((8, 9, 4), np.uint8)
    rgba[..., :3] = (90, 160, 30)
    rgba[..., 3] = np.arange(72, dtype=np.uint8).reshape(8, 9) * 3
    path = tmp_path / f"soft.{suffix}"
    Image.fromarray(rgba).save(path, **({"lossless": True} if suffix == "webp" else {}))
    loaded = load_rgba(path)
    assert (loaded[..., 3] == rgba[..., 3]).all()
    assert (loaded[rgba[..., 3] > 0] == rgba[rgba[..., 3] > 0]).all()
    assert read_header(path).may_have_alpha


def test_a_palette_picture_keeps_its_transparent_entries(tmp_path):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    image.putpixel((2, 0), 2)
    image.save(tmp_path / "p.png", transparency=bytes([0, 128]))
    rgba = load_rgba(tmp_path / "p.png")
    assert rgba[0, 0].tolist() == [255, 0, 0, 0]
    assert rgba[0, 1].tolist() == [0, 255, 0, 128]
    assert rgba[0, 2].tolist() == [0, 0, 255, 255]


def test_one_color_named_transparent_becomes_transparent(tmp_path):
    _quarters().save(tmp_path / "key.png", transparency=RED)
    rgba = load_rgba(tmp_path / "key.png")
    assert rgba[2, 2, 3] == 0
    assert rgba[2, 20, 3] == 255


def test_a_camera_file_of_several_pictures_gives_the_first(tmp_path):
    frames = [Image.new("RGB", (6, 6), color) for color in (RED, GREEN)]
    frames[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=frames[1:], quality=95)
    assert _near(load_rgba(tmp_path / "a.jpg")[3, 3], RED)


def test_only_the_first_frame_of_an_animation_is_read(tmp_path):
    frames = [Image.new("RGB", (6, 6), color) for color in (RED, GREEN)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=50)
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert _near(load_rgba(tmp_path / "a.gif")[3, 3], RED)
    assert _near(load_rgba(tmp_path / "a.webp")[3, 3], RED)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_of_grey_are_scaled_not_cut(tmp_path, suffix):
    values = np.array([[0, 257, 32896, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / f"deep.{suffix}")
    assert load_rgba(tmp_path / f"deep.{suffix}")[0, :, 0].tolist() == [0, 1, 128, 255]


def test_sixteen_bits_of_color_and_alpha_are_read(tmp_path):
    rows = b"".join(
        b"\0" + struct.pack(">8H", 65535, 0, 32896, 65535, 0, 65535, 257, 0) for _ in range(2)
    )
    _raw_png(tmp_path / "deep.png", (2, 2), 16, 6, rows)
    assert load_rgba(tmp_path / "deep.png")[1].tolist() == [[255, 0, 128, 255], [0, 255, 1, 0]]


def test_cmyk_and_grey_with_alpha_become_rgb(tmp_path):
    Image.new("CMYK", (5, 5), (0, 255, 255, 0)).save(tmp_path / "ink.jpg", quality=95)
    assert _near(load_rgba(tmp_path / "ink.jpg")[2, 2], (255, 0, 0), 20)
    Image.new("LA", (5, 5), (77, 140)).save(tmp_path / "la.png")
    assert load_rgba(tmp_path / "la.png")[2, 2].tolist() == [77, 77, 77, 140]


def test_floating_point_grey_is_read(tmp_path):
    Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)).save(tmp_path / "f.tiff")
    assert load_rgba(tmp_path / "f.tiff")[0, :, 0].tolist() == [0, 128, 255]


TURNED = [suffix for suffix in FORMATS if suffix not in ("bmp", "gif")]


@pytest.mark.parametrize("suffix", TURNED)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_stands_as_its_exif_says(tmp_path, suffix, orientation):
    upright = _quarters()
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{suffix}"
    stored.save(path, exif=exif, **({} if suffix in ("png", "tiff") else {"quality": 95}))
    rgba = load_rgba(path)
    assert rgba.shape[:2] == (16, 24)
    assert _near(rgba[3, 3], RED, 25)
    assert _near(rgba[3, 20], GREEN, 25)
    assert _near(rgba[12, 3], BLUE, 25)
    assert read_size(path) == (24, 16)


def test_broken_exif_does_not_cost_the_picture(tmp_path):
    _quarters().save(tmp_path / "x.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense", quality=95)
    assert load_rgba(tmp_path / "x.jpg").shape == (16, 24, 4)


def test_a_color_profile_is_applied(tmp_path):
    swapped = _swapped_profile()
    _quarters("RGBA").save(tmp_path / "wide.png", icc_profile=swapped)
    rgba = load_rgba(tmp_path / "wide.png")
    assert _near(rgba[2, 2], (RED[1], RED[0], RED[2]), 45)
    assert not _near(rgba[2, 2], RED, 45)
    assert (rgba[..., 3] == 255).all()


def test_the_standard_profile_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    _quarters().save(tmp_path / "s.png", icc_profile=profile)
    assert np.abs(load_rgba(tmp_path / "s.png")[2, 2, :3].astype(int) - RED).max() <= 1


@pytest.mark.parametrize("profile", [b"not a profile", b"\0" * 200])
def test_a_broken_color_profile_leaves_the_colors_alone(tmp_path, profile):
    _quarters().save(tmp_path / "b.png", icc_profile=profile)
    assert load_rgba(tmp_path / "b.png")[2, 2, :3].tolist() == list(RED)


def test_a_profile_for_another_kind_of_color_leaves_the_colors_alone(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    _quarters().save(tmp_path / "lab.png", icc_profile=lab)
    assert load_rgba(tmp_path / "lab.png")[2, 2, :3].tolist() == list(RED)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif"])
def test_the_content_counts_and_not_the_suffix(tmp_path, suffix):
    path = tmp_path / f"really_webp.{suffix}"
    _quarters().save(path, "WEBP", lossless=True)
    assert load_rgba(path)[2, 2, :3].tolist() == list(RED)
    assert read_header(path).format == "WEBP"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_a_named_error(tmp_path, suffix, part):
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, suffix)
    data = buffer.getvalue()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(PictureError, match=r"cut\."):
        load_rgba(path)


def test_a_truncated_photo_is_said_to_end_early(tmp_path):
    buffer = io.BytesIO()
    _quarters(size=(200, 200)).save(buffer, "JPEG")
    (tmp_path / "half.jpg").write_bytes(buffer.getvalue()[:1500])
    with pytest.raises(PictureError, match=r"half\.jpg ends early\. Copy it again"):
        load_rgba(tmp_path / "half.jpg")


def test_random_bytes_under_every_magic_number_never_crash(tmp_path):
    rng = np.random.default_rng(7)
    heads = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0", b"RIFF\x40\0\0\0WEBPVP8 ",
             b"BM", b"II*\0\x08\0\0\0", b"MM\0*", b"GIF89a", b"\0\0\0\x20ftypavif"]  # fmt: skip
    for number in range(160):
        path = tmp_path / f"{number}.png"
        body = rng.integers(0, 256, 300, np.uint8).tobytes()
        path.write_bytes(heads[number % len(heads)] + body)
        with pytest.raises(PictureError):
            load_rgba(path)


def test_flipped_bytes_in_good_files_never_crash(tmp_path):
    rng = np.random.default_rng(3)
    for suffix in FORMATS:
        buffer = io.BytesIO()
        _quarters(size=(40, 40)).save(buffer, suffix)
        for number in range(40):
            data = bytearray(buffer.getvalue())
            for place in rng.integers(0, len(data), 6):
                data[place] = rng.integers(0, 256)
            path = tmp_path / f"{number}.{suffix}"
            path.write_bytes(data)
            with contextlib.suppress(PictureError):
                assert load_rgba(path).shape[2] == 4


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "bomb.png"
    _raw_png(path, (60_000, 60_000), 8, 2, b"\0" * 1000)
    with pytest.raises(PictureError, match="too large to be opened"):
        load_rgba(path)
    with pytest.raises(PictureError, match="too large"):
        read_size(path)


def test_a_picture_above_the_given_limit_is_refused_with_its_size(tmp_path):
    _quarters().save(tmp_path / "big.png")
    with pytest.raises(PictureError, match="24×16 pixels, too large"):
        load_rgba(tmp_path / "big.png", max_pixels=100)


def test_a_text_that_unpacks_without_end_is_refused(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("comment", "0" * (1 << 26), zip=True)
    _quarters().save(tmp_path / "text.png", pnginfo=info)
    with pytest.raises(PictureError):
        load_rgba(tmp_path / "text.png")


def test_zero_bytes_a_folder_and_a_text_each_get_their_own_sentence(tmp_path):
    (tmp_path / "zero.png").touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_text("hello, this is no picture at all")
    (tmp_path / "notes.md").write_text("hello, this is no picture at all")
    with pytest.raises(PictureError, match=r"zero\.png is empty \(0 bytes\)"):
        load_rgba(tmp_path / "zero.png")
    with pytest.raises(PictureError, match=r"folder\.png is a folder"):
        load_rgba(tmp_path / "folder.png")
    with pytest.raises(PictureError, match=r"not a picture although its name ends in \.png"):
        load_rgba(tmp_path / "text.png")
    with pytest.raises(PictureError, match=r"notes\.md is not a picture this application can read"):
        load_rgba(tmp_path / "notes.md")


def test_what_is_not_there_or_cannot_be_read_is_a_named_error(tmp_path, monkeypatch):
    with pytest.raises(MissingFileError, match="does not exist"):
        load_rgba(tmp_path / "none.png")
    with pytest.raises(MissingFileError, match="cannot be read"):
        load_rgba("a\0b.png")
    with pytest.raises(MissingFileError, match="cannot be read"):
        load_rgba(tmp_path / ("x" * 300 + ".png"))
    path = tmp_path / "locked.png"
    _quarters().save(path)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(MissingFileError, match="access is denied"):
        load_rgba(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes in folders")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PictureError, match="not a regular file"):
        load_rgba(tmp_path / "pipe.png")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_is_encoded_is_decoded_again(tmp_path, channels):
    shape = (5, 7) if channels == 1 else (5, 7, channels)
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    (tmp_path / "a.png").write_bytes(encode_png(array))
    loaded = load_rgba(tmp_path / "a.png")
    expected = np.repeat(array[..., None], 3, 2) if channels == 1 else array[..., :3]
    assert (loaded[..., :3] == expected).all()


def _raw_png(path, size, depth, kind, rows):
    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )  # fmt: skip


def _swapped_profile():
    """An sRGB profile whose red and green primaries have changed places."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", data[128:132])[0]
    for index in range(count):
        place = 132 + 12 * index
        name = bytes(data[place : place + 4])
        if name in (b"rXYZ", b"gXYZ"):
            data[place : place + 4] = b"gXYZ" if name == b"rXYZ" else b"rXYZ"
    return bytes(data)
