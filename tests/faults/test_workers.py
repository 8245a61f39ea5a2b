"""Workers share nothing but the store: any of them serves any part of a call, and one that dies loses nothing."""

from __future__ import annotations

import copy
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx
import openai
import pytest

from ext_proc.render.envoy import render
from ext_proc.settings_file import load
from tests.envoy.proxy import every_envoy, free_port
from tests.gateway import _process, gateway, poll
from tests.sdks.scripts import SCENARIOS, USAGE, anthropic_answer, openai_answer

MODELS = {
    "gpt-4o-mini": {"backends": [{"provider": "openai"}]},
    "chat-on-messages": {"backends": [{"provider": "anthropic", "model": "claude-haiku-4-5"}]},
    "messages-on-chat": {"backends": [{"provider": "openai", "model": "gpt-4o-mini"}]},
}
LIMITS = [
    {"name": "tokens", "per": ["key"], "tokens": 10_000_000, "window": "1h"},
    {"name": "slots", "per": ["key"], "concurrent": 50},
]
USER = [{"role": "user", "content": "text"}]


def slowly(answer, pause):
    def slow(received):
        reply = answer(received)
        reply.pause = pause
        return reply

    return slow


def split(bootstrap):
    """The same bootstrap, but the edge asks only the first worker and the upstream filters only the second."""
    clusters = bootstrap["static_resources"]["clusters"]
    first = next(cluster for cluster in clusters if cluster["name"] == "tollkeeper")
    second = copy.deepcopy(first)
    second["name"] = second["load_assignment"]["cluster_name"] = "tollkeeper-second"
    endpoints = first["load_assignment"]["endpoints"][0]["lb_endpoints"]
    first["load_assignment"]["endpoints"][0]["lb_endpoints"] = endpoints[:1]
    second["load_assignment"]["endpoints"][0]["lb_endpoints"] = endpoints[1:]
    upstream = json.dumps([cluster for cluster in clusters if cluster is not first])
    others = json.loads(upstream.replace('"cluster_name": "tollkeeper"', '"cluster_name": "tollkeeper-second"'))
    bootstrap["static_resources"]["clusters"] = [first, second, *others]
    return bootstrap


@every_envoy()
def test_the_edge_call_and_the_upstream_stream_may_land_on_different_workers(tmp_path, version):
    with gateway(tmp_path, version, openai_answer, anthropic_answer, models=MODELS, limits=LIMITS) as gate:
        port, admin = free_port(), free_port()
        gate.settings["proxy"]["listen"] = f"127.0.0.1:{port}"
        bootstrap = split(render(load(gate.config), version=version, admin=f"127.0.0.1:{admin}"))
        text = json.dumps(bootstrap).replace(f'"port_value": {gate.port}', f'"port_value": {port}')
        path = tmp_path / "split.json"
        path.write_text(text)
        command = (
            str(gate.envoy.args[0]),
            "-c",
            str(path),
            "--use-dynamic-base-id",
            "--concurrency",
            "1",
            "-l",
            "error",
        )
        key = gate.key()
        with _process(gate, "second-envoy", *command):
            gate.port = port
            poll(lambda: _answers(gate.url), 20)
            for _ in range(5):
                with gate.client(anthropic.Anthropic, key).messages.stream(
                    model="messages-on-chat", max_tokens=50, messages=USER
                ) as stream:
                    assert "".join(stream.text_stream) == SCENARIOS["text"]["text"]
                answer = gate.client(openai.OpenAI, key).chat.completions.create(
                    model="chat-on-messages", messages=USER
                )
                assert answer.choices[0].message.content == SCENARIOS["text"]["text"]
            entries = gate.entries(10)
            assert {(entry["output_tokens"], entry["estimated"]) for entry in entries} == {(USAGE["output"], False)}
            stats = httpx.get(f"http://127.0.0.1:{admin}/clusters").text
            assert "tollkeeper-second" in stats


def _answers(url):
    try:
        return httpx.get(url + "/v1/models").status_code == 401
    except httpx.TransportError:
        return False


