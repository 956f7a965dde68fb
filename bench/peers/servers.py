"""Throw-away peers on loopback: started with a directory and a port of their own, stopped and
removed at the end."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
from pathlib import Path

from bench.harness.process import Child, Failure, run, throw_away_directory

HERE = Path(__file__).resolve().parent
POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")


def settings(file):
    """The lines of a settings file that set something."""
    lines = (HERE / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def missing():
    """What is not installed, in words; empty when all is there."""
    found = []
    if shutil.which("redis-server") is None:
        found.append("redis-server (Debian's package redis-server)")
    if not (POSTGRES_BIN / "postgres").exists():
        found.append("PostgreSQL 15 (Debian's package postgresql-15)")
    if os.geteuid() == 0 and _postgres_user() is None:
        found.append("a user `postgres`: PostgreSQL refuses to run as root")
    return found


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def redis(base, appendfsync, cpus=(), others=()):
    """Yields the port of a Redis whose append-only file is synced so; if processors are named, its
    thread that serves runs on those, what it does beside on the others."""
    with throw_away_directory(base) as directory:
        port = _free_port()
        command = ["redis-server", HERE / "redis.conf", "--port", port, "--dir", directory]
        command += ["--appendfsync", appendfsync]
        if cpus:
            beside = ",".join(map(str, others))
            command += ["--server_cpulist", ",".join(map(str, cpus)), "--bio_cpulist", beside]
        child = Child(command, directory / "log")
        try:
            child.wait_until(lambda: _answers(port))
            yield port
        finally:
            child.stop(signal.SIGKILL)  # its data are removed, so it need not write them


def _postgres_user():
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


@contextlib.contextmanager
def postgres(base):
    """Yields the port of a PostgreSQL; as root it runs as user postgres."""
    user = _postgres_user() if os.geteuid() == 0 else None
    options = {}
    if user is not None:
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with throw_away_directory(base, user and user.pw_uid) as directory:
        data = directory / "data"
        _reachable(directory, options)
        make = ["initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--no-sync"]
        make[0] = POSTGRES_BIN / make[0]
        run([*make, "--encoding=UTF8", "--locale=C"], 120, cwd=directory, **options)
        with open(data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write((HERE / "postgresql.conf").read_text())
        port = _free_port()
        command = [POSTGRES_BIN / "postgres", "-D", data, "-p", port, "-k", directory]
        child = Child(command, directory / "log", cwd=directory, **options)
        try:
            child.wait_until((data / "postmaster.pid").exists)
            child.wait_until(lambda: _is_ready(data))
            yield port
        finally:
            child.stop(signal.SIGQUIT)  # at once: its data are removed


def _reachable(directory, options):
    try:
        run(["test", "-w", directory], 10, cwd="/", **options)
    except Failure:
        raise Failure(
            f"user postgres cannot reach {directory}: name another --directory, one that all "
            "users may enter"
        ) from None


def _is_ready(data):
    """The last line of the server's own status file says so."""
    with contextlib.suppress(OSError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return len(lines) >= 8 and lines[7].strip() == "ready"
    return False
