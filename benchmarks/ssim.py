"""How alike two pictures are to an eye: SSIM (Wang et al. 2004), on luminance, windows of 8 × 8."""

from __future__ import annotations

import numpy as np
from PIL import Image

WINDOW = 8
# The stabilising constants of the paper for values from 0 to 255.
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def means(values: np.ndarray) -> np.ndarray:
    """The mean of every window, by sums over a running total."""
    total = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    k = WINDOW
    return (total[k:, k:] - total[:-k, k:] - total[k:, :-k] + total[:-k, :-k]) / k**2


def ssim(one: Image.Image, other: Image.Image) -> float:
    """1.0 for the same picture. Both have to be of one size."""
    a, b = (np.asarray(picture.convert("L"), np.float64) for picture in (one, other))
    mean_a, mean_b = means(a), means(b)
    variance_a = means(a * a) - mean_a**2
    variance_b = means(b * b) - mean_b**2
    covariance = means(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + C1) * (2 * covariance + C2)
    likeness /= (mean_a**2 + mean_b**2 + C1) * (variance_a + variance_b + C2)
    return float(likeness.mean())
