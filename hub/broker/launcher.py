"""Runs in a fresh interpreter and becomes the broker: asks the kernel to be killed with its parent, then execs.

Arguments: the parent's process id, then the command. A separate program, because code between fork and exec in a
process with threads may deadlock.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    parent, command = int(arguments[0]), arguments[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        print("the kernel refuses to tie the broker's life to the hub's (prctl)", file=sys.stderr)
        return 1
    if os.getppid() != parent:
        return 1
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
