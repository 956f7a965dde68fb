"""What a figure was measured on, and what else went on there."""

import datetime
import os
import platform
import subprocess
import time
from pathlib import Path

from bench.harness.process import ROOT


def _first_word_line(path, key):
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return "unknown"


def _ask(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _busy_cores(seconds=1.0):
    """How many cores others keep busy at this moment."""

    def working_and_waiting():
        words = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
        ticks = [int(word) for word in words]
        return sum(ticks[:3]) + sum(ticks[5:8]), ticks[3] + ticks[4]

    before = working_and_waiting()
    time.sleep(seconds)
    after = working_and_waiting()
    worked, waited = (b - a for a, b in zip(before, after))
    return round(worked / max(worked + waited, 1) * os.cpu_count(), 2)


def describe(directory):
    """The machine, the disk of `directory`, the source, and who else is at work."""
    memory_kb = int(_first_word_line("/proc/meminfo", "MemTotal").split()[0])
    changed = _ask("git", "status", "--porcelain", "--untracked-files=no")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _first_word_line("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory_kb / 2**20, 1),
        "kernel": platform.release(),
        "file_system": _ask("stat", "-f", "-c", "%T", str(directory)),
        "commit": _ask("git", "rev-parse", "--short", "HEAD") + (" and changes" if changed else ""),
        "cores_busy_before": _busy_cores(),
    }


def in_words(machine):
    return (
        f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, "
        f"Linux {machine['kernel']}, {machine['file_system']}; commit {machine['commit']}; "
        f"{machine['date']}; busy with other things before: {machine['cores_busy_before']} cores"
    )


def warnings(machine):
    """What makes figures worthless, if anything does."""
    found = []
    if machine["file_system"] in ("tmpfs", "ramfs"):
        found.append("the directory lies in memory, so nothing durable is measured; see --directory")
    if machine["cores_busy_before"] > 0.1:
        found.append("something else is using this machine")
    return found
