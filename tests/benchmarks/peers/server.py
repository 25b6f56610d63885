"""llama.cpp's server in an environment of its own, from a package that brings it compiled.

    server.py MODEL PORT CONTEXT THREADS

`xllamacpp` is llama.cpp's C++ server as a library: it answers HTTP as `llama-server` does. It
listens on loopback, until its standard input is closed.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve one conversation at a time, with the model's own chat template and its tools."""
    import xllamacpp

    model, port, context, threads = sys.argv[1], *map(int, sys.argv[2:])
    wanted = xllamacpp.CommonParams()
    wanted.model.path = model
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = port
    wanted.n_ctx = context
    wanted.n_parallel = 1
    wanted.cpuparams.n_threads = threads
    wanted.cpuparams_batch.n_threads = threads
    wanted.use_jinja = True
    wanted.endpoint_metrics = True
    wanted.ui = False
    server = xllamacpp.Server(wanted)
    print(server.listening_address, file=sys.stderr, flush=True)
    sys.stdin.read()
    os._exit(0)  # what is under way is of no use to anybody


if __name__ == "__main__":
    main()
