"""What every part of the operator's file is: a frozen model to which an unknown key is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ext_proc.settings_mistakes import Mistake


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def _refuse(cls, mistakes: Sequence[Mistake]) -> None:
        if mistakes:
            raise ValidationError.from_exception_data(cls.__name__, [mistake.detail() for mistake in mistakes])
