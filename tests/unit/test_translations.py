"""Every text that people read is there in every language, with its placeholders."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "flaskr/translations"
REMEDY = "run `make translations` and fill in what is empty"


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Catalog:
    """The texts that are in the code and the templates now."""
    template = tmp_path_factory.mktemp("texts") / "messages.pot"
    # As `make translations` does it, so that the options are those of setup.cfg.
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "extract_messages", "--output-file", template],
        cwd=ROOT,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    with template.open("rb") as file:
        return read_po(file)


def catalog(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module", params=["zh_Hans"])
def translated(request) -> Catalog:
    return catalog(request.param)


def ids(texts: Catalog) -> set[object]:
    return {message.id for message in texts if message.id}


def test_the_catalog_has_the_texts_of_the_code(sources, translated):
    assert ids(sources) - ids(translated) == set(), REMEDY
    assert ids(translated) - ids(sources) == set(), REMEDY


def test_every_text_is_translated(translated):
    unfinished = {
        message.id
        for message in translated
        if message.id and (message.fuzzy or not all(variants(message.string)))
    }
    assert unfinished == set(), REMEDY


def test_placeholders_survive_translation(translated):
    wrong = {
        message.id: [str(error) for error in message.check(translated)]
        for message in translated
        if message.id
    }
    assert {id_: errors for id_, errors in wrong.items() if errors} == {}


def variants(string: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """One text, or one for each plural form."""
    return (string,) if isinstance(string, str) else tuple(string)
