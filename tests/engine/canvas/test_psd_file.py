from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageCms
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, ColorMode, Compression, Resource, Tag
from psd_tools.psd import PSD
from psd_tools.psd.color_mode_data import ColorModeData
from psd_tools.psd.descriptor import Descriptor, DescriptorBlock, Double
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.image_resources import ImageResource
from psd_tools.psd.layer_and_mask import ChannelData, ChannelInfo, MaskFlags, MaskParameters
from psd_tools.psd.tagged_blocks import TaggedBlock

from engine.canvas import psd_file
from engine.canvas.blending import MODES
from engine.canvas.document import Document
from engine.canvas.layer import Group, Mask, layer_of
from engine.canvas.psd_file import save_psd
from engine.canvas.psd_reading import load_psd
from engine.canvas.rect import Rect
from engine.canvas.selection import ellipse
from engine.imaging.srgb import is_srgb
from engine.runtime.errors import BadInputError, MissingFileError, PictureError, StylekilnError
from tests.engine.canvas.pictures import SIZE, difference, facts, noise, rich


def told(notes) -> list[str]:
    return [str(note) for note in notes]


# Out


@pytest.mark.parametrize("suffix", [".psd", ".psb"])
def test_what_comes_back_is_what_went_out(tmp_path: Path, suffix: str) -> None:
    document, path = rich(), tmp_path / f"a{suffix}"
    assert save_psd(document, path) == ()
    opened = load_psd(path)
    assert opened.notes == ()
    back = opened.document
    assert [facts(node) for node in back.nodes()] == [facts(node) for node in document.nodes()]
    for one, other in zip(document.layers, back.layers, strict=True):
        np.testing.assert_array_equal(one.pixels(one.bounds), other.pixels(one.bounds))
    for one, other in zip(document.nodes(), back.nodes(), strict=True):
        assert (one.mask is None) == (other.mask is None)
        if one.mask is not None and other.mask is not None:
            assert one.mask.enabled == other.mask.enabled
            read = [m.tiles.read(document.bounds.moved(-m.x, -m.y)) for m in (one.mask, other.mask)]
            np.testing.assert_array_equal(*read)
    assert difference(back.composite(), document.composite()) <= 1


def test_psd_tools_reads_names_groups_modes_masks_and_offsets(tmp_path: Path) -> None:
    save_psd(rich(), tmp_path / "a.psd")
    image = PSDImage.open(tmp_path / "a.psd")
    assert image.size == SIZE
    assert [layer.name for layer in image.descendants()] == [
        "Paper", "Outer", "Inner 内", "墨 ink", "Light", "Hidden", "Shade", "Empty", "Mask off",
    ]  # fmt: skip
    ink, light = image.find("墨 ink"), image.find("Light")
    assert (ink.left, ink.top, ink.opacity) == (20, 30, 89)
    assert ink.blend_mode == BlendMode.MULTIPLY
    assert ink.mask.bbox == (35, 37, 95, 77)
    assert light.clipping
    assert image.find("Outer").blend_mode == BlendMode.PASS_THROUGH
    assert image.find("Inner 内").blend_mode == BlendMode.NORMAL
    assert not image.find("Hidden").visible
    assert image.find("Mask off").mask.disabled
    assert is_srgb(image.image_resources.get_data(Resource.ICC_PROFILE))


def test_the_merged_picture_is_ours_with_and_without_transparency(tmp_path: Path) -> None:
    for opaque in (True, False):
        document = Document(*SIZE, [layer_of("a", noise(*SIZE, 1, opaque=opaque))])
        save_psd(document, tmp_path / "a.psd")
        shown = PSDImage.open(tmp_path / "a.psd").topil()
        assert shown.mode == ("RGB" if opaque else "RGBA")
        assert difference(np.asarray(shown.convert("RGBA")), document.composite()) <= 2


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_comes_back(tmp_path: Path, mode: str) -> None:
    upper = layer_of("upper", noise(*SIZE, 2), mode=mode)
    document = Document(*SIZE, [layer_of("lower", noise(*SIZE, 1)), upper])
    save_psd(document, tmp_path / "a.psd")
    back = load_psd(tmp_path / "a.psd").document
    assert back.layers[1].mode == mode
    assert difference(back.composite(), document.composite()) == 0


def test_a_file_with_hundreds_of_layers(tmp_path: Path) -> None:
    layers = [layer_of(f"Layer {n}", noise(10, 10, n), n, n) for n in range(400)]
    save_psd(Document(512, 512, layers), tmp_path / "a.psd")
    back = load_psd(tmp_path / "a.psd").document
    assert [layer.name for layer in back.layers] == [layer.name for layer in layers]
    assert back.layers[399].bounds == layers[399].bounds


