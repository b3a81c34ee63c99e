"""How many restart markers a JPEG scan has to hold: ITU T.81 annex A.2 and B.2.2 to B.2.4."""

from dataclasses import dataclass

from flaskr.imaging.metadata.walk import damaged, number

_LOSSLESS = {0xC3, 0xC7, 0xCB, 0xCF}


@dataclass(frozen=True)
class Frame:
    """A frame header: samples a line, lines, and each component's sampling factors.

    `unit` is the side of a data unit in samples: 8, or 1 in lossless frames.
    """

    width: int
    height: int
    factors: dict[int, tuple[int, int]]
    unit: int

    def holds(self, scan: memoryview) -> bool:
        """Whether a scan header is well-formed and names components of this frame only."""
        count = scan[0] if len(scan) else 0
        return (
            0 < count <= 4
            and len(scan) == 4 + 2 * count
            and all(component in self.factors for component in scan[1 : 1 + 2 * count : 2])
        )

    def samples(self, scan: memoryview) -> int:
        """Return how many samples a decoder goes through for the scan with this header."""
        widest = max(pair[0] for pair in self.factors.values())
        tallest = max(pair[1] for pair in self.factors.values())
        return sum(
            _ceil(self.width * across, widest) * _ceil(self.height * down, tallest)
            for across, down in map(self.factors.__getitem__, scan[1 : 1 + 2 * scan[0] : 2])
        )


def read_frame(code: int, body: memoryview) -> Frame:
    """Read the body of the frame header (SOFn) whose marker code is `code`."""
    count = body[5] if len(body) > 5 else 0
    if not count or len(body) != 6 + 3 * count:
        raise damaged("frame header")
    factors = {body[at]: (body[at + 1] >> 4, body[at + 1] & 15) for at in range(6, len(body), 3)}
    width = number(body, 3, 2)
    if not width or any(not 0 < factor <= 4 for pair in factors.values() for factor in pair):
        raise damaged("frame header")
    unit = 1 if code in _LOSSLESS else 8
    return Frame(width, number(body, 1, 2), factors, unit)


def restarts(frame: Frame, scan: memoryview, interval: int) -> int | None:
    """Return how many restart markers the scan needs, or None if the header leaves it open.

    `interval` is in minimum coded units (MCUs): blocks of a single component, or of all.
    """
    if not interval:
        return 0
    if not frame.height:  # a DNL segment after the scan tells it
        return None
    widest = max(pair[0] for pair in frame.factors.values())
    tallest = max(pair[1] for pair in frame.factors.values())
    if scan[0] == 1:
        across, down = frame.factors[scan[1]]
        columns = _ceil(_ceil(frame.width * across, widest), frame.unit)
        rows = _ceil(_ceil(frame.height * down, tallest), frame.unit)
    else:
        columns = _ceil(frame.width, frame.unit * widest)
        rows = _ceil(frame.height, frame.unit * tallest)
    return _ceil(columns * rows, interval) - 1


def _ceil(value: int, by: int) -> int:
    return -(-value // by)
