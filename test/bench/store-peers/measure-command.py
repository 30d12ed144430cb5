"""Runs a command to its end and prints what it took: measure-command.py PROGRAM ARGUMENT..."""

import json
import resource
import subprocess
import sys
import time

began = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(
    json.dumps(
        {
            "code": code,
            "seconds": time.monotonic() - began,
            "cpu": used.ru_utime + used.ru_stime,
            "megabytes": used.ru_maxrss * 1024 / 1e6,
        }
    )
)
