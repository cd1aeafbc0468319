"""What the figures were measured on: processor, cores, and how long the disk takes to keep its word."""

import os
import platform
import time
from pathlib import Path
from statistics import median

from msgspec import Struct

FSYNCS = 100
# One page of a database.
_PAGE_BYTES = 4096


class Machine(Struct, frozen=True):
    """The machine of a run; `fsync_us` is the median of appending a page of 4 KiB and syncing it."""

    processor: str
    cores: int
    python: str
    system: str
    fsync_us: int


def this_machine(folder: Path) -> Machine:
    """The machine, with the disk that `folder` lies on."""
    cores = len(os.sched_getaffinity(0))
    return Machine(_processor(), cores, platform.python_version(), platform.system(), _fsync_us(folder))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _fsync_us(folder: Path) -> int:
    path = folder / "fsync"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(FSYNCS):
            started_at = time.perf_counter_ns()
            file.write(bytes(_PAGE_BYTES))
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter_ns() - started_at) // 1000)
    path.unlink()
    return int(median(taken))
