"""Pairs of pictures that differ and have the same MD5.

A BMP has its pixels as they are, so a collision can be made of them: the first 64 bytes of the file
are given, the next 128 were searched for so that MD5 cannot tell in which of two forms they come.
The way is that of Wang and Yu (2005) and Klima (2006), and takes half a minute on one core.
"""

import struct

WIDTH, HEIGHT = 7, 5  # of 32 bits each: 140 bytes, the first 10 of them in the first 64 of the file


def _start(number: int) -> bytes:
    size = WIDTH * HEIGHT * 4
    header = struct.pack("<2sIHHI", b"BM", 54 + size, 0, 0, 54)
    header += struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 32, 0, size, 2835, 2835, 0, 0)
    return header + bytes([number] * 10)


def _other(blocks: bytes) -> bytes:
    """The second form of two blocks: each word differs by a power of two."""
    words = list(struct.unpack("<32I", blocks))
    for index, step in ((4, 1 << 31), (11, 1 << 15), (14, 1 << 31)):
        words[index] = (words[index] + step) % (1 << 32)
        words[index + 16] = (words[index + 16] + (-step if index == 11 else step)) % (1 << 32)
    return struct.pack("<32I", *words)


def pairs() -> list[tuple[bytes, bytes]]:
    made = []
    for number, text in enumerate(BLOCKS, start=1):
        blocks = bytes.fromhex(text)
        one, other = (_start(number) + form + bytes(2) for form in (blocks, _other(blocks)))
        made.append((one, other))
    return made


BLOCKS = """
8255e703a6c0055c01e16cbd7930861e3e192f7c9116ea04ffcd391df0299bb6
5f14fddb3c49a3c44b445c5b04b07673a8ca91bd4c05b6e883ce1a54b1448851
7895a3d2ddb56cf3f56a48c8539268e3cd4f05460330b74bf8bc3557ce7a71dd
edc7b9a2773c5086369815c29dbc69dc0c7d2e55dec0b3c8fc17415a980527d8

0c460faeee0af78082f85b2ff386c6966dac7cee89a5887d433e7962c83bb000
95adf6eac025fca6ef05c934c80be697fedd2ef03bc3560b7ea0187cd12126cf
c25505526342ca3e9a2996a0e5d1d3e4eb7226a71d1543ed2a9df935cfdcc5dd
ddd7be9d313346a5a24bcd818fa4823dd64c0c0d8cc68358a41309f5fdc78c75

fb839795e11b72b89720038a9e19788cc97f68cc107e13f828227ae9ce869fe7
a9b0c0e75e026833c7e93f03a597c243927d8ef6d7215e4aaabfb951a31905a3
8b555084cb59f73941eab17ce35e9ccd4452e7170948771b1c093e954dd7188d
7d4ff6e66ab338c8fe9bc1599588ce9ce14020d976c1d394b95bd96d45a2440b

e923431ec4f6a5e9225d2ed4b8a3d4259b074e2b6e8979d5305a7a828a7c3735
6d0bbbcecce08a2feb035cdcffad763e7f5d0b9a0c45ed3dbdc0262cb3c52092
d920e45ef8d162861d8fb0ca706d310e54b5f946c3c98e4d02a9eb755239e5bf
0dafb2c9cf380588de82fd9190cc42bff62849397ac403f2d0e16af4bc677937

7fa0724c2697b0b5f08d7db5ebf641cd9163e43334ccbfc9410a44324214bfe0
9fbcc5ee4cee03114bfcc024db8d119638a90804c33035a792ebae727edf6561
b9a421b0fe511f53570b28aa48c87daf76b1b6987a6acbdd1439a7d54a8b09cf
8dc7bfed4c2eefe5867309928c7015fedad80e0f97d8c30ff65b19dda4281ce8

7c5753932bc76e3ff3d983c4cba96e7897315c9c84a6b80b3c8639c535a08a0b
2eadbef0e2b5edd26f306fd291cbb83980dd36a630cd156eaaa5cfacfe7f18f3
3cded63aaed64adf55f3e36516c96307cbae7236d808c73d1ee935464c57ecbe
ad07337f25d80489c62cc5919fb0793fdbf897817fd163d31528816ab43268bc
""".strip().split("\n\n")
