"""Taking a picture in, in the child process: check, strip, decode to the end, make a thumbnail."""

import hashlib
import warnings
from collections.abc import Iterable
from mmap import ACCESS_READ, mmap
from pathlib import Path

from PIL import Image

from flaskr.errors import (
    FormatNotTakenError,
    TooManyFramesError,
    TooManyPixelsError,
    UnsupportedTypeError,
)
from flaskr.imaging import metadata, svg
from flaskr.imaging.alike import perceptual_hash
from flaskr.imaging.facts import CleanFile, Facts
from flaskr.imaging.formats import (
    EXTENSIONS,
    FORMATS,
    HEAD_BYTES,
    JPEG,
    SVG,
    SVG_INSTALLED,
    TIFF,
    Format,
    sniff,
)
from flaskr.imaging.limits import Limits
from flaskr.imaging.spec import THUMBNAIL
from flaskr.imaging.variants import open_first, prepare_scaled, render, shown_size, target_box

MEGA = 1_000_000

# Our own limits replace Pillow's, which only warns up to twice its figure.
Image.MAX_IMAGE_PIXELS = None


def take_in(source: Path, clean: Path | None, thumbnail: Path, limits: Limits) -> Facts:
    """Check the picture at `source`, decode every frame, and write its thumbnail.

    With `clean`, the file without its metadata is written there unless it has none; what is
    decoded then is what will be shown. Raises UnsupportedTypeError, TooManyPixelsError,
    TooManyFramesError or UnreadableImageError; other exceptions of a decoder mean the last.
    """
    format_ = identify(source, limits)
    if format_ is SVG:
        return take_in_drawing(source, clean, thumbnail, limits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a decoder's doubts are not ours to print
        # Damage that decoders pass over is found by walking the file. It comes first, for it is
        # quick whatever the file holds, and what it drops cannot harm a decoder any more.
        cleaned = strip(source, clean, format_)
        kept = clean if clean is not None and cleaned is not None else source
        with open_first(kept, format_) as image:
            check_size(image, limits)
            frames = count_frames(image, format_, limits)
        width, height = decode(kept, format_, frames, thumbnail, limits)
    return Facts(format_.extension, width, height, frames, cleaned, perceptual_hash(thumbnail))


def take_in_drawing(source: Path, clean: Path | None, thumbnail: Path, limits: Limits) -> Facts:
    """Do the same for an SVG: what is shown is its sanitised form."""
    drawing = svg.sanitise(source)
    width, height = svg.natural_size(drawing, limits)
    with svg.draw(drawing, target_box((width, height), THUMBNAIL)[0]) as image:
        render(image, THUMBNAIL, thumbnail)
    cleaned = write_hashed([drawing], clean) if clean is not None else None
    return Facts(SVG.extension, width, height, 1, cleaned, perceptual_hash(thumbnail))


def decode(
    source: Path, format_: Format, frames: int, thumbnail: Path, limits: Limits
) -> tuple[int, int]:
    """Decode every frame, write the thumbnail of the first, and return the size as shown.

    A frame may be larger than the first one. Raises TooManyPixelsError, TooManyFramesError.
    """
    pixels = 0
    with open_first(source, format_) as image:
        shown = shown_size(image)
        prepare_scaled(image, THUMBNAIL)  # a JPEG is read to its end at any scale
        render(image, THUMBNAIL, thumbnail)
        for number in range(1, frames):
            image.seek(number)
            check_size(image, limits)
            pixels += image.width * image.height
            check_frames(frames, pixels, limits)
            image.load()
    return shown


def identify(source: Path, limits: Limits) -> Format:
    """Tell the format from the content. Raises UnsupportedTypeError, FormatNotTakenError."""
    with source.open("rb") as file:
        format_ = sniff(file.read(HEAD_BYTES))
    drawing = format_ is SVG and limits.svg and SVG_INSTALLED
    if format_ is None or not (format_ in FORMATS or drawing):
        raise UnsupportedTypeError(formats=names_of_taken(limits))
    if limits.extensions and format_.extension not in limits.extensions:
        raise FormatNotTakenError(format=format_.name, formats=names_of_taken(limits))
    return format_


def names_of_taken(limits: Limits) -> str:
    """Return the names of the formats that are taken, for people."""
    if limits.extensions:
        return ", ".join(EXTENSIONS[extension].name for extension in limits.extensions)
    return ", ".join(known.name for known in FORMATS)


def check_size(image: Image.Image, limits: Limits) -> None:
    """Raise TooManyPixelsError if one frame is over the limits."""
    if max(image.size) > limits.side or image.width * image.height > limits.pixels:
        raise TooManyPixelsError(megapixels=limits.pixels // MEGA, side=limits.side)


def count_frames(image: Image.Image, format_: Format, limits: Limits) -> int:
    """Return the number of frames. Raises TooManyFramesError if it is over the limits."""
    if format_ is JPEG:
        frames = 1
    elif format_ is TIFF:
        frames = count_pages(image, limits.frames)
    else:
        frames = getattr(image, "n_frames", 1)
    check_frames(frames, frames * image.width * image.height, limits)
    return frames


def count_pages(image: Image.Image, limit: int) -> int:
    """Return the number of a TIFF's pages, or `limit` + 1 if there are more.

    Pillow would count them all, and compare each with every one before.
    """
    for number in range(1, limit + 1):
        try:
            image.seek(number)
        except EOFError:
            return number
    return limit + 1


def check_frames(frames: int, pixels: int, limits: Limits) -> None:
    """Raise TooManyFramesError if an animation's frames or their pixels are over the limits."""
    if frames > limits.frames or (frames > 1 and pixels > limits.total_pixels):
        raise TooManyFramesError(frames=limits.frames, megapixels=limits.total_pixels // MEGA)


def strip(source: Path, clean: Path | None, format_: Format) -> CleanFile | None:
    """Write the file without its metadata to `clean`, hashed as it is written.

    Returns None, and writes nothing, where there is no metadata. Without `clean` the file is only
    walked. Raises UnreadableImageError for a file that is damaged or cut off.
    """
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        plan = metadata.strip(content, format_)
        if plan is None or clean is None:
            return None
        return write_hashed(metadata.pieces(content, plan), clean)


def is_clean(source: Path, format_: Format) -> bool:
    """Tell whether a picture that was taken in holds no metadata, or nothing harmful if drawn."""
    if format_ is SVG:
        return svg.sanitise(source) == source.read_bytes()
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return metadata.strip(content, format_) is None


def write_hashed(chunks: Iterable[bytes], target: Path) -> CleanFile:
    """Write `chunks` to the new file `target`."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with target.open("xb") as file:
        for chunk in chunks:
            sha256.update(chunk)
            md5.update(chunk)
            size += file.write(chunk)
    return CleanFile(sha256.hexdigest(), md5.hexdigest(), size)
