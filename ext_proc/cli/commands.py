"""The table of commands, each imported only when it is run, so that `--help` is quick."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that may be imported: `place` is `module:name`, `about` its line in the list of commands."""

    place: str
    about: str

    def exists(self) -> bool:
        return find_spec(self.module) is not None

    @property
    def module(self) -> str:
        return self.place.partition(":")[0]

    def load(self) -> Any:
        return getattr(import_module(self.module), self.place.partition(":")[2])


COMMANDS = {
    "demo": Entry("ext_proc.cli.demo:demo", "Show a real call through a real Envoy and a fake provider."),
    "check": Entry("ext_proc.cli.check:check", "Check the settings file, and tell every mistake with its place."),
    "render": Entry("ext_proc.cli.render:app", "Print the configuration that the proxy needs."),
    "serve": Entry("ext_proc.cli.serve:serve", "Serve decisions to the proxy."),
    "keys": Entry("ext_proc.cli.keys:app", "Make, list and revoke the virtual keys that clients call with."),
    "budgets": Entry("ext_proc.cli.budgets:app", "Show how the limits stand."),
    "prices": Entry("ext_proc.cli.prices:app", "Show what models cost, by which list, and since when."),
    "usage": Entry("ext_proc.cli.usage:usage", "Sum up calls, tokens and exact cost."),
}
