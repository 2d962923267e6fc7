"""The linear program in PuLP, and the solvers behind it: HiGHS and CBC."""
