"""The size of the pictures inside AV1 and HEVC streams, from their sequence headers.

A container states a size of its own, but the decoder allocates what the stream says.
AV1 bitstream specification 5.3 and 5.5; ITU-T H.265 7.3.2.2 and 7.3.3.
"""

from __future__ import annotations

from collections.abc import Iterator

Size = tuple[int, int]

MAX_UNITS = 2000
# How much of a coded picture is looked at for sequence headers, in bytes.
MAX_CODED = 2**20
# A sequence header or a parameter set is this many bytes at most, with much to spare.
MAX_HEADER = 1024
SEQUENCE_HEADER, SPS = 1, 33


class Bits:
    """Reads numbers bit by bit; past the end there are zeros."""

    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data, "big"), 8 * len(data)

    def read(self, count: int) -> int:
        self.left -= count
        bits = self.value >> self.left if self.left >= 0 else self.value << -self.left
        return bits & ((1 << count) - 1)

    def exp_golomb(self) -> int:
        """An unsigned Exp-Golomb code; H.265 9.2."""
        zeros = 0
        while zeros < 32 and not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)


def largest(sizes: Iterator[Size]) -> Size:
    """The size of the largest area, (0, 0) if there is none."""
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def av1_sizes(data: bytes) -> Iterator[Size]:
    """The size in each sequence header among the units (OBUs) of `data`."""
    at = 0
    for _ in range(MAX_UNITS):
        if at >= len(data):
            return
        kind, extended, has_size = data[at] >> 3 & 15, data[at] & 4, data[at] & 2
        at += 2 if extended else 1
        length, at = _leb128(data, at) if has_size else (len(data) - at, at)
        if kind == SEQUENCE_HEADER:
            yield _av1_size(data[at : at + min(length, MAX_HEADER)])
        at += length


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + 8]):
        value |= (byte & 0x7F) << 7 * place
        at += 1
        if not byte & 0x80:
            break
    return value, at


def _av1_size(header: bytes) -> Size:
    bits = Bits(header)
    bits.read(4)  # profile, still_picture
    if bits.read(1):  # reduced_still_picture_header
        bits.read(5)
    else:
        _skip_operating_points(bits)
    wide, high = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(wide) + 1, bits.read(high) + 1


def _skip_operating_points(bits: Bits) -> None:
    delays = model = 0
    if bits.read(1):  # timing_info
        bits.read(64)
        if bits.read(1):  # equal_picture_interval
            bits.exp_golomb()
        model = bits.read(1)
        if model:
            delays = bits.read(5) + 1
            bits.read(32 + 5 + 5)
    initial = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:
            bits.read(1)
        if model and bits.read(1):
            bits.read(2 * delays + 1)
        if initial and bits.read(1):
            bits.read(4)


def hevc_sizes(units: Iterator[bytes]) -> Iterator[Size]:
    """The size in each sequence parameter set among NAL units without start codes."""
    for unit in units:
        if len(unit) > 2 and unit[0] >> 1 & 63 == SPS:
            yield _hevc_size(unit[2:MAX_HEADER].replace(b"\0\0\3", b"\0\0"))


def _hevc_size(body: bytes) -> Size:
    bits = Bits(body)
    bits.read(4)
    layers = bits.read(3)
    bits.read(1 + 88 + 8)
    _skip_layers(bits, layers)
    bits.exp_golomb()
    if bits.exp_golomb() == 3:  # chroma format 4:4:4
        bits.read(1)
    return bits.exp_golomb(), bits.exp_golomb()


def _skip_layers(bits: Bits, layers: int) -> None:
    present = [(bits.read(1), bits.read(1)) for _ in range(layers)]
    if layers:
        bits.read(2 * (8 - layers))
    for profile, level in present:
        bits.read(88 * profile + 8 * level)


def length_prefixed(data: bytes, size: int = 4) -> Iterator[bytes]:
    """The first bytes of the NAL units of an item, each behind its length of `size` bytes."""
    at = 0
    for _ in range(MAX_UNITS):
        if at + size >= len(data):
            return
        length = int.from_bytes(data[at : at + size], "big")
        yield data[at + size : at + size + min(length, MAX_HEADER)]
        at += size + length
