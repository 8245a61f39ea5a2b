"""Workers of the service are listed each; one that is dead is noticed by no client."""

from __future__ import annotations

import asyncio

import httpx

from tests.envoy.proxy import every_envoy, free_port
from tests.envoy.scripted import Service, gateway, ordering
from tests.envoy.scripted_provider import answering

pytestmark = every_envoy()


async def calls(run, count):
    async with httpx.AsyncClient() as client:
        answers = [await client.post(f"{run.url}/v1/chat/completions", json={}) for _ in range(count)]
    return {answer.status_code for answer in answers}


async def test_a_dead_worker_is_noticed_by_no_client(version, tmp_path):
    service = Service(ordering("only"))
    dead_too = {"workers": 2, "http": f"127.0.0.1:{free_port()}"}
    async with gateway(version, tmp_path, service, listen=dead_too, only=answering(200)) as run:
        assert await calls(run, 20) == {200}


async def test_a_worker_that_dies_and_comes_back_costs_no_more_than_a_moment(version, tmp_path):
    service = Service(ordering("only"))
    async with gateway(version, tmp_path, service, only=answering(200)) as run:
        assert await calls(run, 3) == {200}
        await service.restart(during=lambda: calls_closed(run))
        async with asyncio.timeout(3):
            while await calls(run, 1) != {200}:
                pass


async def calls_closed(run):
    assert await calls(run, 3) == {503}


async def test_workers_listen_on_sockets_of_their_own(version, tmp_path):
    service = Service(ordering("only"), address=f"unix:{tmp_path}/s")
    async with gateway(version, tmp_path, service, listen={"grpc": service.address}, only=answering(200)) as run:
        assert await calls(run, 5) == {200}