def test_what_is_too_large_for_a_psd_says_so_and_goes_into_a_psb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psd_file, "_LARGEST_PSD", 1000)
    with pytest.raises(BadInputError, match="PSB"):
        save_psd(rich(), tmp_path / "a.psd")
    assert list(tmp_path.iterdir()) == []
    save_psd(rich(), tmp_path / "a.psb")
    assert PSDImage.open(tmp_path / "a.psb")._record.header.version == 2


def test_a_group_that_others_are_clipped_to_is_written_as_one_that_does_not_pass(
    tmp_path: Path,
) -> None:
    group = Group(name="base", children=[layer_of("in", noise(50, 50, 1), mode="multiply")])
    above = layer_of("above", noise(100, 100, 2), clipping=True)
    document = Document(100, 100, [layer_of("paper", noise(100, 100, 3)), group, above])
    save_psd(document, tmp_path / "a.psd")
    assert PSDImage.open(tmp_path / "a.psd").find("base").blend_mode == BlendMode.NORMAL
    back = load_psd(tmp_path / "a.psd").document
    assert difference(back.composite(), document.composite()) == 0


# In: what other programs write


def made(mode: str, size: tuple[int, int] = (60, 40), **values) -> PSDImage:
    return PSDImage.new(mode, size, **values)


def open_made(image: PSDImage, tmp_path: Path):
    image.save(tmp_path / "made.psd")
    return load_psd(tmp_path / "made.psd")


