"""overcomplete without what it needs for pictures alone (matplotlib, opencv, scikit-image): its optimisation module is unchanged."""

import sys
from types import ModuleType


class Absent(ModuleType):
    """Stands for a module of which only names are imported."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return None


sys.modules["overcomplete.visualization"] = Absent("overcomplete.visualization")

from overcomplete.optimization.nmf import NMF, hierarchical_als  # noqa: E402, F401
