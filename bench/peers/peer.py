"""The same two loops in PyTorch, CuPy, JAX or NumPy, for bench/gpu/bench.ts to run beside pinbench's.

    python3 peer.py torch|cupy|jax|numpy DATA ROWS COLS     DATA: float32, row-major, without a header

Reads commands, a line each, and answers each with a line:

    order BATCH FILE         the mini-batch indexes of an epoch, int32   ->  ok
    feed BATCH | pin BATCH   an epoch, the scalar fetched every step     ->  nanoseconds and the sum of the scalars
"""

import sys
import time

import numpy as np


class Numpy:
    """No device: says only that the protocol works."""

    def __init__(self, host):
        self.host = self.data = host

    def feed(self, begin, end):
        return float(np.square(self.host[begin:end]).sum())

    pin = feed


class Torch:
    def __init__(self, host):
        import torch

        if not torch.cuda.is_available():
            raise ImportError("PyTorch sees no CUDA device")
        self.square = torch.square
        self.host = torch.from_numpy(host)
        self.data = self.host.cuda()

    def feed(self, begin, end):
        return self.square(self.host[begin:end].cuda()).sum().item()

    def pin(self, begin, end):
        return self.square(self.data[begin:end]).sum().item()


class Cupy:
    def __init__(self, host):
        import cupy

        self.cupy, self.host, self.data = cupy, host, cupy.asarray(host)

    def feed(self, begin, end):
        return float(self.cupy.square(self.cupy.asarray(self.host[begin:end])).sum())

    def pin(self, begin, end):
        return float(self.cupy.square(self.data[begin:end]).sum())


class Jax:
    """Compiled, once for each size of mini-batch; the index is an argument, so that one compilation serves all."""

    def __init__(self, host):
        import jax

        if jax.default_backend() == "cpu" and "--cpu" not in sys.argv:
            raise ImportError("JAX sees no GPU")
        self.put, self.host, self.data = jax.device_put, host, jax.device_put(host)
        self.graph = jax.jit(lambda batch: jax.numpy.square(batch).sum())

        def sliced(data, begin, rows):
            return jax.numpy.square(jax.lax.dynamic_slice_in_dim(data, begin, rows)).sum()

        self.sliced = jax.jit(sliced, static_argnums=2)

    def feed(self, begin, end):
        return float(self.graph(self.put(self.host[begin:end])))

    def pin(self, begin, end):
        return float(self.sliced(self.data, begin, end - begin))


def main():
    library, path, rows, cols = sys.argv[1:5]
    host = np.fromfile(path, np.float32).reshape(int(rows), int(cols))
    try:
        peer = {"numpy": Numpy, "torch": Torch, "cupy": Cupy, "jax": Jax}[library](host)
    except ImportError as error:
        sys.exit(f"{library}: {error}")
    orders = {}
    print("ready", flush=True)
    for line in sys.stdin:
        command, batch, *file = line.split()
        size = int(batch)
        if command == "order":
            orders[size] = np.fromfile(file[0], np.int32).tolist()
            print("ok", flush=True)
            continue
        step, total = getattr(peer, command), 0.0
        began = time.perf_counter_ns()
        for index in orders[size]:
            total += step(index * size, (index + 1) * size)
        print(time.perf_counter_ns() - began, repr(total), flush=True)


main()
