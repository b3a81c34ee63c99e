"""A folder of notes: Markdown with images in every form, here and elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.elsewhere import Elsewhere, ok
from tests.factories import png
from tests.markdown import FORMS, LEFT

NUMBER = 200
ENDS = ("\n", "\r\n")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
BETWEEN = "\n\nSome words — 一些字 \u3000, *and* [a link](page.html).\n\n"


@dataclass
class Notes:
    """Texts by their paths, as templates in which each image has a name; pictures by theirs."""

    texts: dict[str, str] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    elsewhere: dict[str, bytes] = field(default_factory=dict)
    written: dict[str, dict[str, str]] = field(default_factory=dict)
    meant: dict[str, dict[str, str]] = field(default_factory=dict)

    def content(self, path: str, addresses: Mapping[str, str]) -> bytes:
        """The bytes of a text with these addresses in it."""
        return self.texts[path].format_map(addresses).encode(self.encodings[path])

    def files(self) -> dict[str, bytes]:
        """All of the folder."""
        texts = {path: self.content(path, self.written[path]) for path in self.texts}
        return {**texts, **self.pictures}

    def write(self, root: Path) -> None:
        for path, content in self.files().items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)

    def moved(self, path: str, address_of: Callable[[bytes], str]) -> bytes:
        """The bytes that a text has to have once it is moved; what stays has no content."""
        known = self.pictures | self.elsewhere
        contents = {name: known.get(meant) for name, meant in self.meant[path].items()}
        new = {name: address_of(content) for name, content in contents.items() if content}
        return self.content(path, self.written[path] | new)

    @property
    def images(self) -> int:
        """How many there are in all texts."""
        return sum(len(names) for names in self.meant.values())

    @property
    def lost(self) -> int:
        """How many of them are nowhere, or are none."""
        known = self.pictures | self.elsewhere
        return sum(meant not in known for names in self.meant.values() for meant in names.values())


def make_notes(there: Elsewhere, number: int = NUMBER) -> Notes:
    """Write texts with five images each, of every form, with much between that is none."""
    dice, notes = Random(7), Notes()
    kinds = ("beside", "encoded", "above", "elsewhere", "missing", "broken")
    for order in range(12):
        notes.pictures[f"pics/图 {order}.png"] = png(number=order)
    for order in range(6):
        url = there.url(f"/{order}.png")
        notes.elsewhere[url] = png(number=1000 + order)
        there.answers[f"/{order}.png"] = ok(notes.elsewhere[url])
    there.answers["/page"] = ok(b"<!doctype html>")
    forms = [*FORMS.values()]
    for order in range(number):
        path = f"deep/{order}.md" if order % 2 else f"{order}.md"
        up = "../" if order % 2 else ""
        pieces, notes.written[path], notes.meant[path] = [], {}, {}
        for place in range(5):
            name = f"image{place}"
            form = forms[(order * 5 + place) % len(forms)]
            if form.startswith("---") and place:
                form = forms[0]
            form = with_own_label(form, place)
            picture = dice.randrange(12)
            kind = dice.choice(kinds)
            address, meant = {
                "beside": (f"{up}pics/图%20{picture}.png", f"pics/图 {picture}.png"),
                "encoded": (f"{up}pics/%E5%9B%BE%20{picture}.png", f"pics/图 {picture}.png"),
                "above": (f"/pics/图%20{picture}.png#whole", f"pics/图 {picture}.png"),
                "elsewhere": (there.url(f"/{picture % 6}.png"),) * 2,
                "missing": ("nowhere.png", "nowhere.png"),
                "broken": (there.url("/page"),) * 2,
            }[kind]
            notes.written[path][name], notes.meant[path][name] = address, meant
            pieces += [form.replace("{}", f"{{{name}}}"), escaped(dice.choice(LEFT))]
        end = dice.choice(ENDS)
        template = BETWEEN.join(pieces) + "\n"
        notes.texts[path] = template.replace("\n", end)
        notes.encodings[path] = dice.choice(ENCODINGS)
    return notes


def with_own_label(form: str, place: int) -> str:
    """The form with a label that no other image of the text has."""
    for label in ("label", "LABEL"):
        form = form.replace(label, f"{label}{place}")
    return form.replace("[l]", f"[l{place}]").replace("[l\\]b]", f"[l{place}\\]b]")


def escaped(text: str) -> str:
    """The text as a template has it."""
    return text.replace("{", "{{").replace("}", "}}")
