"""The part of the operator's file about who may use the admin API: tokens by name, each with a role."""

from __future__ import annotations

from pydantic import Field, model_validator

from ext_proc.admin_tokens import Role
from ext_proc.settings_mistakes import Mistake
from ext_proc.settings_providers import Secret
from ext_proc.settings_section import Section
from ext_proc.settings_values import Name


class AdminTokenSettings(Section):
    """One token; the log names who used it by `name`."""

    name: Name
    role: Role
    token: Secret


class Admin(Section):
    tokens: list[AdminTokenSettings] = Field(min_length=1, max_length=64)

    @model_validator(mode="after")
    def _names_differ(self) -> Admin:
        names = [token.name for token in self.tokens]
        self._refuse(
            [
                Mistake(
                    ("tokens", at, "name"),
                    f"the name is taken by tokens.{names.index(name)}",
                    "a name of its own",
                    name,
                )
                for at, name in enumerate(names)
                if name in names[:at]
            ]
        )
        return self
