"""A throw-away hongbaod, and `hongbao load` against it."""

import contextlib
import json
import re

from bench.harness.process import (
    BIN,
    Child,
    Failure,
    busy_loops,
    cpus_apart,
    run,
    tail,
    throw_away_directory,
)

# What `hongbao load` may take beside the time that it asks for: preparing, draining, the audit.
PREPARING_SECONDS_MAX = 600


@contextlib.contextmanager
def server(base, workers=1, cpus=(), settings=""):
    """Starts it on a free port with an empty data directory below `base`; yields its address.

    Its workers run on those processors if some are named; `settings` is the text of its settings
    file.  At the end it is stopped, which must succeed, and its data are removed.
    """
    with throw_away_directory(base) as directory:
        command = [BIN / "hongbaod", "--listen", "127.0.0.1:0", "--data", directory / "data"]
        command += ["--workers", workers]
        if settings:
            (directory / "settings.toml").write_text(settings)
            command += ["--config", directory / "settings.toml"]
        if cpus:
            command += ["--cpus", ",".join(map(str, cpus))]
        child = Child(command, directory / "log")

        def address():
            found = re.search(r"^hongbaod ready: listening on ([^,]+),", tail(child.log), re.M)
            return found and found.group(1)

        try:
            yield child.wait_until(address)
        except BaseException:
            child.stop()
            raise
        status = child.stop()
        if status != 0:
            raise Failure(f"hongbaod ended with status {status}:\n{tail(child.log)}")


def load(address, arguments, duration_s, cpus=()):
    """Runs `hongbao load`, on those processors if some are named, and returns its result, whose
    books are right and whose answers all came.

    Raises Failure otherwise: a fast run with broken books is a failed run.
    """
    command = [BIN / "hongbao", "--server", address, "load", "--into-this-server", *arguments]
    command += ["--duration", f"{round(duration_s * 1000)}ms", "--json", "-"]
    result = json.loads(run(command, duration_s + PREPARING_SECONDS_MAX, cpus=cpus))
    if not result["audit"]["ok"]:
        raise Failure(f"the books are broken: {result['audit']}")
    if result["errors"] or result["broken_connections"]:
        raise Failure(f"{result['errors']} requests were not answered")
    return result


def load_once(base, arguments, duration_s, workers=1, apart=True, settings="", busy=()):
    """The same against a server of its own; the workers have processors to themselves if there are
    enough and this is not unwanted.  On each of the processors `busy` a busy loop runs meanwhile."""
    of_workers, others = cpus_apart(workers) if apart else ([], [])
    with server(base, workers, of_workers, settings) as address, busy_loops(busy):
        return load(address, arguments, duration_s, others)
