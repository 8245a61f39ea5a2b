"""The demo from its first line to its last: sets the scene, runs the steps, and leaves the gateway up until told."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ext_proc.demo.files import PRICES
from ext_proc.demo.gateway import NotReady
from ext_proc.demo.interrupts import Interrupted, Interrupts, interruptible
from ext_proc.demo.scene import Scene, forget_what_steers_the_sdks, prepared, ready
from ext_proc.demo.show import Show

if TYPE_CHECKING:
    from ext_proc.demo.stage import Stage
    from ext_proc.demo.steps import Step

INTERRUPTED = 128 + signal.SIGINT
LOGS = ("service", "envoy")
ABOUT = (
    "A real Envoy, this service in two processes, and two fake providers: one speaks OpenAI's API, the other "
    "Anthropic's. All calls are real ones, made by the official SDKs."
)
CURL = """\
curl -N {url}/v1/chat/completions \\
  -H 'Authorization: Bearer {key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"model": "claude-haiku-4-5", "stream": true, "max_tokens": 100,
       "messages": [{{"role": "user", "content": "Who stands at the toll?"}}]}}'"""


@dataclass(slots=True)
class Demo:
    """`port` is where the gateway should listen; another is taken when it is in use. `once` ends after the steps."""

    envoy: Path
    port: int
    once: bool
    show: Show
    shown: bool | None = None

    def run(self) -> int:
        """The exit status: 0 when every step showed what it should, 1 when not, 130 when interrupted before."""
        forget_what_steers_the_sdks()
        with interruptible() as interrupts:
            try:
                self._told(interrupts)
            except Interrupted:
                self.show.say("")
            self.show.say("Stopped: nothing is left running.", "dim")
        return INTERRUPTED if self.shown is None else int(not self.shown)

    def _told(self, interrupts: Interrupts) -> None:
        began = time.monotonic()
        self.show.say(ABOUT)
        with prepared(self.envoy, self.port, interrupts) as scene:
            self._introduce(scene)
            try:
                ready(scene)
                self.show.ok(f"Envoy and both workers are ready on {scene.gateway.url}", began)
                self._play(scene)
            except NotReady as error:
                self.shown = False
                self._failed(scene, str(error))

    def _introduce(self, scene: Scene) -> None:
        files = scene.gateway.files
        for name, text, language in (
            (str(files.settings), files.settings.read_text(), "yaml"),
            ("prices.yaml, beside it", PRICES, "yaml"),
        ):
            self.show.say("")
            self.show.verbatim(name, "bold")
            self.show.code(text, language)
        self.show.say("")

    def _play(self, scene: Scene) -> None:
        from ext_proc.demo.stage import Stage  # noqa: PLC0415  brings the SDKs, which `ready` has loaded
        from ext_proc.demo.steps import STEPS  # noqa: PLC0415

        stage = Stage(self.show, scene.gateway, scene.providers, scene.interrupts)
        for name in ("demo", "trial"):
            stage.keys[name] = stage.command("keys", "create", "--quiet", "--name", name, "--team", name).strip()
        results = [self._step(scene, stage, number, step) for number, step in enumerate(STEPS, 1)]
        self.shown = all(results)
        self.show.say("")
        self.show.say(f"{sum(results)} of {len(results)} steps showed what they promise.", "bold")
        if not self.once:
            self._leave_up(scene, stage.keys["demo"])

    def _step(self, scene: Scene, stage: Stage, number: int, step: Step) -> bool:
        from ext_proc.demo.stage import FAULTS  # noqa: PLC0415

        scene.interrupts.check()
        began = time.monotonic()
        self.show.step(number, step.title)
        try:
            self.show.ok(step.run(stage), began)
        except FAULTS as fault:
            self._failed(scene, f"{type(fault).__name__}: {fault}")
            return False
        return True

    def _failed(self, scene: Scene, reason: str) -> None:
        self.show.failed(reason, {name: scene.gateway.files.tail(name) for name in LOGS})

    def _leave_up(self, scene: Scene, key: str) -> None:
        """Until a signal comes. Raises NotReady when a process ends by itself."""
        config = scene.gateway.files.settings
        self.show.say("")
        self.show.say("The gateway is up. Paste this into another terminal:")
        self.show.say("")
        self.show.code(CURL.format(url=scene.gateway.url, key=key), "sh")
        self.show.say("")
        self.show.say("and look at what it did:")
        for command in ("usage --by key,model", "budgets list"):
            self.show.verbatim(f"  tollkeeper {command} -c {config}")
        self.show.say("")
        self.show.say("Ctrl-C ends it all and removes its folder.")
        scene.gateway.watch(scene.processes, scene.interrupts)
