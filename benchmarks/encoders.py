"""What the settings of a variant's encoder cost and give: the figures of docs/adr/0007-variants.md.

    python benchmarks/encoders.py             about 2 minutes

Three photographs of 12 megapixels, one to be turned. CPU milliseconds of this process for the whole
making, decoding included; the better of two tries. SSIM against a careful resize of the original.
"""

from __future__ import annotations

import tempfile
import time
from io import BytesIO
from itertools import product
from pathlib import Path
from statistics import mean

import photos
import report
from PIL import Image, ImageOps
from ssim import ssim

TURNED = {5, 6, 7, 8}
ORIENTATION = 0x0112
FILTERS = {"bicubic": Image.Resampling.BICUBIC, "Lanczos": Image.Resampling.LANCZOS}
SWEEPS = (
    # width, format, sizes asked of the decoder (2: twice as large), option, its values, qualities
    (320, "webp", (1, 2), "method", (1, 2, 4), (80, 83)),
    (1600, "webp", (1,), "method", (0, 1, 2, 4), (80, 83)),
    (1600, "avif", (1,), "speed", (8, 9), (60, 64)),
)


def make(path: Path, width: int, gap: int, way: str, format_: str, **options: int) -> bytes:
    """One variant."""
    with Image.open(path) as picture:
        long, short = picture.size
        turned = picture.getexif().get(ORIENTATION) in TURNED
        box = (width * long // short, width) if turned else (width, width * short // long)
        picture.draft("RGB", (box[0] * gap, box[1] * gap))
        scaled = picture.resize(box, FILTERS[way])
    if turned:
        scaled = scaled.transpose(Image.Transpose.ROTATE_270)
    out = BytesIO()
    scaled.save(out, format_, **options)
    return out.getvalue()


def measure(path: Path, careful: Image.Image, *how: object, **options: int) -> list[float]:
    """CPU milliseconds, SSIM, KB."""
    spent = []
    content = b""
    for _ in range(2):
        before = time.process_time()
        content = make(path, *how, **options)  # type: ignore[arg-type]
        spent.append((time.process_time() - before) * 1000)
    with Image.open(BytesIO(content)) as made:
        return [min(spent), ssim(careful, made), len(content) / 1024]


def main() -> None:
    load = report.load_average()
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        album = photos.album(Path(temporary), 3)
        shots = []
        for path in album:
            with Image.open(path) as shot:
                shots.append(ImageOps.exif_transpose(shot).convert("RGB"))
        for width, format_, gaps, name, values, qualities in SWEEPS:
            careful = []
            for shot in shots:
                size = width, width * shot.height // shot.width
                careful.append(shot.resize(size, Image.Resampling.LANCZOS))
            for gap, way, value, quality in product(gaps, FILTERS, values, qualities):
                options = {"quality": quality, name: value}
                each = [
                    measure(path, aim, width, gap, way, format_, **options)
                    for path, aim in zip(album, careful, strict=True)
                ]
                cpu, alike, size_kb = (mean(column) for column in zip(*each, strict=True))
                asked = f"{width} px {format_}, decoded at ≥ {gap} ×, {way}"
                told = f"{name} {value}, quality {quality}"
                rows.append([asked, told, f"{cpu:.0f}", f"{alike:.4f}", f"{size_kb:.0f}"])
    head = ["variant", "encoder", "CPU ms", "SSIM", "KB"]
    report.save(report.Result("8-encoders", "Settings of the encoders", head, rows), load)


if __name__ == "__main__":
    main()
