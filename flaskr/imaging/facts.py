"""What a child process finds out about a picture."""

from dataclasses import asdict, dataclass
from typing import Any, Self


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
    stripping changed the file.
    """

    extension: str
    width: int
    height: int
    frames: int
    clean: CleanFile | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        clean = told["clean"]
        return cls(**{**told, "clean": CleanFile(**clean) if clean else None})
