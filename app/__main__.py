"""The command line: `tongchou COMMAND`."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked."""
    del arguments
    return 0


if __name__ == "__main__":
    sys.exit(main())
