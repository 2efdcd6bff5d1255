from __future__ import annotations

import json

import pytest

from engine.runtime.errors import BadInputError, MissingFileError
from engine.sampling.request import LoraUse
from engine.sampling.styles import (
    Style,
    load_styles,
    merged,
    read_csv,
    save_styles,
    with_style,
)

GLOSSY = Style(
    name="光泽 icon",
    prompt="{prompt}, glossy, 3d",
    negative_prompt="text",
    model="starter",
    loras=(LoraUse(path="/x/ink.safetensors", weight=0.8),),
    steps=22,
    guidance_scale=5.5,
)


def test_styles_are_kept_as_they_are(tmp_path):
    path = tmp_path / "styles.json"
    assert load_styles(path) == []
    save_styles(path, [GLOSSY, Style(name="plain")])
    assert load_styles(path) == [GLOSSY, Style(name="plain")]


def test_a_style_takes_the_place_of_its_name(tmp_path):
    other = Style(name=GLOSSY.name, prompt="flat")
    assert with_style([GLOSSY, Style(name="b")], other) == [other, Style(name="b")]
    assert with_style([GLOSSY], Style(name="b")) == [GLOSSY, Style(name="b")]


@pytest.mark.parametrize(
    ("style", "own", "expected"),
    [
        ("{prompt}, glossy", "a cat", "a cat, glossy"),
        ("glossy", "a cat ", "a cat, glossy"),
        ("glossy", "", "glossy"),
        ("", "a cat", "a cat"),
        ("photo of {prompt}, {prompt}", "x", "photo of x, x"),
    ],
)
def test_words_go_where_the_style_says(style, own, expected):
    assert merged(style, own) == expected


def test_styles_of_a1111_are_read(tmp_path):
    path = tmp_path / "styles.csv"
    path.write_bytes(
        "\ufeffname,prompt,negative_prompt\r\n"
        "None,,\r\n"
        '"Icon, flat","{prompt}, ""flat"" icon,\nwhite","text, frame"\r\n'
        "--- divider ---,,\r\n"
        "水墨,ink,\r\n"
        "short row\r\n".encode()
    )
    assert read_csv(path) == [
        Style(
            name="Icon, flat",
            prompt='{prompt}, "flat" icon,\nwhite',
            negative_prompt="text, frame",
        ),
        Style(name="水墨", prompt="ink"),
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"a,b\n1,2\n", b"\x89PNG\r\n\0\0", b"name,prompt\n" + b'"' * 200_000, b"name\nx\n"],
)
def test_what_is_no_list_of_styles_gets_a_sentence(tmp_path, content):
    path = tmp_path / "styles.csv"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="styles"):
        read_csv(path)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(MissingFileError):
        read_csv(tmp_path / "no.csv")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"styles": 3}', json.dumps({"styles": [{"name": ""}]}), "[" * 50_000],
)
def test_damaged_styles_are_told_and_not_overwritten(tmp_path, content):
    path = tmp_path / "styles.json"
    path.write_text(content)
    with pytest.raises(BadInputError, match="cannot be read"):
        load_styles(path)
    assert path.read_text() == content
