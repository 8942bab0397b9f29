"""Generated files are committed; these tests generate them anew and compare."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROTO = ROOT / "proto"


def generated(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for suffix in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")
        for path in folder.rglob(f"*{suffix}")
    }


def test_the_python_beside_each_proto_is_what_make_proto_writes(tmp_path: Path) -> None:
    into = [f"--{kind}_out={tmp_path}" for kind in ("python", "mypy", "grpc_python")]
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "-I",
        str(PROTO),
        *into,
        f"--mypy_grpc_out=only_async:{tmp_path}",
    ]
    plugins = {"PATH": str(Path(sys.executable).parent)}
    subprocess.run([*command, *map(str, PROTO.rglob("*.proto"))], check=True, env=plugins)
    fresh = generated(tmp_path)
    assert len(fresh) == 4 * len(list(PROTO.rglob("*.proto"))) > 0
    assert fresh == generated(PROTO), "run `make proto` and commit what it writes"
