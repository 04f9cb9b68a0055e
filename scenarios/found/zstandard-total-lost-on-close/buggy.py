# SPDX-License-Identifier: Apache-2.0
"""Each writer that closes flushes itself by a call of its own method, and drops what that returned."""

import io
import os

import zstandard

data = os.urandom(1000)
for _ in range(50):
    with zstandard.ZstdCompressor().stream_writer(io.BytesIO()) as writer:
        writer.write(data)
print("done")
