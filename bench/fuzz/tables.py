"""Writes random tables with pyarrow, for pinbench to read: `npm run fuzz:tables` starts this.

    python3 bench/fuzz/tables.py <seed> <count> <folder>

Writes `<number>.arrow` files with columns of all kinds, most of which hold the same number of values in every row. They use metadata
versions 4 and 5, files and streams, slices, batches of any length, dictionaries and deltas, nested lists, run ends, unions and structs.
"""

import random
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

NUMBERS = "bool_ int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64".split()


class Tables:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.numpy = np.random.default_rng(seed)

    # --- arrays of `n` elements ---

    def numbers(self, n, name=None):
        kind = getattr(pa, name or self.dice.choice(NUMBERS))()
        if pa.types.is_boolean(kind):
            return pa.array(self.numpy.integers(0, 2, n).astype(bool))
        if pa.types.is_integer(kind):
            limits = np.iinfo(kind.to_pandas_dtype())
            return pa.array(self.numpy.integers(limits.min, limits.max, n, endpoint=True, dtype=kind.to_pandas_dtype()))
        return pa.array(self.numpy.standard_normal(n).astype(kind.to_pandas_dtype()))

    def words(self, n):
        kind = self.dice.choice([pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.binary_view(), pa.large_binary()])
        return pa.array([self.dice.choice([None, "a", "bc", "long " * 9]) for _ in range(n)], pa.string()).cast(pa.string()).cast(kind)

    def dictionary(self, n, values=None):
        values = self.numbers(self.dice.randint(1, 9)) if values is None else values
        index = self.dice.choice([pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.int64(), pa.uint32()])
        indexes = self.numpy.integers(0, len(values), n)
        return pa.DictionaryArray.from_arrays(pa.array(indexes, index), values)

    def lists(self, n, depth=2):
        """Lists of equal length whose elements are numbers, dictionaries or lists."""
        length = self.dice.choice([0, 1, 2, 3, 5])
        before, behind = self.dice.choice([(0, 0), (0, 3), (4, 2)])
        count = before + n * length + behind
        inner = self.lists(count, depth - 1) if depth > 0 and self.dice.random() < 0.4 else self.dictionary(count) if self.dice.random() < 0.2 else self.numbers(count)
        offsets = pa.array(before + np.arange(n + 1) * length, pa.int32())
        match self.dice.choice(["list", "large", "fixed"]):
            case "list":
                return pa.ListArray.from_arrays(offsets, inner)
            case "large":
                return pa.LargeListArray.from_arrays(offsets.cast(pa.int64()), inner)
        return pa.FixedSizeListArray.from_arrays(inner.slice(before, n * length), length) if length > 0 else pa.ListArray.from_arrays(offsets, inner)

    def runs(self, n):
        ends = sorted({n} | {self.dice.randint(1, n) for _ in range(3)}) if n > 0 else []
        kind = self.dice.choice([pa.int16(), pa.int32(), pa.int64()])
        values = self.numbers(len(ends)) if self.dice.random() < 0.5 else self.words(len(ends))
        return pa.RunEndEncodedArray.from_arrays(pa.array(ends, kind), values)

    def union(self, n):
        kinds = pa.array(self.numpy.integers(0, 2, n), pa.int8())
        if self.dice.random() < 0.5:
            return pa.UnionArray.from_sparse(kinds, [self.numbers(n), self.words(n)])
        seen, offsets = [0, 0], []
        for kind in kinds.to_pylist():
            offsets.append(seen[kind])
            seen[kind] += 1
        return pa.UnionArray.from_dense(kinds, pa.array(offsets, pa.int32()), [self.numbers(seen[0]), self.other(seen[1])])

    def struct(self, n, depth=1):
        fields = [self.column(n, depth - 1) for _ in range(self.dice.randint(1, 3))]
        return pa.StructArray.from_arrays(fields, names=[f"f{i}" for i in range(len(fields))])

    def tensor(self, n):
        shape = self.dice.choice([(2,), (2, 3), (1, 4)])
        kind = pa.fixed_shape_tensor(pa.float32(), shape)
        size = int(np.prod(shape))
        return pa.ExtensionArray.from_storage(kind, pa.FixedSizeListArray.from_arrays(self.numbers(n * size, "float32"), size))

    def other(self, n):
        return self.dice.choice(
            [
                self.words,
                self.runs,
                lambda n: pa.nulls(n),
                lambda n: pa.array(range(n), pa.timestamp("us")),
                lambda n: pa.array(range(n), pa.decimal128(9)),
                lambda n: self.dictionary(n, pa.array(["x", "yy", "z"])),
                lambda n: pa.array([[1] * self.dice.randint(0, 3) for _ in range(n)], pa.list_view(pa.int8())),
                lambda n: pa.array([self.dice.choice([None, ["p"], []]) for _ in range(n)], pa.list_(pa.string())),
                lambda n: pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int8())),
                lambda n: pa.array([bytes(3)] * n, pa.binary(3)),
                lambda n: pa.array([{"w": "x"}] * n, pa.struct([("w", pa.string())])),
            ]
        )(n)

    def column(self, n, depth=2):
        roll = self.dice.random()
        if roll < 0.35:
            return self.numbers(n)
        if roll < 0.45:
            return self.dictionary(n)
        if roll < 0.6:
            return self.lists(n)
        if roll < 0.65:
            return self.runs(n)
        if roll < 0.72:
            return self.union(n)
        if roll < 0.8 and depth > 0:
            return self.struct(n, depth)
        if roll < 0.84:
            return self.tensor(n)
        if roll < 0.87:
            return pa.ExtensionArray.from_storage(pa.bool8(), self.numbers(n, "int8"))
        return self.other(n)

    # --- files ---

    def table(self):
        n = self.dice.choice([1, 2, 3, 7, 8, 9, 40, 200])
        more = self.dice.choice([0, 0, 1, 5, 8])
        columns = [self.column(n + more) for _ in range(self.dice.randint(1, 5))]
        columns.insert(self.dice.randint(0, len(columns)), self.numbers(n + more, "float32"))
        return pa.table({f"c{i}": column for i, column in enumerate(columns)}).slice(self.dice.randint(0, more), n)

    def write(self, path):
        table = self.table()
        version = self.dice.choice([pa.ipc.MetadataVersion.V4, pa.ipc.MetadataVersion.V5])
        compression = self.dice.choice([None, "lz4", "zstd"]) if version == pa.ipc.MetadataVersion.V5 else None
        options = pa.ipc.IpcWriteOptions(
            metadata_version=version,
            compression=compression,
            use_legacy_format=self.dice.random() < 0.2,
            emit_dictionary_deltas=self.dice.random() < 0.5,
            unify_dictionaries=self.dice.random() < 0.3,
        )
        new = self.dice.choice([pa.ipc.new_file, pa.ipc.new_stream])
        with new(path, table.schema, options=options) as writer:
            writer.write_table(table, self.dice.choice([None, 1, 3, 8, 50]))


def main():
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    for number in range(count):
        path = folder / f"{number}.arrow"
        try:
            Tables(seed * 1_000_003 + number).write(str(path))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            # pyarrow cannot write such a table, or a file cannot hold its deltas, so there is nothing to read.
            print(f"{number}: {type(error).__name__}: {str(error)[:120]}", file=sys.stderr)
            path.unlink(missing_ok=True)


main()
