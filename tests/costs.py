"""What a request may cost: seconds of this process's CPU, so that a busy machine changes nothing, and memory."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

MIB = 2**20
# What the loop of `slowness` takes where one second is meant to be one second: a core of 2020, alone on it.
_NOMINAL = 0.06


def slowness() -> float:
    """How many times slower than meant this machine is now; at least 1. A core that is shared counts more seconds."""
    began = time.process_time()
    total = 0
    for number in range(2_000_000):
        total += number & 7
    return max(1.0, (time.process_time() - began) / _NOMINAL)


@contextmanager
def costs_little(seconds: float = 1, mib: int | None = None) -> Iterator[None]:
    """Fail when what is inside takes more CPU or, where asked for, more memory at its peak.

    Measuring memory makes Python several times slower: then the time is not looked at.
    """
    if mib is not None:
        tracemalloc.start()
    began = time.process_time()
    try:
        yield
    finally:
        spent = time.process_time() - began
        peak = 0
        if mib is not None:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    if mib is None:
        assert spent < seconds * slowness(), f"{spent:.1f} s of CPU"
    else:
        assert peak < mib * MIB, f"{peak / MIB:.0f} MiB"
