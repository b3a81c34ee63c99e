"""What a child process can be asked to do. Arguments and answers are plain JSON."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flaskr.imaging.formats import EXTENSIONS
from flaskr.imaging.intake import take_in
from flaskr.imaging.limits import Limits
from flaskr.imaging.spec import Spec
from flaskr.imaging.variants import open_first, render


def intake(  # the arguments are those of the JSON line
    *, source: str, clean: str | None, thumbnail: str, limits: dict[str, int]
) -> dict[str, Any]:
    """Check a file, strip its metadata, decode it to its end, and make its thumbnail."""
    facts = take_in(Path(source), Path(clean) if clean else None, Path(thumbnail), Limits(**limits))
    return facts.as_json()


def variant(*, source: str, extension: str, spec: dict[str, Any], target: str) -> dict[str, Any]:
    """Make a variant of a stored picture of the format `extension`."""
    with open_first(Path(source), EXTENSIONS[extension]) as image:
        render(image, Spec(**spec), Path(target))
    return {}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"intake": intake, "variant": variant}
