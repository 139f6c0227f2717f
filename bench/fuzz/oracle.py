"""Says what numpy and pyarrow read from files, to be compared with pinbench: `npm run fuzz` starts this and talks to it.

Standard input: frames of a kind (`n` NPY, `a` Arrow, `.` end of a batch), a length and that many bytes. Standard output:
one line of JSON for each file.
"""

import io
import json
import re
import resource
import signal
import struct
import sys
import warnings
import zlib

import numpy as np
import pyarrow as pa

warnings.simplefilter("ignore")
np.seterr(all="ignore")
# A damaged file may claim any size; one that does not fit in memory must be refused instead of swapping.
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
SECONDS_A_BATCH = 60
NUMBERS = "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64".split()


def crc(a):
    """The same checksum as pinbench's: all NaNs are equal, and so are all bytes of a bool except 0."""
    a = np.ascontiguousarray(a)
    if a.dtype == bool:
        a = (a.view(np.uint8) != 0).astype(np.uint8)
    elif a.dtype in (np.float32, np.float64):
        a = np.where(np.isnan(a), np.array(np.nan, a.dtype), a)
    return zlib.crc32(a.tobytes())


# --- NPY ---------------------------------------------------------------------------------------------------------------


def npy(content):
    a = np.load(io.BytesIO(content), allow_pickle=False, max_header_size=1 << 20)
    if not isinstance(a, np.ndarray):
        raise ValueError("not an NPY file")
    facts = {"dtype": a.dtype.name, "shape": list(a.shape), "numeric": a.dtype.name in NUMBERS}
    if facts["numeric"] and a.ndim > 0 and a.size > 0:
        a = a.astype(a.dtype.newbyteorder("="))
        rows = len(a)
        facts |= {"rows": rows, "cols": a.size // rows, "float32": crc(a.astype(np.float32)), "native": crc(a)}
    return facts


# --- Arrow -------------------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """pyarrow reads the file, but it is not a matrix of numbers."""


def storage(array):
    return array.storage if isinstance(array, pa.ExtensionArray) else array


def of_storage(kind):
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def is_bool8(kind):
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.bool8"


def is_opaque(field):
    return (field.metadata or {}).get(b"ARROW:extension:name") == b"arrow.variable_shape_tensor" or (
        isinstance(field.type, pa.BaseExtensionType) and field.type.extension_name == "arrow.variable_shape_tensor"
    )


def dtype_of(kind):
    """The name of a numeric type; None for any other type."""
    if is_bool8(kind):
        return "bool"
    kind = of_storage(kind)
    if pa.types.is_dictionary(kind):
        return dtype_of(kind.value_type)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return str(kind)
    return {"halffloat": "float16", "float": "float32", "double": "float64"}.get(str(kind))


def is_any_list(kind):
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def permutation_of(kind):
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.fixed_shape_tensor":
        return kind.permutation
    return None


def leaf_dtype(kind):
    """The dtype of numbers, or of numbers in nested lists; None for any other type."""
    inner = of_storage(kind)
    if is_any_list(inner):
        return None if permutation_of(inner.value_type) is not None else leaf_dtype(inner.value_type)
    return dtype_of(kind)


def words(field):
    """The type as pinbench names it; None if the names are not compared."""
    kind = field.type
    if is_bool8(kind):
        return "Bool8"
    kind = of_storage(kind)
    if pa.types.is_dictionary(kind):
        value = words(pa.field("", kind.value_type))
        return value and f"Dictionary<{words(pa.field('', kind.index_type))}, {value}>"
    dtype = dtype_of(kind)
    if dtype is not None:
        return dtype.capitalize()
    if is_any_list(kind):
        inner = words(kind.value_field)
        if inner is None:
            return None
        if pa.types.is_fixed_size_list(kind):
            return f"FixedSizeList[{kind.list_size}]<{inner}>"
        return f"{'LargeList' if pa.types.is_large_list(kind) else 'List'}<{inner}>"
    return {
        **{"string": "Utf8", "binary": "Binary", "large_string": "LargeUtf8", "large_binary": "LargeBinary"},
        **{"string_view": "Utf8View", "binary_view": "BinaryView", "null": "Null"},
        **{"date32[day]": "Date32<DAY>", "date64[ms]": "Date64<MILLISECOND>"},
    }.get(str(kind))


def matrix(chunks):
    """The rows of a column's chunks, which must have the same width and no null."""
    parts = [wide(chunk) for chunk in chunks if len(chunk) > 0]
    if len({part.shape[1] for part in parts}) > 1:
        raise Unreadable("lists of several lengths")
    rows = np.concatenate(parts) if parts else np.zeros((0, 0))
    kind = chunks[0].type if chunks else None
    permutation = permutation_of(kind)
    if permutation is not None:
        kept = rows.reshape(len(rows), *kind.shape)
        rows = kept.transpose(0, *(axis + 1 for axis in permutation)).reshape(rows.shape)
    return rows


def wide(array):
    if array.null_count > 0:
        raise Unreadable("a null")
    if is_bool8(array.type):
        return wide(array.storage).astype(bool)
    array = storage(array)
    if pa.types.is_dictionary(array.type):
        dictionary = array.dictionary
        return wide(dictionary.take(array.indices))
    if is_any_list(array.type):
        inner = wide_or_empty(array.flatten())
        if pa.types.is_fixed_size_list(array.type):
            lengths = np.full(len(array), array.type.list_size)
        else:
            lengths = array.value_lengths().to_numpy()
        if len(set(lengths.tolist())) > 1:
            raise Unreadable("lists of several lengths")
        return inner.reshape(len(array), int(lengths[0]) * (inner.shape[1] if len(inner) else 1) if lengths[0] else 0)
    return array.to_numpy(zero_copy_only=False).reshape(-1, 1)


def wide_or_empty(array):
    return wide(array) if len(array) > 0 else np.zeros((0, 1))


def columns_in(field, chunks, name):
    """A tuple for each column: name, type in words, dtype or None, and chunks."""
    kind = field.type
    if pa.types.is_struct(of_storage(kind)) and holds_numbers(field):
        of = of_storage(kind)
        chunks = [storage(chunk) for chunk in chunks]
        return [
            column
            for i in range(of.num_fields)
            for column in columns_in(of.field(i), [chunk.flatten()[i] for chunk in chunks], f"{name}.{of.field(i).name}")
        ]
    dtype = leaf_dtype(kind)
    return [(name, words(field), dtype, chunks)]


def holds_numbers(field):
    kind = of_storage(field.type)
    if is_opaque(field) or not pa.types.is_struct(kind):
        return False
    fields = [kind.field(i) for i in range(kind.num_fields)]
    return any(holds_numbers(child) or leaf_dtype(child.type) is not None for child in fields)


def index_names(schema):
    try:
        listed = json.loads((schema.metadata or {}).get(b"pandas", b"").decode("utf8", "replace"))["index_columns"]
        listed = listed if isinstance(listed, list) else []
    except (ValueError, KeyError, TypeError, IndexError):
        listed = []
    return {name for name in schema.names if name in listed or re.fullmatch(r"__index_level_[0-9]+__", name)}


def arrow(content):
    source = pa.py_buffer(content)
    reader = pa.ipc.open_file(source) if content.startswith(b"ARROW1") else pa.ipc.open_stream(source)
    table = reader.read_all()
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        try:
            return facts_of(table) | {"invalid": f"{error}"[:300], "readIsValid": read_is_valid(table)}
        except Unreadable:
            raise error from None
    return facts_of(table)


def read_is_valid(table):
    indexes = index_names(table.schema)
    try:
        for i, field in enumerate(table.schema):
            for _, _, dtype, chunks in columns_in(field, table.column(i).chunks, field.name):
                if dtype is not None and field.name not in indexes:
                    for chunk in chunks:
                        chunk.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def facts_of(table):
    indexes = index_names(table.schema)
    columns, parts, dtypes = [], [], []
    for i, field in enumerate(table.schema):
        for name, kind, dtype, chunks in columns_in(field, table.column(i).chunks, field.name):
            width = 0
            if dtype is not None and field.name not in indexes:
                # Damage in a column that is not read must not keep the others from being compared.
                for chunk in chunks:
                    chunk.validate()
                part = matrix(chunks)
                width = part.shape[1]
                # A column whose lists are all empty is not part of the matrix.
                if width > 0:
                    parts.append(part)
                    dtypes.append(dtype)
            columns.append({"name": name, "type": kind, "width": width})
    facts = {"rows": table.num_rows, "columns": columns, "dtype": "+".join(dict.fromkeys(dtypes))}
    if table.num_rows > 0 and parts:
        whole = np.concatenate([part.astype(np.float32) for part in parts], axis=1)
        facts |= {"cols": whole.shape[1], "float32": crc(whole)}
        if len(set(dtypes)) == 1:
            facts["native"] = crc(np.concatenate(parts, axis=1))
    return facts


# --- protocol -----------------------------------------------------------------------------------------------------------


def answer(read, content):
    try:
        return {"read": read(content)}
    except (MemoryError, RecursionError, OverflowError) as error:
        return {"refused": type(error).__name__}
    except Unreadable as error:
        return {"read": {"unreadable": str(error)}}
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"[:300]}


def main():
    requests, replies = sys.stdin.buffer, sys.stdout
    print(json.dumps({"python": sys.version.split()[0], "numpy": np.__version__, "pyarrow": pa.__version__}), flush=True)
    signal.alarm(0)
    while prefix := requests.read(5):
        kind, length = struct.unpack("<cI", prefix)
        if kind == b".":
            signal.alarm(0)
            replies.flush()
            continue
        signal.alarm(SECONDS_A_BATCH)
        content = requests.read(length)
        print(json.dumps(answer(npy if kind == b"n" else arrow, content)), file=replies)


main()
