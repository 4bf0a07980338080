"""dbt's manifest, parsed once for all rules of the project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loaders.settings import PROJECT_ROOT

from .manifest import Manifest


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Manifest of the project as it is on disk now."""
    folder = tmp_path_factory.mktemp("manifest")
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "parse", "--no-partial-parse"]
    where = ["--project-dir", PROJECT_ROOT, "--profiles-dir", PROJECT_ROOT, "--target", "dev"]
    artifacts = ["--target-path", folder, "--log-path", folder]
    subprocess.run([*dbt, *where, *artifacts], cwd=folder, check=True)
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
