"""Runs a program a number of times: prints its result and the least seconds of processor time."""
import runpy
import sys
import time

run = runpy.run_path(sys.argv[1])["run"]
best = float("inf")
for i in range(int(sys.argv[2])):
    before = time.process_time()
    result = run()
    best = min(best, time.process_time() - before)
print(result, best)
