# SPDX-License-Identifier: Apache-2.0
"""compressobj() returns what it has: nothing is closed."""

import os

import zstandard

data = os.urandom(1000)
for _ in range(50):
    writer = zstandard.ZstdCompressor().compressobj()
    packed = writer.compress(data) + writer.flush()
    assert zstandard.decompress(packed, max_output_size=len(data)) == data
print("done")
