"""How much memory this process holds, from the kernel's own account."""

from __future__ import annotations

from pathlib import Path

_STATUS = Path("/proc/self/status")


def memory_now() -> int:
    """Bytes this process holds in memory; 0 where the kernel does not tell."""
    return _told("VmRSS:")


def memory_peak() -> int:
    """The most bytes it ever held; 0 where the kernel does not tell."""
    return _told("VmHWM:")


def _told(name: str) -> int:
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
