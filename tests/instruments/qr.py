"""Reading QR codes off a printed page: ISO/IEC 18004, versions 2 to 5, byte mode, undamaged.

Written for these tests and apart from the library that draws the codes: what is printed is what is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

# Data codewords of each block, by version and error-correction level.
BLOCKS = {
    (2, "L"): [34], (2, "M"): [28], (2, "Q"): [22], (2, "H"): [16],
    (3, "L"): [55], (3, "M"): [44], (3, "Q"): [17] * 2, (3, "H"): [13] * 2,
    (4, "L"): [80], (4, "M"): [32] * 2, (4, "Q"): [24] * 2, (4, "H"): [9] * 4,
    (5, "L"): [108], (5, "M"): [43] * 2, (5, "Q"): [15, 15, 16, 16], (5, "H"): [11, 11, 12, 12],
}  # fmt: skip
LEVELS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}
MASKS = (
    lambda r, c: (r + c) % 2,
    lambda r, _c: r % 2,
    lambda _r, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
)


def read_qr(image: Any) -> str:
    """The text of the one code in a greyscale picture that shows nothing else."""
    dark = np.asarray(image.convert("L")) < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    code = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    finder = int(np.argmin(code[0]))  # the upper edge of the first finder pattern: seven modules
    size = round(code.shape[1] / (finder / 7))
    centres = ((np.arange(size) + 0.5) * code.shape[1] / size).astype(int)
    return _text(code[np.ix_(centres, centres)])


def _text(modules: Any) -> str:
    size = len(modules)
    version = (size - 17) // 4
    spots = [*((8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)), *((r, 8) for r in (7, 5, 4, 3, 2, 1, 0))]
    form = int("".join(str(int(modules[spot])) for spot in spots), 2) ^ 0b101010000010010
    level, mask = LEVELS[form >> 13], MASKS[form >> 10 & 0b111]
    bits = "".join(str(int(modules[r, c]) ^ (mask(r, c) == 0)) for r, c in _path(size, version))
    words = [int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)]
    sizes = BLOCKS[version, level]
    blocks: list[list[int]] = [[] for _ in sizes]
    source = iter(words)
    for round_ in zip_longest(*(range(length) for length in sizes)):
        for block, present in zip(blocks, round_, strict=True):
            if present is not None:
                block.append(next(source))
    stream = "".join(f"{word:08b}" for block in blocks for word in block)
    assert stream[:4] == "0100", "byte mode"
    count = int(stream[4:12], 2)
    return bytes(int(stream[12 + 8 * n : 20 + 8 * n], 2) for n in range(count)).decode()


def _path(size: int, version: int) -> Iterator[tuple[int, int]]:
    """The modules that carry data, two columns at a time, from the right, up and down in turn."""
    taken = np.zeros((size, size), dtype=bool)
    taken[:9, :9] = taken[:9, -8:] = taken[-8:, :9] = True
    taken[6, :] = taken[:, 6] = True
    if version > 1:
        taken[-9:-4, -9:-4] = True
    upwards = True
    for right in [*range(size - 1, 6, -2), *range(5, 0, -2)]:
        for row in range(size - 1, -1, -1) if upwards else range(size):
            yield from ((row, column) for column in (right, right - 1) if not taken[row, column])
        upwards = not upwards