def test_a_worker_killed_between_requests_costs_no_call(tmp_path):
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer, models=MODELS, limits=LIMITS) as gate:
        client = gate.client(openai.OpenAI)
        for round_ in range(6):
            if round_ % 2:
                poll(gate.all_serve, 20)
                os.kill(gate.workers()[round_ // 2 % 2], signal.SIGKILL)
            for _ in range(5):
                answer = client.chat.completions.create(model="chat-on-messages", messages=USER)
                assert answer.choices[0].message.content == SCENARIOS["text"]["text"]
        poll(lambda: len(gate.workers()) == 2)
        assert len(gate.entries(30, within=15)) == 30


@pytest.mark.parametrize("version", ["1.37", "1.40"])
def test_a_worker_killed_in_the_middle_of_streams_leaves_nothing_behind(tmp_path, version):
    fakes = (slowly(openai_answer, 0.15), slowly(anthropic_answer, 0.15))
    with gateway(tmp_path, version, *fakes, models=MODELS, limits=LIMITS) as gate:
        key, ends = gate.key(), []
        first_chunks = threading.Barrier(17)

        def stream(model):
            asked = {"stream": True, "stream_options": {"include_usage": True}, "max_completion_tokens": 100}
            body = {"model": model, "messages": USER, **asked}
            with httpx.Client(timeout=30) as client:
                try:
                    with client.stream(
                        "POST", gate.url + "/v1/chat/completions", json=body, headers={"x-api-key": key}
                    ) as answer:
                        pieces = answer.iter_bytes()
                        chunks = [next(pieces)]
                        first_chunks.wait(10)
                        chunks += pieces
                        ends.append((model, answer.status_code, b"".join(chunks).rstrip().endswith(b"[DONE]")))
                except httpx.TransportError:
                    ends.append((model, 0, False))

        with ThreadPoolExecutor(16) as pool:
            running = [pool.submit(stream, model) for model in ("chat-on-messages", "gpt-4o-mini") * 8]
            first_chunks.wait(10)
            os.kill(gate.workers()[0], signal.SIGKILL)
            for one in running:
                one.result(30)
        assert len(ends) == 16
        native = [whole for model, _, whole in ends if model == "gpt-4o-mini"]
        assert all(native), "a stream that Envoy meters by itself does not need the worker"
        assert any(whole for model, _, whole in ends if model == "chat-on-messages"), "the other worker's streams go on"
        for _ in range(20):
            assert (
                gate.post(
                    "/v1/chat/completions", {"model": "gpt-4o-mini", "messages": USER}, {"x-api-key": key}
                ).status_code
                == 200
            )
        poll(lambda: all(row["leased"] == 0 for row in json.loads(gate.cli("budgets", "list", "--json"))), within=15)
        entries = gate.entries(36, within=15)
        assert len(entries) == 36
        assert all(entry["output_tokens"] > 0 or entry["outcome"] == "aborted" for entry in entries)


def test_sigterm_drains_open_streams_and_refuses_no_call(tmp_path):
    fakes = (slowly(openai_answer, 0.3), slowly(anthropic_answer, 0.3))
    with gateway(tmp_path, "1.40", *fakes, models=MODELS, limits=LIMITS) as gate:
        client = gate.client(openai.OpenAI)
        stream = client.chat.completions.create(model="chat-on-messages", messages=USER, stream=True)
        first = next(iter(stream))
        gate.service.send_signal(signal.SIGTERM)
        began = time.monotonic()
        text = (first.choices[0].delta.content or "") + "".join(
            c.choices[0].delta.content or "" for c in stream if c.choices
        )
        assert text == SCENARIOS["text"]["text"]
        assert gate.service.wait(30) == 0
        assert time.monotonic() - began > 1
        answer = gate.post("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": USER})
        assert answer.status_code == 503
        assert answer.json()["error"]["message"]
        entry = gate.entries(1)[0]
        assert (entry["outcome"], entry["output_tokens"]) == ("served", USAGE["output"])


def test_the_http_side_tells_health_and_readiness(tmp_path):
    with gateway(tmp_path, "1.40", openai_answer, anthropic_answer) as gate:
        http = "http://" + gate.settings["listen"]["http"]
        assert httpx.get(http + "/healthz").json() == {"status": "ok"}
        assert httpx.get(http + "/readyz").json()["status"] == "ready"
