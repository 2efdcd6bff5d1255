from __future__ import annotations

import re
import string

from tests.app.i18n import collector


def test_every_text_has_chinese():
    assert collector.missing() == {}


def test_every_number_of_things_has_a_singular():
    """``{n} captions`` needs ``{n} caption`` beside it, or a sentence that begins alike with 1."""
    found = [
        (path, text)
        for path, texts in collector.collected().items()
        if path.startswith("app/dataset/")
        for text in texts
    ]
    several = [(path, text) for path, text in found if re.search(r"\{n\} [a-z]+s\b", text)]
    assert len(several) > 30
    one = tuple(text for _, text in found if "1 " in text)
    plurals = collector.plurals()
    lacking = [
        (path, text)
        for path, text in several
        if text not in plurals
        and not any(other.startswith(text.split("{n}")[0] + "1 ") for other in one)
        and "of {n}" not in text
    ]
    assert lacking == []


def test_chinese_names_no_fact_that_english_does_not():
    wrong = {
        english: chinese
        for table in collector.tables().values()
        for english, chinese in table.items()
        if not _facts(chinese) <= _facts(english)
    }
    assert wrong == {}


def test_areas_agree_on_the_chinese_of_a_text():
    seen: dict[str, str] = {}
    different = set()
    for table in collector.tables().values():
        for english, chinese in table.items():
            if seen.setdefault(english, chinese) != chinese:
                different.add(english)
    assert different == set()


def test_the_collector_sees_plain_conditional_and_error_texts(tmp_path):
    source = tmp_path / "some.py"
    source.write_text(
        'tr("One")\nbind(x.setText, "Two" if a else "Three")\n'
        'raise PictureError("{name} ends early.", remedy="Copy it again.")\n'
        'Choice([(1, "Four")])\nlogging.info("not this")\n'
    )
    found = set(collector.texts_of(source))
    source.write_text(
        'LABEL = "Five"\n_LABELS = {"a": "Six"}\nOTHER = "not this"\n'
        'self._edit("Seven", "field", {})\nwork.change(recipe, "Eight", live=True)\n'
        'with library.one_step("Nine"):\n    pass\n'
    )
    steps = set(collector.texts_of(source))
    assert steps == {"Five", "Six", "Seven", "Eight", "Nine"}
    assert found == {"One", "Two", "Three", "Four", "{name} ends early.", "Copy it again."}


def _facts(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
