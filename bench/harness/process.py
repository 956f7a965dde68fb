"""Programs that a script starts, and that end with it, however it ends."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What was to be measured could not be: its text says why, for a person to read."""


def _in_child(cpus=()):
    """What runs in the child first."""

    def prepare():
        # Should the script be killed outright, the kernel ends the child too.
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cpus:
            os.sched_setaffinity(0, cpus)

    return prepare


def cpus_apart(workers):
    """Processors for a server's workers, one each, and those for everything else; none of either
    where there are too few, and then the system puts the threads where it likes."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[:workers], allowed[workers:]) if len(allowed) > workers else ([], [])


_cleaning_up = 0
_signal_meanwhile = None


def _unwind(number, _frame):
    global _signal_meanwhile
    if _cleaning_up:
        _signal_meanwhile = number
    else:
        raise SystemExit(128 + number)


def end_on_signals():
    """Makes Ctrl-C, SIGTERM and SIGHUP unwind the script, so that it cleans up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _unwind)


@contextlib.contextmanager
def cleaning_up():
    """What is done here is done to its end; a signal meanwhile waits until then."""
    global _cleaning_up
    _cleaning_up += 1
    try:
        yield
    finally:
        _cleaning_up -= 1
    if _signal_meanwhile is not None and not _cleaning_up:
        raise SystemExit(128 + _signal_meanwhile)


@contextlib.contextmanager
def throw_away_directory(base, owner=None):
    """A new directory below `base`, removed at the end with all that is in it."""
    directory = tempfile.TemporaryDirectory(prefix="hongbao-bench-", dir=base)
    try:
        if owner is not None:
            os.chown(directory.name, owner, -1)
        yield Path(directory.name)
    finally:
        with cleaning_up():
            directory.cleanup()


def tail(path, lines=15):
    """The end of a log, for messages."""
    try:
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Child:
    """A server that was started: its output goes to a log, and stop() ends it."""

    def __init__(self, command, log, **options):
        self.name = Path(command[0]).name
        self.log = Path(log)
        with open(self.log, "wb") as out:
            try:
                self.process = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    preexec_fn=_in_child(),
                    **options,
                )
            except OSError as error:
                raise Failure(f"{self.name} does not start: {error}") from error

    def wait_until(self, ready, seconds=30):
        """Returns what ready() says once that is something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = ready()
            if answer:
                return answer
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended while it started:\n{tail(self.log)}")
            time.sleep(0.05)
        raise Failure(f"{self.name} was not ready after {seconds} s:\n{tail(self.log)}")

    def stop(self, number=signal.SIGTERM, seconds=60):
        """Ends it; returns its exit status."""
        with cleaning_up():
            self.process.send_signal(number)  # does nothing once it has ended
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


def run(command, seconds, accept=(0,), cpus=(), **options):
    """Runs a program to its end and returns its standard output; at most so many seconds, and on
    those processors if some are named."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            preexec_fn=_in_child(cpus),
            **options,
        )
    except OSError as error:
        raise Failure(f"{words[0]} does not start: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{Path(words[0]).name} was not done after {seconds:.0f} s") from error
    if done.returncode not in accept:
        said = "\n".join((done.stderr or done.stdout).splitlines()[-15:])
        raise Failure(f"{' '.join(words)}\nended with status {done.returncode}:\n{said}")
    return done.stdout


# Never sleeps, in the class and the scheduling group of the script.
_BUSY_LOOP = "while True: pass"


@contextlib.contextmanager
def busy_loops(cpus):
    """A busy loop on each of those processors, until the end."""
    loops = []
    try:
        for cpu in cpus:
            loops.append(
                subprocess.Popen(
                    [sys.executable, "-c", _BUSY_LOOP],
                    stdin=subprocess.DEVNULL,
                    preexec_fn=_in_child([cpu]),
                )
            )
        yield
    finally:
        with cleaning_up():
            for loop in loops:
                loop.kill()
                loop.wait()


def build(targets):
    """Builds the release programs that are measured."""
    if not (ROOT / "build" / "release" / "CMakeCache.txt").exists():
        run(["cmake", "--preset", "release"], 300, cwd=ROOT)
    jobs = str(len(os.sched_getaffinity(0)))
    run(
        ["cmake", "--build", "--preset", "release", "-j", jobs, "--target", *targets],
        3600,
        cwd=ROOT,
    )
