"""What is offered at the cursor of a half-typed filter."""

from __future__ import annotations

import pytest

from engine.dataset.bucket_places import BucketPlaces
from engine.dataset.buckets import BucketSpec
from engine.dataset.query import parse
from engine.dataset.query_complete import complete, quoted
from engine.dataset.query_keys import CONNECTIVES, KEYS
from tests.engine.dataset.query_case import columns, found, picture

TABLE = columns(
    picture(1, "fox, long hair, hairpin", "/art/biped/a.png"),
    picture(2, "wolf, long hair", "/art/raw/b.jpg", category="quad"),
    picture(3, "fox, armchair", "/art/raw/c.jpg"),
    buckets=BucketPlaces(BucketSpec(resolution=(512, 768), maximum=1024)),
)


def offered(text):
    """Completions for ``text`` with the cursor at ``|``."""
    cursor = text.index("|")
    return complete(text.replace("|", ""), cursor, TABLE)


def texts(text):
    """The texts of them."""
    return [item.text for item in offered(text)]


def applied(text, number=0):
    """The filter after taking a completion."""
    item, plain = offered(text)[number], text.replace("|", "")
    return plain[: item.start] + item.text + plain[item.end :]


def test_an_empty_filter_offers_every_key_with_its_help():
    items = offered("|")
    assert {item.text for item in items} >= {key.name + key.operators[0] for key in KEYS}
    assert all(item.detail for item in items if item.text not in CONNECTIVES)


def test_keys_marks_and_tags_begin_with_the_word():
    assert texts("st|") == ["stars>="]
    assert texts("unt|") == ["untagged"]
    assert texts("cap|")[0] == "caption:"
    assert texts("byt|") == ["size>="]
    assert "tag:fox" in texts("fo|")


def test_connectives_follow_a_term_only():
    assert "or" not in texts("|")
    assert "not" in texts("|")
    assert {"and", "or", "not"} <= set(texts("fox |"))
    assert "or" not in texts("fox and |")
    assert "or" in texts("(fox) o|")


def test_tags_come_with_counts_best_first():
    items = offered("tag:|")
    assert [(item.text, item.count) for item in items][:2] == [("fox", 2), ('"long hair"', 2)]
    assert texts("tag:hair|") == ["hairpin", '"long hair"', "armchair"]
    assert texts('tag:"ha|') == ["hairpin", '"long hair"', "armchair"]
    assert texts("not (tag:W|") == ["wolf"]


def test_values_of_other_keys():
    assert texts("flag:|") == ["picked", "rejected", "none"]
    assert texts("flag:r|")[0] == "rejected"
    assert texts("alpha:|") == ["yes", "no"]
    assert [(i.text, i.count) for i in offered("folder:|")] == [("raw", 2), ("biped", 1)]
    assert texts("category:|") == ["quad"]  # and none for those in no category
    assert texts("type:|") == ["jpg", "png"]
    assert [(i.text, i.count) for i in offered("bucket:|")] == [("512x768", 3)]
    assert texts("is:b|") == ["blurred"]
    assert texts("stars:|")[0] == ">="
    assert texts("sharpness:n|") == ["none"]
    assert texts("modified>=t|") == ["today"]
    assert texts("stars>=3|") == []


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("ta| and x", "tag: and x"),
        ("tag:fo| and x", "tag:fox and x"),
        ("tag:f|xx and x", "tag:fox and x"),
        ('tag:"lo| and x', 'tag:"long hair" and x'),
        ("x tag:| ", "x tag:fox "),
        ("-tag:wo|", "-tag:wolf"),
        ("stars:|", "stars:>="),
    ],
)
def test_taking_a_completion_replaces_the_word_at_the_cursor(text, after):
    assert applied(text) == after


def test_a_closed_quotation_is_a_finished_term():
    assert texts('tag:"long hair"|')[0] == "tag:"
    assert "fox" not in texts('tag:"long hair"|')


@pytest.mark.parametrize(
    "tag",
    ["fox", "long hair", "a*b?", 'say "hi"', r"fox \(cub\)", "x_(y)", "-x", "it's", ">_<", "a|b"],
)
def test_a_completed_tag_finds_its_pictures(tag):
    text = f"tag:{quoted(tag)}"
    assert found(text, picture(1, f"other, {tag}"), picture(2, "other")) == [1]
    parse(text)


def test_any_cursor_in_any_text_is_fine():
    for text in ('a tag:"x y" and (stars >= 3', "re:/(/ tag:", "：（", 'caption:"', "- | ("):
        for cursor in range(-1, len(text) + 2):
            for item in complete(text, cursor, TABLE):
                assert 0 <= item.start <= item.end <= len(text)
