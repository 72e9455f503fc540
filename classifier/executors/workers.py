"""Names of workers, by which a later process can tell whether one is gone."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

_living: set[str] = set()  # workers of this very process


def worker_name() -> str:
    """Return place:pid:birth:nonce; place is this host's process table, birth tells processes of one pid apart."""
    pid = os.getpid()
    return f"{_place()}:{pid}:{_birth(pid)}:{secrets.token_hex(4)}"


def enrol(worker: str) -> None:
    """Note that a worker of this process lives."""
    _living.add(worker)


def retire(worker: str) -> None:
    """Note that a worker of this process has ended."""
    _living.discard(worker)


def is_gone(worker: str) -> bool:
    """Tell whether a worker of this host is known to have ended; a worker elsewhere is left to its lease."""
    place, _, rest = worker.partition(":")
    pid, _, rest = rest.partition(":")
    birth = rest.partition(":")[0]
    if os.name == "nt" or place != _place() or not pid.isdecimal():
        return False
    if int(pid) == os.getpid() and birth == _birth(int(pid)):
        return worker not in _living
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _birth(int(pid)) != birth


def _place() -> str:
    """Host and process table: two containers may share a host's name but not its process numbers."""
    try:
        table = str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        table = "0"
    return f"{socket.gethostname()}/{table}"


def _birth(pid: int) -> str:
    """Return when a process began, in clock ticks since boot; "0" where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "0"
    return stat.rpartition(")")[2].split()[19]  # proc(5): field 22, starttime; the name before may hold spaces
