"""Photographs made by the computer: 12 megapixels, 3 to 5 MB, each its own.

Real ones may not be copied here and would weigh as much as the project. What counts for a codec is
there: light that changes slowly, edges, texture, and the noise of a sensor, in a JPEG with the EXIF
of a phone. The pictures are alike in every run; the noise is not the same.
"""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 4000, 3000
QUALITY = 88
ORIENTATIONS = (1, 1, 6)  # a third was taken with the phone held upright


def picture(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Clouds of five sizes, things with hard edges before them, and noise."""
    chance = random.Random(seed)
    scene = Image.new("RGB", (width, height), (128, 128, 128))
    for octave in range(2, 11, 2):
        cells = 2**octave, max(2, height * 2**octave // width)
        field = Image.frombytes("RGB", cells, chance.randbytes(3 * cells[0] * cells[1]))
        wide = field.resize((width, height), Image.Resampling.BICUBIC)
        scene = Image.blend(scene, wide, 0.75 / octave)
    draw = ImageDraw.Draw(scene)
    for _ in range(60):
        x, y = chance.randrange(width), chance.randrange(height)
        dx, dy = (chance.randrange(10, width // 8) for _ in "xy")
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        shape = draw.ellipse if chance.random() < 0.5 else draw.rectangle
        shape((x, y, x + dx, y + dy), fill=colour)
    scene = scene.filter(ImageFilter.BoxBlur(1))  # no lens draws an edge of no width
    grain = Image.effect_noise((width, height), 7 + 2 * (seed % 4)).convert("RGB")
    return ImageChops.add(scene, grain, offset=-128)


def photo(seed: int, orientation: int = 1) -> bytes:
    """One photograph as a phone would save it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Model", orientation
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    shot = picture(seed)
    out = BytesIO()
    shot.save(out, "JPEG", quality=QUALITY, exif=exif)
    return out.getvalue()


def album(folder: Path, number: int) -> list[Path]:
    """`number` photographs in `folder`, a third to be turned; made if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for seed in range(number):
        path = folder / f"photo{seed:02}.jpg"
        if not path.exists():
            path.write_bytes(photo(seed, ORIENTATIONS[seed % len(ORIENTATIONS)]))
        paths.append(path)
    return paths


class Copies:
    """Endless files that differ in a few bytes a decoder heeds, so no store sees one twice.

    The last entries of the first quantisation table vary: they weigh the finest detail. Only the
    few hundred bytes up to there are made anew; `rest` is shared.
    """

    def __init__(self, content: bytes) -> None:
        at = content.index(b"\xff\xdb") + 5 + 48
        self._head, self._table = content[:at], content[at : at + 16]
        self.rest = memoryview(content)[at + 16 :]
        self._random = random.Random()

    def heads(self) -> Iterator[bytes]:
        for number in itertools.count(self._random.getrandbits(40)):
            digits = struct.pack(">Q", number % 2**48)[2:]
            bits = int.from_bytes(digits)
            varied = bytes(
                max(1, value - (bits >> 3 * place & 7)) for place, value in enumerate(self._table)
            )
            yield self._head + varied
