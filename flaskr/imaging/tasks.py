"""What a child process can be asked to do. Arguments and answers are plain JSON."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from flaskr.imaging import svg
from flaskr.imaging.alike import perceptual_hash
from flaskr.imaging.camera import read_camera
from flaskr.imaging.edit import Box, Edit, apply
from flaskr.imaging.formats import EXTENSIONS, SVG, Format
from flaskr.imaging.intake import is_clean, take_in
from flaskr.imaging.limits import ANY_SIZE, Limits
from flaskr.imaging.spec import Spec
from flaskr.imaging.variants import open_first, render, target_box


def intake(  # the arguments are those of the JSON line
    *, source: str, clean: str | None, thumbnail: str, limits: dict[str, Any]
) -> dict[str, Any]:
    """Check a file, strip its metadata, decode it to its end, and make its thumbnail."""
    facts = take_in(Path(source), Path(clean) if clean else None, Path(thumbnail), Limits(**limits))
    return facts.as_json()


def variant(*, source: str, extension: str, spec: dict[str, Any], target: str) -> dict[str, Any]:
    """Make a variant of a stored picture of the format `extension`."""
    wanted = Spec(**spec)
    with open_stored(Path(source), EXTENSIONS[extension], wanted) as image:
        render(image, wanted, Path(target))
    return {}


def edit(*, source: str, extension: str, change: dict[str, Any], target: str) -> dict[str, Any]:
    """Turn, mirror or crop a stored picture of the format `extension`."""
    box = change["box"]
    wanted = Edit(change["turn"], change["mirror"], Box(*box) if box else None)
    apply(Path(source), EXTENSIONS[extension], wanted, Path(target))
    return {}


def clean(*, source: str, extension: str) -> dict[str, Any]:
    """Tell whether a stored picture holds no metadata."""
    return {"clean": is_clean(Path(source), EXTENSIONS[extension])}


def camera(*, source: str, extension: str) -> dict[str, Any]:
    """Read what the camera wrote into a stored picture."""
    return read_camera(Path(source), EXTENSIONS[extension]).as_json()


def look(*, thumbnail: str) -> dict[str, Any]:
    """Find the number that says what a picture looks like from its stored thumbnail."""
    return {"phash": perceptual_hash(Path(thumbnail))}


def open_stored(source: Path, format_: Format, spec: Spec) -> Image.Image:
    """Open a stored picture; a drawing is drawn in the size that is wanted."""
    if format_ is not SVG:
        return open_first(source, format_)
    drawing = svg.sanitise(source)  # a backup is as it came
    size = svg.natural_size(drawing, ANY_SIZE)
    return svg.draw(drawing, target_box(size, spec)[0])


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "camera": camera,
    "clean": clean,
    "edit": edit,
    "intake": intake,
    "look": look,
    "variant": variant,
}
