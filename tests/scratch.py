"""Where the files of the tests are: in memory, where there is room for them.

Nearly every call of the tests writes, and a write is answered when the disk has it: on a disk the tests would wait for
that most of their time. A file system in memory keeps what is written over every kill of a process or a database, as
the cache of a disk does: databases have their own settings there, `fsync` among them, and crash as they do elsewhere.
"""

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
# Two PostgreSQL of the tests with their logs at full length, and what tests keep beside them. Containers often have
# 64 MiB: too little.
FREE_BYTES_MIN = 4 * 1024 * 1024 * 1024


def work_in_memory() -> None:
    """Let temporary files of this process and of those that it starts be in memory, unless `TMPDIR` says where."""
    if "TMPDIR" in os.environ or not has_room(IN_MEMORY):
        return
    os.environ["TMPDIR"] = str(IN_MEMORY)
    tempfile.tempdir = None  # what was worked out before does not hold any longer


def has_room(folder: Path) -> bool:
    """Whether the files of all tests fit into this folder."""
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= FREE_BYTES_MIN
