"""Calm pictures to show the site with: drawn, so that they belong to nobody else."""

from collections.abc import Callable, Sequence
from math import cos, pi, sin, tau
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

FINE = 2
"""Shapes are drawn this much larger and made smaller again, so that their edges are smooth."""


def hexed(text: str) -> Colour:
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def mix(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def gradient(size: tuple[int, int], colours: Sequence[Colour]) -> Image.Image:
    """From the top to the bottom through all colours."""
    strip = Image.new("RGB", (1, len(colours)))
    for row, colour in enumerate(colours):
        strip.putpixel((0, row), colour)
    # Half a colour is cut off at either end: there a resize has nothing to blend with.
    edge = 0.5 if len(colours) > 1 else 0
    box = (0, edge, 1, len(colours) - edge)
    return strip.resize(size, Image.Resampling.BILINEAR, box=box)


def glow(
    picture: Image.Image, centre: tuple[float, float], radius: float, colour: Colour, blur: float
) -> Image.Image:
    """Add light around a point; lengths are parts of the width."""
    width, height = picture.size
    x, y, r = centre[0] * width, centre[1] * height, radius * width
    light = Image.new("RGB", (width // 4, height // 4))
    ImageDraw.Draw(light).ellipse([(x - r) / 4, (y - r) / 4, (x + r) / 4, (y + r) / 4], colour)
    light = light.filter(ImageFilter.GaussianBlur(blur * width / 4)).resize(picture.size)
    return ImageChops.screen(picture, light)


def ridge(size: tuple[int, int], level: float, swing: float, random: Random) -> list[float]:
    """The height of hills, in pixels from the top, for every column."""
    width, height = size
    waves = [(random.uniform(0.6, 6.5), random.uniform(0, tau)) for _ in range(6)]
    return [
        height * (level + swing * sum(sin(x / width * tau * f + p) / (1 + f) for f, p in waves))
        for x in range(width)
    ]


def fill_below(picture: Image.Image, line: list[float], colour: Colour) -> None:
    width, height = picture.size
    outline = [*enumerate(line), (width, height), (0, height)]
    ImageDraw.Draw(picture).polygon(outline, colour)


def hills(
    size: tuple[int, int],
    sky: Sequence[Colour],
    near: Colour,
    sun: tuple[float, float, float],
    seed: int,
    layers: int = 5,
    stars: int = 0,
) -> Image.Image:
    """Ranges of hills, each paler the farther away, under a sky with a sun or a moon."""
    random = Random(seed)
    width, height = size[0] * FINE, size[1] * FINE
    picture = gradient((width, height), sky)
    pen = ImageDraw.Draw(picture)
    for _ in range(stars):
        x, y = random.uniform(0, width), random.uniform(0, height * 0.55)
        r = random.choice([1, 1, 1, 2]) * width / 1600
        pen.ellipse([x - r, y - r, x + r, y + r], mix(sky[0], (255, 255, 255), 0.8))
    x, y, r = sun
    pale = mix(sky[-1], (255, 255, 250), 0.75)
    picture = glow(picture, (x, y), r * 1.7, mix(sky[-1], (0, 0, 0), 0.35), r * 1.2)
    ImageDraw.Draw(picture).ellipse(
        [
            x * width - r * width,
            y * height - r * width,
            x * width + r * width,
            y * height + r * width,
        ],
        pale,
    )
    for layer in range(layers):
        part = (layer + 1) / layers
        line = ridge((width, height), 0.5 + 0.36 * part, 0.16 - 0.05 * part, random)
        fill_below(picture, line, mix(sky[-1], near, part**0.8))
    return picture.resize(size, Image.Resampling.LANCZOS)


def lake(size: tuple[int, int], sky: Sequence[Colour], near: Colour, seed: int) -> Image.Image:
    """Hills and their mirror."""
    shore = 0.56
    upper = hills((size[0], round(size[1] * shore)), sky, near, (0.7, 0.5, 0.035), seed, 4)
    below = size[1] - upper.height
    mirror = upper.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, size[0], below))
    mirror = mirror.filter(ImageFilter.GaussianBlur(size[0] / 500))
    mirror = Image.blend(mirror, gradient(mirror.size, [near, sky[0]]), 0.28)
    picture = Image.new("RGB", size)
    picture.paste(upper, (0, 0))
    picture.paste(mirror, (0, upper.height))
    pen = ImageDraw.Draw(picture, "RGBA")
    random = Random(seed)
    for _ in range(70):
        y = upper.height + below * random.random() ** 1.6
        x, long = random.uniform(0, size[0]), random.uniform(0.02, 0.12) * size[0]
        pen.line([x - long, y, x + long, y], (255, 255, 255, 26), max(1, size[0] // 800))
    return picture


def petals(size: tuple[int, int], ground: Colour, colours: Sequence[Colour]) -> Image.Image:
    """Flowers of overlapping leaves, seen from above."""
    random = Random(4)
    width, height = size[0] * FINE, size[1] * FINE
    picture = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(picture, "RGBA")
    for order in range(26):
        x, y = random.uniform(0, width), random.uniform(0, height)
        long = random.uniform(0.06, 0.15) * width
        turn = random.uniform(0, tau)
        colour = colours[order % len(colours)]
        for leaf in range(8):
            angle = turn + leaf * tau / 8
            outline = [
                (
                    x + long * (t * cos(angle) - 0.2 * sin(pi * t) * side * sin(angle)),
                    y + long * (t * sin(angle) + 0.2 * sin(pi * t) * side * cos(angle)),
                )
                for side, steps in ((1, range(21)), (-1, range(20, -1, -1)))
                for t in (step / 20 for step in steps)
            ]
            pen.polygon(outline, (*colour, 150))
        r = long * 0.13
        pen.ellipse([x - r, y - r, x + r, y + r], (*mix(colour, (255, 250, 220), 0.7), 255))
    return picture.resize(size, Image.Resampling.LANCZOS)


def city(size: tuple[int, int]) -> Image.Image:
    """Houses after sunset, some windows lit."""
    random = Random(12)
    width, height = size[0] * FINE, size[1] * FINE
    sky = [hexed("1d2a52"), hexed("5a4a86"), hexed("d9798a"), hexed("ffc48a")]
    picture = gradient((width, height), sky)
    for row, (colour, low, high) in enumerate(
        [("6d5288", 0.3, 0.55), ("43376b", 0.22, 0.5), ("221f45", 0.12, 0.38)]
    ):
        pen = ImageDraw.Draw(picture)
        x = -0.02 * width
        while x < width:
            wide = random.uniform(0.045, 0.09) * width
            top = height * (1 - random.uniform(low, high))
            pen.rectangle([x, top, x + wide, height], hexed(colour))
            pane = width * 0.0065
            for column in range(int(wide / pane / 2.4)):
                for floor in range(int((height - top) / pane / 2.8)):
                    if row and random.random() < 0.24:
                        left = x + pane * (0.9 + 2.4 * column)
                        up = top + pane * (1.2 + 2.8 * floor)
                        shade = mix(hexed("ffd98f"), hexed(colour), random.uniform(0, 0.5))
                        pen.rectangle([left, up, left + pane, up + pane * 1.3], shade)
            x += wide * random.uniform(0.92, 1.25)
    return picture.resize(size, Image.Resampling.LANCZOS)


def chart(size: tuple[int, int], bars: Colour, line: Colour) -> Image.Image:
    """A figure as in a report: bars, a line, an axis."""
    random = Random(3)
    width, height = size[0] * FINE, size[1] * FINE
    picture = Image.new("RGB", (width, height), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    left, right, top, floor = 0.08 * width, 0.95 * width, 0.14 * height, 0.86 * height
    for step in range(5):
        y = floor - (floor - top) * step / 4
        pen.line([left, y, right, y], hexed("e8e6e3"), 2 * FINE)
        pen.rounded_rectangle(
            [left * 0.35, y - 0.012 * height, left * 0.75, y + 0.012 * height],
            0.01 * height,
            hexed("d5d2ce"),
        )
    points = []
    for order in range(12):
        slot = (right - left) / 12
        x = left + slot * (order + 0.5)
        tall = (floor - top) * (0.25 + 0.05 * order + random.uniform(-0.08, 0.12))
        pen.rounded_rectangle(
            [x - slot * 0.28, floor - tall, x + slot * 0.28, floor], slot * 0.08, bars
        )
        points.append((x, floor - tall - (floor - top) * random.uniform(0.06, 0.16)))
    pen.line(points, line, 4 * FINE, joint="curve")
    for x, y in points:
        r = 6 * FINE
        pen.ellipse([x - r, y - r, x + r, y + r], (255, 255, 255), line, 3 * FINE)
    pen.rounded_rectangle(
        [left, top * 0.35, left + 0.3 * width, top * 0.62], 0.01 * height, hexed("b9b5b0")
    )
    return picture.resize(size, Image.Resampling.LANCZOS)


def waves(size: tuple[int, int], colours: Sequence[Colour]) -> Image.Image:
    """The sea as on a woodcut: one wave behind the other."""
    width, height = size[0] * FINE, size[1] * FINE
    picture = gradient((width, height), [mix(colours[0], (255, 255, 255), 0.7), colours[0]])
    random = Random(9)
    for layer in range(9):
        part = layer / 8
        phase = random.uniform(0, tau)
        swing = height * (0.015 + 0.03 * part)
        line = [
            height * (0.3 + 0.68 * part)
            + swing * (1 - abs(sin(x / width * pi * (7 - 4 * part) + phase)) * 2)
            for x in range(width)
        ]
        colour = mix(colours[layer % 2], colours[2], part)
        fill_below(picture, [y - 5 * FINE for y in line], mix(colour, (255, 255, 255), 0.55))
        fill_below(picture, line, colour)
    return picture.resize(size, Image.Resampling.LANCZOS)


SCENES: dict[str, Callable[[], Image.Image]] = {
    "Hills in the morning.jpg": lambda: hills(
        (1600, 1067),
        [hexed("8fc1d4"), hexed("cfe3dc"), hexed("fbe9cf")],
        hexed("1f4a4d"),
        (0.3, 0.36, 0.045),
        7,
    ),
    "城市夜景.png": lambda: city((1280, 853)),
    "sales-by-month.png": lambda: chart((1200, 760), hexed("a9c7d8"), hexed("d8623f")),
    "West Lake at dusk.jpg": lambda: lake(
        (1600, 1100), [hexed("4c5b93"), hexed("c58ba0"), hexed("ffd2a1")], hexed("2b2f55"), 21
    ),
    "garden.webp": lambda: petals(
        (1400, 1050), hexed("26483f"), [hexed("f2a7a0"), hexed("f6d186"), hexed("e8e3f5")]
    ),
    "Sea.avif": lambda: waves((1500, 1000), [hexed("7fb7c9"), hexed("4a8fb0"), hexed("143f6b")]),
    "dunes.jpg": lambda: hills(
        (1067, 1600),
        [hexed("f2c38f"), hexed("f7d9ae"), hexed("fdeed6")],
        hexed("a2482b"),
        (0.62, 0.34, 0.08),
        33,
        4,
    ),
    "月光.jpg": lambda: hills(
        (1600, 1000),
        [hexed("0b1430"), hexed("20305c"), hexed("54639a")],
        hexed("070b1c"),
        (0.74, 0.27, 0.04),
        5,
        5,
        150,
    ),
    "Quarterly report, figure 2.png": lambda: chart((1200, 760), hexed("c9d6b3"), hexed("3f6d8a")),
    "tea fields.jpg": lambda: hills(
        (1600, 1067),
        [hexed("b7d9e8"), hexed("e3f0e4"), hexed("f4f7df")],
        hexed("2c6a3a"),
        (0.84, 0.2, 0.035),
        58,
        8,
    ),
    "wallpaper.png": lambda: waves(
        (1600, 900), [hexed("f2b8a0"), hexed("e98a7b"), hexed("6b2c5b")]
    ),
    "Blossoms.jpg": lambda: petals(
        (1500, 1000), hexed("f6ece4"), [hexed("e58e9b"), hexed("f0b7a4"), hexed("b9c8a6")]
    ),
}
"""What is on show: how to draw it, by the name of its file."""
