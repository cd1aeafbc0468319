"""The file lock that queues the writers of all processes of one SQLite file; the kernel frees it when a process dies.

    acquire ──► free: had at once
           └──► held: a helper thread waits inside the kernel, so that the next one is woken and nobody polls;
                      whoever asked waits for the helper, for a limited time

A process that hangs with the lock can not be waited for without an end, and the kernel has no lock of this kind that
gives up by itself. Where the time is over only the helper goes on waiting: it keeps the place in the queue for whoever
asks next, and lets go of the lock at once where nobody does.
"""

import fcntl
import os
import threading
import time


class FileLock:
    """An exclusive lock on a file of its own; one thread at a time may ask for it."""

    def __init__(self, path: str) -> None:
        """Opens the file, which stays; raises OSError."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._mutex = threading.Lock()
        self._asked = threading.Semaphore(0)
        self._given = threading.Semaphore(0)
        self._helper: threading.Thread | None = None
        self._is_awaited = False  # the helper waits in the kernel
        self._is_wanted = False  # and somebody waits for the helper

    def try_acquire(self) -> bool:
        """Whether the lock was free, and is now ours."""
        if self._is_awaited:
            return False  # to the kernel the helper and we are one: its place in the queue is ours already
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def acquire(self, until: float) -> bool:
        """Wait for the lock until this time (monotonic seconds); whether it is ours."""
        with self._mutex:
            self._is_wanted = True
            if not self._is_awaited:
                self._is_awaited = True
                self._wake_helper()
        if self._given.acquire(timeout=max(0.0, until - time.monotonic())):
            return True
        with self._mutex:
            self._is_wanted = False
            # The helper may have been given it after all, between the end of our patience and this line.
            return self._given.acquire(blocking=False)

    def release(self) -> None:
        """Let the next one have it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file, and with it of any lock; does nothing the second time."""
        with self._mutex:
            file, self._file = self._file, -1  # closing again must not close whatever file has its number by then
            self._asked.release()  # which ends the helper, unless it waits in the kernel: then it ends with its turn
        if file >= 0:
            os.close(file)

    def _wake_helper(self) -> None:
        if self._helper is None:
            self._helper = threading.Thread(target=self._help, name="file-lock", daemon=True)
            self._helper.start()
        self._asked.release()

    def _help(self) -> None:
        while self._asked.acquire() and (file := self._file) >= 0:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self._mutex:
                self._is_awaited = False
                if self._file < 0:
                    return  # closed meanwhile: the lock was gone when the kernel let this thread go
                if self._is_wanted:
                    self._is_wanted = False
                    self._given.release()
                else:
                    fcntl.flock(file, fcntl.LOCK_UN)
