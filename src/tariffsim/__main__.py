"""`python -m tariffsim`: the command line."""

from tariffsim.cli import main

if __name__ == "__main__":  # worker processes import this module and must not start over
    raise SystemExit(main())
