"""`python -m hub`, the same as the `lamplighter` command."""

from __future__ import annotations

from hub.loading import loading


def main() -> None:
    """Run the command; Ctrl-C while its parts are still being loaded ends it without a word, as everywhere else."""
    try:
        with loading():
            from hub.cli import main as command

        command()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
