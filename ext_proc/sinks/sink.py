"""The shape of a sink: a callable on the rows of usage entries. It raises OSError when it cannot take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Sink = Callable[[Sequence[dict[str, Any]]], None]
