"""Makes ``benchmarks`` importable: it is run from the project's root, and is no installed package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
