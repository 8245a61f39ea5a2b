"""Count: the answer to who asks for a count of tokens where no provider of the model has an API for it.

An estimate from the bytes of the request, rather above the truth than below, and never billed.
"""

from __future__ import annotations

from ext_proc.errors import Unsupported
from ext_proc.stages.read import UNCOUNTED_FOR_TOOLS, Reading
from ext_proc.stages.relay import BYTES_PER_TOKEN
from ext_proc.token_count import Count

ESTIMATED = ("x-tollkeeper-estimated", "true")
PER_IMAGE = 1600
"""What an image of a common size is read as at most by those who read it in one resolution."""


def estimated(reading: Reading, size: int) -> bytes:
    """The body of the answer. `size` is that of the request's body in bytes. Raises `Unsupported` for other input."""
    outline = reading.outline
    unbounded = outline.outside or outline.windowed
    if unbounded is not None:
        raise Unsupported(
            f"`{unbounded}` brings in input that cannot be counted here, and no provider of the model counts.",
            code="unbounded_input",
            param=unbounded,
        )
    return reading.api.write_answer([Count(estimated_input(reading, max(size - outline.image_bytes, 0)))])


def estimated_input(reading: Reading, text_bytes: int) -> int:
    """Input tokens, rather more than fewer; what documents have in them is not among these."""
    tools = UNCOUNTED_FOR_TOOLS if reading.outline.tools else 0
    return -(-text_bytes // BYTES_PER_TOKEN) + reading.outline.images * PER_IMAGE + tools
