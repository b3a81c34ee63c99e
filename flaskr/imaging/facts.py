"""What a child process finds out about a picture."""

from dataclasses import asdict, dataclass
from typing import Any, Self

FEATURELESS = 0
"""The `phash` of a picture of one colour: it looks like every other one."""


@dataclass(frozen=True)
class CleanFile:
    """The file without its metadata: hex digests, and the size in bytes."""

    sha256: str
    md5: str
    size: int


@dataclass(frozen=True)
class Facts:
    """What is known of a picture that was decoded to its end.

    `width` and `height` are pixels as shown, after the EXIF orientation. `clean` is set when
    stripping changed the file. `phash` says what the picture looks like (flaskr.imaging.alike).
    """

    extension: str
    width: int
    height: int
    frames: int
    clean: CleanFile | None
    phash: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        clean = told["clean"]
        return cls(**{**told, "clean": CleanFile(**clean) if clean else None})
