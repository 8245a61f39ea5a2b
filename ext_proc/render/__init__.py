"""What the proxy needs, from the operator's file: one entry for each proxy that can be configured."""

from __future__ import annotations

from ext_proc.render.envoy import render as envoy

RENDERERS = {"envoy": envoy}
