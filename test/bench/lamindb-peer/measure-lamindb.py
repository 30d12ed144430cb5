"""Times lamindb's `Artifact.from_dir` and `save` for one folder of files.

    python measure-lamindb.py FOLDER WORKSPACE RESULT inside|outside

FOLDER is only read: a new instance and a copy of FOLDER are made in WORKSPACE. With the copy
`inside` the instance's storage lamindb registers files where they are; from `outside` it takes
each file into its storage as well. RESULT gets one JSON object. No network is used;
LAMIN_SETTINGS_DIR, set by the caller, keeps the settings of this computer's own lamindb apart.
"""

import json
import shutil
import sys
import time
from pathlib import Path

import lamindb_setup


def main(folder: Path, workspace: Path, result: Path, placement: str) -> None:
    storage = workspace / "storage"
    storage.mkdir(parents=True)
    lamindb_setup.init(storage=str(storage), name="bench")

    import lamindb as ln  # only after init: it opens the current instance on import

    # An anonymous local instance is on no hub; without this, lamindb would ask the hub.
    ln.setup.settings.instance._is_on_hub = False
    files = (storage if placement == "inside" else workspace) / "files"
    shutil.copytree(folder, files)
    expected = sum(1 for path in files.rglob("*") if path.is_file())

    started = time.perf_counter()
    artifacts = ln.Artifact.from_dir(files)
    made = time.perf_counter()
    ln.save(artifacts)
    saved = time.perf_counter()

    registered = ln.Artifact.filter().count()
    if registered != expected:
        raise SystemExit(f"lamindb registered {registered} of {expected} files")
    result.write_text(
        json.dumps(
            {
                "files": registered,
                "secondsFromDir": made - started,
                "secondsSave": saved - made,
                "filesPerSecond": registered / (saved - started),
                "version": ln.__version__,
            }
        )
    )


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:4]), sys.argv[4])