def picture(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    return Image.fromarray(noise(*size, 7, opaque=True)).convert(mode)


def test_text_and_smart_objects_are_pixels_and_adjustments_are_left_out(tmp_path: Path) -> None:
    image = made("RGB")
    for name, tag in (("words", Tag.TYPE_TOOL_INFO), ("placed", Tag.PLACED_LAYER1)):
        layer = image.create_pixel_layer(picture(), name=name)
        layer._record.tagged_blocks[tag] = TaggedBlock(key=tag, data=b"\0" * 8)
    curves = image.create_pixel_layer(picture(), name="invert")
    curves._record.tagged_blocks.set_data(Tag.INVERT)
    glow = image.create_pixel_layer(picture(), name="glow")
    glow._record.tagged_blocks[Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V1] = TaggedBlock(
        key=Tag.OBJECT_BASED_EFFECTS_LAYER_INFO_V1, data=b"\0" * 8
    )
    opened = open_made(image, tmp_path)
    assert [layer.name for layer in opened.document.layers] == ["words", "placed", "glow"]
    assert told(opened.notes) == [
        "Text and smart objects became pixels: words, placed.",
        "Adjustment layers were left out: invert.",
        "Layer effects are not shown: glow.",
    ]
    shown = opened.document.layers[0].pixels(opened.document.bounds)
    np.testing.assert_array_equal(shown[..., :3], np.asarray(picture()))


def test_unknown_modes_are_normal_and_told_and_fill_opacity_counts(tmp_path: Path) -> None:
    image = made("RGB")
    layer = image.create_pixel_layer(picture(), name="a")
    layer.blend_mode = BlendMode.VIVID_LIGHT
    layer.opacity = 128
    layer.fill_opacity = 128
    opened = open_made(image, tmp_path)
    assert told(opened.notes) == ["Vivid light became Normal: a."]
    assert opened.document.layers[0].mode == "normal"
    assert opened.document.layers[0].opacity == pytest.approx((128 / 255) ** 2)


def test_what_was_clipped_to_a_layer_that_is_left_out_is_not_clipped_to_another(
    tmp_path: Path,
) -> None:
    image = made("RGB")
    image.create_pixel_layer(picture(), name="paper")
    gone = image.create_pixel_layer(picture(), name="gone")
    gone._record.tagged_blocks.set_data(Tag.INVERT)
    image.create_pixel_layer(picture(), name="above").clipping = True
    opened = open_made(image, tmp_path)
    assert [(one.name, one.clipping) for one in opened.document.layers] == [
        ("paper", False),
        ("above", False),
    ]


def test_fills_of_one_color_are_filled_and_shapes_are_left_out(tmp_path: Path) -> None:
    image = made("RGB")
    for name, key in (("sky", b"Rd  "), ("broken", b"none")):
        layer = image.create_pixel_layer(picture(), name=name)
        items = [(key, Double(10)), (b"Grn ", Double(20)), (b"Bl  ", Double(300))]
        color = Descriptor(name="", classID=b"RGBC", items=items)
        block = DescriptorBlock(name="", classID=b"null", items=[(b"Clr ", color)])
        record = layer._record
        record.tagged_blocks[Tag.SOLID_COLOR_SHEET_SETTING] = TaggedBlock(
            key=Tag.SOLID_COLOR_SHEET_SETTING, data=block
        )
        record.right, record.bottom = record.left, record.top
        for channel in layer._channels:
            channel.data = b""
    opened = open_made(image, tmp_path)
    assert told(opened.notes) == ["Shapes and fills without pixels were left out: broken."]
    assert [layer.name for layer in opened.document.layers] == ["sky"]
    assert (opened.document.composite() == (10, 20, 255, 255)).all()


def test_of_two_masks_the_one_that_both_make_together_is_taken(tmp_path: Path) -> None:
    document = Document(60, 40, [layer_of("a", noise(60, 40, 1, opaque=True))])
    document.layers[0].mask = Mask(ellipse((60, 40), Rect(5, 5, 30, 30)))
    save_psd(document, tmp_path / "a.psd")
    with open(tmp_path / "a.psd", "rb") as stream:
        psd = PSD.read(stream)
    info = psd.layer_and_mask_information.layer_info
    record, channels = info.layer_records[0], info.channel_image_data[0]
    record.channel_info.append(ChannelInfo(id=-3))
    both = ChannelData(data=np.full((10, 20), 200, np.uint8).tobytes())
    channels.append(both)
    data = record.mask_data
    data.real_flags, data.real_background_color = MaskFlags(), 0
    data.real_left, data.real_top, data.real_right, data.real_bottom = 3, 4, 23, 14
    with open(tmp_path / "a.psd", "wb") as stream:
        psd.write(stream)
    shown = load_psd(tmp_path / "a.psd").document.composite()[..., 3]
    expected = np.zeros((40, 60), np.uint8)
    expected[4:14, 3:23] = 200
    np.testing.assert_array_equal(shown, expected)


def test_masks_that_are_damaged_or_soft_are_told(tmp_path: Path) -> None:
    document = Document(60, 40, [layer_of(name, noise(60, 40, 1)) for name in ("a", "b")])
    for layer in document.layers:
        layer.mask = Mask(ellipse((60, 40), Rect(5, 5, 30, 30)))
    save_psd(document, tmp_path / "a.psd")
    with open(tmp_path / "a.psd", "rb") as stream:
        psd = PSD.read(stream)
    info = psd.layer_and_mask_information.layer_info
    info.channel_image_data[0][4].data = b"\0"
    soft = info.layer_records[1].mask_data
    soft.flags.parameters_applied = True
    soft.parameters = MaskParameters(user_mask_density=128, user_mask_feather=4.0)
    with open(tmp_path / "a.psd", "wb") as stream:
        psd.write(stream)
    opened = load_psd(tmp_path / "a.psd")
    assert told(opened.notes) == [
        "Damaged masks were left out: a.",
        "Softness and density of masks were left out: b.",
    ]
    assert [layer.mask is None for layer in opened.document.layers] == [True, False]


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_gray_and_cmyk_become_srgb(tmp_path: Path, mode: str) -> None:
    image = made(mode)
    image.create_pixel_layer(picture(mode), name="a")
    opened = open_made(image, tmp_path)
    (note,) = told(opened.notes)
    assert note in ("It was converted to RGB.", "Its colors were converted from CMYK to sRGB.")
    shown = opened.document.layers[0].pixels(opened.document.bounds)
    np.testing.assert_array_equal(shown[..., :3], np.asarray(picture(mode).convert("RGB")))


@pytest.mark.parametrize("depth", [16, 32])
def test_deep_documents_are_reduced_to_eight_bits(tmp_path: Path, depth: int) -> None:
    image = made("RGB", depth=depth)
    image.create_pixel_layer(picture(), name="a")
    opened = open_made(image, tmp_path)
    assert told(opened.notes) == [f"It was reduced from {depth} bits to 8."]
    shown = opened.document.layers[0].pixels(opened.document.bounds)[..., :3].astype(float)
    expected = np.asarray(picture()).astype(float)
    if depth == 32:  # its numbers are light, not sRGB
        light = expected / 255
        expected = (
            np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255
        )
    assert np.abs(shown - expected).max() <= 1


def test_colors_of_another_profile_are_converted(tmp_path: Path) -> None:
    image = made("RGB")
    layer = image.create_pixel_layer(picture(), name="a")
    assert layer.has_pixels()
    # The sRGB profile with red and blue exchanged: a conversion that cannot be missed.
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data = (
        data.replace(b"rXYZ", b"tmp!", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp!", b"bXYZ", 1)
    )
    data = data.replace("sRGB".encode("utf-16-be"), "BRGs".encode("utf-16-be"))
    image.image_resources[Resource.ICC_PROFILE] = ImageResource(
        key=Resource.ICC_PROFILE, data=bytes(data)
    )
    opened = open_made(image, tmp_path)
    (note,) = told(opened.notes)
    assert note.startswith("Its colors were converted from BRGs")
    shown = opened.document.layers[0].pixels(opened.document.bounds)[..., :3]
    assert np.abs(shown.astype(int) - np.asarray(picture())[..., ::-1]).max() <= 2


def test_a_file_without_layers_is_its_merged_picture(tmp_path: Path) -> None:
    pixels = np.asarray(picture())
    header = FileHeader(width=60, height=40, channels=3, color_mode=ColorMode.RGB)
    for compression in (Compression.RAW, Compression.RLE, Compression.ZIP):
        merged = ImageData(compression=compression)
        merged.set_data([plane.tobytes() for plane in pixels.transpose(2, 0, 1)], header)
        with open(tmp_path / "a.psd", "wb") as stream:
            PSD(header=header, image_data=merged).write(stream)
        shown = load_psd(tmp_path / "a.psd").document.composite()
        np.testing.assert_array_equal(shown[..., :3], pixels)


def test_indexed_and_bitmap_documents(tmp_path: Path) -> None:
    colors = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
    indices = np.random.default_rng(2).integers(0, 256, (40, 60), np.uint8)
    header = FileHeader(width=60, height=40, channels=1, color_mode=ColorMode.INDEXED)
    merged = ImageData(data=indices.tobytes())
    table = ColorModeData(colors.T.tobytes())
    with open(tmp_path / "a.psd", "wb") as stream:
        PSD(header=header, color_mode_data=table, image_data=merged).write(stream)
    shown = load_psd(tmp_path / "a.psd").document.composite()
    np.testing.assert_array_equal(shown[..., :3], colors[indices])
    ink = indices > 128
    header = FileHeader(width=60, height=40, channels=1, depth=1, color_mode=ColorMode.BITMAP)
    merged = ImageData(data=np.packbits(ink, axis=1).tobytes())
    with open(tmp_path / "b.psd", "wb") as stream:
        PSD(header=header, image_data=merged).write(stream)
    shown = load_psd(tmp_path / "b.psd").document.composite()
    np.testing.assert_array_equal(shown[..., 0], np.where(ink, 0, 255))


# In: what is wrong


def test_a_damaged_layer_is_left_out_and_told(tmp_path: Path) -> None:
    save_psd(rich(), tmp_path / "a.psd")
    with open(tmp_path / "a.psd", "rb") as stream:
        psd = PSD.read(stream)
    info = psd.layer_and_mask_information.layer_info
    names = [record.name for record in info.layer_records]
    channel = info.channel_image_data[names.index("Paper")][1]
    channel.data = b"\xff" * len(channel.data)
    with open(tmp_path / "a.psd", "wb") as stream:
        psd.write(stream)
    opened = load_psd(tmp_path / "a.psd")
    assert told(opened.notes) == ["Damaged layers were left out: Paper."]
    assert opened.document.layers[0].name == "墨 ink"


def test_truncated_and_mutated_files_are_one_sentence_or_a_document(tmp_path: Path) -> None:
    save_psd(rich(), tmp_path / "a.psd")
    whole, chance = (tmp_path / "a.psd").read_bytes(), random.Random(4)
    path, refused = tmp_path / "b.psd", []
    for number in range(300):
        data = bytearray(whole)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        reach = 4000 if number % 2 else len(data)
        for _ in range(chance.randint(1, 8)):
            if data:
                data[chance.randrange(min(reach, len(data)))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            load_psd(path)
        except StylekilnError as error:
            refused.append(error)
    assert len(refused) > 50
    assert all(isinstance(error, PictureError) and "\n" not in str(error) for error in refused)


def test_thousands_of_layers_of_one_pixel_are_counted_with_their_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dots = [layer_of(f"{n}", noise(1, 1, 1) | np.uint8(1)) for n in range(200)]
    save_psd(Document(60, 40, dots), tmp_path / "a.psd")
    free = psutil.virtual_memory()._replace(available=40 * 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(PictureError, match=r"0\.1 GB of memory"):
        load_psd(tmp_path / "a.psd")


def test_missing_foreign_and_oversized_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingFileError):
        load_psd(tmp_path / "none.psd")
    path = tmp_path / "a.psd"
    for data in (b"", b"8BPS", b"\x89PNG\r\n\x1a\n" + bytes(200)):
        path.write_bytes(data)
        with pytest.raises(PictureError, match="damaged or is no PSD file"):
            load_psd(path)
    with open(path, "wb") as stream:
        FileHeader(version=2, width=200_000, height=10, channels=3).write(stream)
    with pytest.raises(PictureError, match="more than a canvas can have"):
        load_psd(path)
    save_psd(rich(), path)
    free = psutil.virtual_memory()._replace(available=400_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(PictureError, match="GB of memory"):
        load_psd(path)
