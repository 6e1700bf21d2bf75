"""K of every feature of one's own arrays: python3 docs/examples/scores.py [ADDRESS]"""

import sys

import fathom
import numpy as np

random = np.random.default_rng(7)
early = random.standard_normal((2000, 32), dtype=np.float32)
late = np.maximum(0, early @ random.standard_normal((32, 16), dtype=np.float32))
codes = late[:, :5]

with fathom.connect(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1") as services:
    scores = services.scores({"early": early, "late": late}, codes)
    for row in sorted(scores.rows(), key=lambda row: row["k_std"]):
        print(f"feature {row['feature']}: K = {row['k_std']:.3f} ± {row['k_std_se']:.3f}")
    print("R² of feature 0 by layer:", dict(zip(scores.attributes["layers"], scores["r2"][0].round(3).tolist())))
    print("the same numbers again:", services.table(scores.artifact).artifact == scores.artifact)
    try:
        services.scores({"early": early, "late": late}, codes, probe={"folds": 2})
    except fathom.InputError as error:
        print(f"refused: {error.field} is {error.value}; accepted: {error.accepted}")
