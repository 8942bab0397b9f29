"""Run every mutant: apply its patch to a copy of the tree and see that its harness turns red.

A patch starts with `harness: <pytest arguments>` and a line on what it breaks. A harness that stays green under its
mutant, or a patch that no longer applies, fails the run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
HARNESS = "harness: "
TESTS_FAILED = 1  # pytest's exit code; 2 to 5 say that nothing was tested
STUMBLED = 3  # of these, that the fault is pytest's own


def copy_tree(target: Path) -> None:
    """Copy what git tracks, and new files that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def survives(patch: Path) -> str | None:
    """Why the mutant lives, or None when its harness killed it."""
    first = patch.read_text().splitlines()[0]
    if not first.startswith(HARNESS):
        return "its first line does not name a harness"
    with tempfile.TemporaryDirectory(prefix="rh-mutant-") as folder:
        copy_tree(Path(folder))
        applied = subprocess.run(
            ["git", "apply", "--recount", "-C1", str(patch)], cwd=folder, capture_output=True, text=True
        )
        if applied.returncode:
            return f"the patch does not apply: {applied.stderr.strip()}"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "--hypothesis-profile=mutants",
            *first.removeprefix(HARNESS).split(),
        ]
        environment = os.environ | {"PYTHONPATH": f"{folder}:{folder}/proto"}
        # Asked twice where pytest itself stumbles: Python 3.11 may fail to parse a source (python/cpython#106905).
        for _ in range(2):
            run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
            if run.returncode != STUMBLED:
                break
    if run.returncode == TESTS_FAILED:
        return None
    return f"pytest answered {run.returncode}:\n{run.stdout[-2000:]}{run.stderr[-1000:]}"


def main(names: list[str]) -> int:
    """Run the mutants named, or all, as many at once as there are processors; answer 1 if any lives."""
    patches = sorted(p for p in (ROOT / "mutants").glob("*.patch") if not names or p.stem in names)
    living = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for patch, why in zip(patches, pool.map(survives, patches), strict=True):
            living += why is not None
            print(f"{'LIVES ' if why else 'killed'}  {patch.stem}" + (f"\n  {why}" if why else ""), flush=True)
    print(f"{len(patches) - living} mutants killed, {living} alive")
    return 1 if living or not patches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
