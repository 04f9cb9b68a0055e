# SPDX-License-Identifier: Apache-2.0
import gi

gi.require_version("Greeting", "1.0")
from gi.repository import Greeting  # noqa: E402

print(Greeting.banner("world"))
