"""The program of a child with limits (`children.py`): sets its own limits, does one piece of work, writes the answer.

Called as `python -I child.py ROOT WORK ARGUMENTS LIMITS content?`. The first line of the answer is JSON: `answer`, or
`fault` with its parts; an answer in bytes stands behind that line.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys

_MIB = 2**20


def limit(seconds: int, mebibytes: int, answer: int, wall: int, **others: object) -> None:
    """Nothing grows beyond this, nothing runs on, no long file is written."""
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes * _MIB, mebibytes * _MIB))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (answer * _MIB, answer * _MIB))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Python ignores it, and would go on to judge its input by half an answer.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    # Should the parent die, nobody else stops it.
    signal.alarm(wall + 5)
    # The pages come first, and when the system runs out of memory this process goes.
    os.nice(5)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123 - few imports
        score.write("800")


def answer_of(work: str, arguments: list[object]) -> tuple[dict[str, object], bytes]:
    """The head and the bytes of the answer. A fault is told by its name and its parts."""
    module, name = work.split(":")
    try:
        answer = getattr(importlib.import_module(module), name)(*arguments)
    except Exception as fault:  # noqa: BLE001 - parsers raise whatever they like; the parent tells what it means
        return {
            # Some libraries wrap what Python raised.
            "fault": "MemoryError" if isinstance(fault.__cause__, MemoryError) else type(fault).__name__,
            "code": getattr(fault, "code", ""),
            "details": getattr(fault, "details", {}),
            "errors": [[one.field, one.code] for one in getattr(fault, "errors", ())],
        }, b""
    return ({"answer": None}, answer) if isinstance(answer, bytes) else ({"answer": answer}, b"")


def main() -> None:
    """Do what the arguments say."""
    root, work, arguments, limits, content = sys.argv[1:]
    sys.path.insert(0, root)
    limit(**json.loads(limits))
    given = [sys.stdin.buffer.read()] if content else []
    # What a library prints must not become part of the answer.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    head, rest = answer_of(work, given + json.loads(arguments))
    try:
        out.write(json.dumps(head, default=str).encode() + b"\n")
        out.write(rest)
        out.flush()
    except OSError:
        os._exit(os.EX_IOERR)
    # Nothing is left to be done, and a library may fall over its own end.
    os._exit(0)


if __name__ == "__main__":
    main()
