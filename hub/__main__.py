"""`python -m hub` is the `lamplighter` command."""

from hub.cli import main

if __name__ == "__main__":
    main()
