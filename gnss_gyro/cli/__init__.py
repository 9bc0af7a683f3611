"""The command line."""

import os

# Matrices of a few hundred rows: BLAS threads of one process only wait for one another (10 times slower on busy cores).
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
