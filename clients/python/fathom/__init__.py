"""A client of Fathom's services: numpy arrays in, scores out.

    import fathom

    with fathom.connect("127.0.0.1") as services:
        scores = services.scores({"layer1": a, "layer2": b}, codes=z)
        print(scores["k_std"])
"""

from .client import Artifact, Client, connect
from .connection import Tls
from .errors import FathomError, InputError
from .table import FeatureTable

__all__ = ["Artifact", "Client", "FathomError", "FeatureTable", "InputError", "Tls", "connect"]
__version__ = "0.1.0"
