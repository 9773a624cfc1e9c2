"""One workload of PyTorch: python3 python.py WORKLOAD THREADS WARM-UP-MS, in the scratch copy of the peers' folder.

Takes the definitions of that folder's torch.py, and speaks as bench/cell.ts does: an opening, then a line of JSON for every
line on its input.
"""
import json
import os
import resource
import statistics
import sys
import time

workload, threads, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
STABLE, SLOW, LONGEST = 0.05, 3.0, 1.5


def say(answer):
    print(json.dumps(answer), flush=True)


def milliseconds(count):
    began = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - began) * 1e3


try:
    text = open("torch.py").read()
    definitions = text[: text.index("def value(")]
    sys.argv = ["torch.py", "torch", workload, threads]
    names = {"__name__": "peers", "__file__": "torch.py"}
    # Its own folder must not be on the import path, or `import torch` finds that file.
    sys.path = [p for p in sys.path if p]
    exec(compile(definitions, "torch.py", "exec"), names)
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "networks.py")
    exec(compile(open(here).read(), here, "exec"), names)
    value = lambda l: float(l.reshape(-1)[:1000].sum()) if getattr(l, "ndim", 0) == 2 else float(l)

    began = time.perf_counter()
    if workload in names["own"]:
        step = names["own"][workload]()
    else:
        step = names["make_torch"](workload)
    losses = [value(step())]
    first = time.perf_counter() - began
    while len(losses) < 5:
        losses.append(value(step()))
    batch = dict(quad=10000, rosen=10000, tikhonov=200, tv=200).get(workload)
    estimate = milliseconds(1)

    def count(wish):
        longest = max(1, round(LONGEST * 1e3 / estimate))
        return min(batch, longest) if batch else max(1, min(100000, round(wish / estimate)))

    recent, until = [], time.perf_counter() + limit / 1e3
    while time.perf_counter() < until:
        wanted = count(40)
        estimate = milliseconds(wanted) / wanted
        recent = [*recent[-2:], estimate]
        if len(recent) == 3 and max(recent) < (1 + STABLE) * min(recent):
            break
    say({"firstStep": first * 1e3, "losses": losses})
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "end":
            break
        wish = float(rest[0]) / 2
        wanted = count(wish)
        estimate = milliseconds(wanted) / wanted
        if batch:
            say({"batched": estimate})
            continue
        singles, end = [milliseconds(1)], time.perf_counter() + wish / 1e3
        while time.perf_counter() < end:
            singles.append(milliseconds(1))
        say({"single": statistics.median(singles), "batched": estimate})
    say({"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
except Exception as error:
    say({"error": str(error)})
