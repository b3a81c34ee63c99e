"""Moving a person's Markdown here: its pictures are taken in, its text leads to them."""

from flaskr.library.mover.moving import (
    Event,
    Left,
    Moved,
    Order,
    Progress,
    Skipped,
    each_once,
    move,
    read_former,
)
from flaskr.library.mover.sources import Source, in_archive, in_folder, is_markdown, of_files

__all__ = [
    "Event",
    "Left",
    "Moved",
    "Order",
    "Progress",
    "Skipped",
    "Source",
    "each_once",
    "in_archive",
    "in_folder",
    "is_markdown",
    "move",
    "of_files",
    "read_former",
]
