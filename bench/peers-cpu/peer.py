"""`feed` and `pin` as a user of NumPy or of PyTorch on a processor writes them, for run.ts to measure beside pinbench.

    python3 peer.py numpy|torch JOB       JOB: the file that job.ts writes

Prints the version and the time of a step in each block as JSON, and leaves the scalars of an epoch in files for run.ts to verify.
Exits with 4 if the library does not load. peer.mjs does the same for TensorFlow.js.
"""

import json
import math
import sys
import time


def numpy_steps(path):
    import numpy as np

    data = np.load(path)

    def feed(begin, end):
        batch = data[begin:end].copy()
        return float(np.square(batch).sum())

    def pin(begin, end):
        return float(np.square(data[begin:end]).sum())

    return f"NumPy {np.__version__}", {"feed": feed, "pin": pin}


def torch_steps(path):
    import numpy as np
    import torch

    data = torch.from_numpy(np.load(path))

    def feed(begin, end):
        batch = data[begin:end].clone()
        return torch.square(batch).sum().item()

    def pin(begin, end):
        return torch.square(data[begin:end]).sum().item()

    return f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", {"feed": feed, "pin": pin}


class Loop:
    """Walks an order of mini-batches over and over, and keeps the last scalar of each step of an epoch."""

    def __init__(self, step, batch, order):
        self.step, self.batch, self.order = step, batch, order
        self.scalars = [math.nan] * len(order)
        self.at = 0

    def run(self, count):
        """Runs the next steps and returns how many ns they took together."""
        step, batch = self.step, self.batch
        positions = [(self.at + k) % len(self.order) for k in range(count)]
        indexes = [self.order[position] for position in positions]
        began = time.perf_counter_ns()
        scalars = [step(index * batch, (index + 1) * batch) for index in indexes]
        ns = time.perf_counter_ns() - began
        for position, scalar in zip(positions, scalars):
            self.scalars[position] = scalar
        self.at += count
        return ns

    def warm_up(self, warm_up_ns, block_ns):
        """Runs one epoch, for at least `least` and at most `most` ns, and finds the number of steps that make a block."""
        total, self.block = 0, 1
        while total < warm_up_ns["least"] or (self.at < len(self.order) and total < warm_up_ns["most"]):
            ns = self.run(self.block)
            total += ns
            if ns < block_ns:
                self.block *= 2

    def block_step_ns(self, block_ns):
        """Runs a block, again with more steps if it was too short, and returns the mean time of a step."""
        while (ns := self.run(self.block)) < block_ns:
            self.block = math.ceil(self.block * 1.5)
        return ns / self.block


def main():
    library, job_file = sys.argv[1:]
    with open(job_file) as file:
        job = json.load(file)
    try:
        version, steps = {"numpy": numpy_steps, "torch": torch_steps}[library](job["data"])
    except (ImportError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(4)
    import numpy as np

    results = []
    for case in job["cases"]:
        order = np.fromfile(case["order"], np.int32).tolist()
        loops = {strategy: Loop(step, case["batch"], order) for strategy, step in steps.items()}
        samples = {strategy: [] for strategy in loops}
        for loop in loops.values():
            loop.warm_up(job["warmUpNs"], job["blockNs"])
        for round in range(job["blocks"]):
            for strategy in sorted(loops, reverse=round % 2 == 1):
                samples[strategy].append(loops[strategy].block_step_ns(job["blockNs"]))
        for strategy, loop in loops.items():
            np.array(loop.scalars[: loop.at], np.float64).tofile(case["scalars"][strategy])
            results.append({"batch": case["batch"], "strategy": strategy, "samplesNs": samples[strategy]})
    print(json.dumps({"version": version, "results": results}))


main()
