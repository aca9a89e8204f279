"""Which application this is: MANTLET_LAB_VARIANT is weak (the default) or repaired.

The variant is the module of that name beside the application's others.
"""

import importlib
import os

_name = os.environ.get("MANTLET_LAB_VARIANT", "weak")
if _name not in ("weak", "repaired"):
    raise SystemExit(f"MANTLET_LAB_VARIANT is {_name!r}; it has to be weak or repaired")

variant = importlib.import_module(_name)
