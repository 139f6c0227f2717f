"""Two checks of the PTX in this folder. Each prints "skipped" and the reason if its tool is missing; exits 1 if one fails.

    python3 src/engine/cuda/kernels/check.py

1. make.sh reproduces the committed PTX exactly (needs clang-14, a Debian package, or the
   clang 14 that CLANG names).
2. NVIDIA's assembler accepts it for every architecture from sm_50 to sm_121, without warnings, spills or stack use (needs
   pip, to download ptxas of CUDA 12.9, the last that supports Maxwell to Volta, and of CUDA 13.5 to .cache/).
"""

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[3] / ".cache" / "ptxas"
# PyPI packages: the SHA-256 of the wheel for Linux on x64, and the architectures for which its ptxas is run.
ASSEMBLERS = {
    "nvidia-cuda-nvcc-cu12==12.9.86": (
        "5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0",
        "50 52 53 60 61 62 70 72 75 80 86 87 89 90 100 101 103 120 121".split(),
    ),
    "nvidia-cuda-nvcc==13.5.37": (
        "f5c4f7ead5d964fb4af42bbf1e6d3ec3c1e6e9d83b53749f691d387e7fcaa3a7",
        "75 80 86 87 88 89 90 100 103 110 120 121".split(),
    ),
}
PTX = sorted(HERE.glob("*.ptx"))


def regenerated():
    compiler = os.environ.get("CLANG", "clang-14")
    if shutil.which(compiler) is None:
        return print(f"skipped: regenerating the PTX: {compiler} is not installed (apt-get install clang-14)")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([HERE / "make.sh", folder], check=True)
        _, different, missing = filecmp.cmpfiles(HERE, folder, [f.name for f in PTX], shallow=False)
        extra = {f.name for f in Path(folder).iterdir()} - {f.name for f in PTX}
        if different or missing or extra:
            sys.exit(f"failed: these files differ from the output of make.sh: {different + missing + sorted(extra)}")
    print(f"ok: make.sh reproduces the {len(PTX)} committed PTX files")


def assembler(requirement, sha256):
    target = CACHE / requirement
    found = list(target.glob("**/bin/ptxas"))
    if not found:
        with tempfile.TemporaryDirectory() as folder:
            requirements = Path(folder) / "requirements.txt"
            requirements.write_text(f"{requirement} --hash=sha256:{sha256}\n")
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"]
            command = [*pip, "-d", folder, "-r", requirements]
            if subprocess.run(command, capture_output=True).returncode != 0:
                return None
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                wheel.extractall(target, [name for name in wheel.namelist() if name.endswith("bin/ptxas")])
        found = list(target.glob("**/bin/ptxas"))
        found[0].chmod(0o755)
    return found[0]


def assembled():
    for requirement, (sha256, architectures) in ASSEMBLERS.items():
        ptxas = assembler(requirement, sha256)
        if ptxas is None:
            print(f"skipped: assembling: pip could not download {requirement}")
            continue
        for architecture in architectures:
            registers = []
            for ptx in PTX:
                command = [ptxas, "-v", "-arch", f"sm_{architecture}", ptx, "-o", "/dev/null"]
                done = subprocess.run(command, capture_output=True, text=True)
                said = done.stdout + done.stderr
                spills = [n for n in re.findall(r"(\d+) bytes (?:stack frame|spill stores|spill loads)", said) if n != "0"]
                if done.returncode != 0 or "warning" in said or spills:
                    sys.exit(f"failed: {ptx.name} for sm_{architecture} by {requirement}:\n{said}")
                registers.append(max(int(n) for n in re.findall(r"Used (\d+) registers", said)))
            f32 = registers[[p.name for p in PTX].index("sum_of_squares_float32.ptx")]
            print(f"ok: sm_{architecture} by {requirement}: at most {max(registers)} registers, {f32} for float32, no spill")


if __name__ == "__main__":
    regenerated()
    assembled()
