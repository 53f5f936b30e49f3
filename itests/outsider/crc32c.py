"""CRC-32C (section 2 of the specification; RFC 3720, appendix B.4)."""

TABLE = []
for _entry in range(256):
    for _ in range(8):
        _entry = _entry >> 1 ^ (0x82F63B78 if _entry & 1 else 0)
    TABLE.append(_entry)

# x^5685 + x^5259 + x^4323 + 1 is a multiple of the reflected polynomial. So is its square, whose exponents are the doubles.
FOLD_A, FOLD_B, FOLD_C = 5685, 5259, 4323


def crc32c(data):
    """
    The checksum of some bytes. A byte at a time would take Python minutes for the memory of a guest, so long data is made short
    first. Read as one large integer, whose bit 0 is the first to be divided, it keeps its remainder when a multiple of the
    polynomial is added that makes its first bits zero, and these are cut off. A multiple of few terms costs few shifts.
    """
    crc = 0xFFFFFFFF
    bits = 8 * len(data)
    if bits > FOLD_A:
        value, crc = int.from_bytes(data, "little") ^ crc, 0
        for k in range((bits // FOLD_A).bit_length() - 1, -1, -1):
            a, b, c = FOLD_A << k, FOLD_B << k, FOLD_C << k
            while bits - a >= 8:
                cut = min(c, bits - a) & ~7
                first = value & (1 << cut) - 1
                value = value >> cut ^ first << a - cut ^ first << b - cut ^ first << c - cut
                bits -= cut
        data = value.to_bytes(bits // 8, "little")
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
