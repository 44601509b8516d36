"""`lamplighter` without the rules that look at readings: python -m benchmarks._no_rules run --data ..."""

from __future__ import annotations

from pathlib import Path

from hub import app, cli
from hub.alarms.ruleset import RuleSet, load_rules


def _reported(own: Path | None = None) -> RuleSet:
    rules = load_rules(own)
    looking = {rule.type for rule in rules.reading}
    return RuleSet(rule for rule in rules if rule.type not in looking)


def main() -> None:
    """The command, with these rules."""
    app.load_rules = _reported  # type: ignore[attr-defined]
    cli.main()


if __name__ == "__main__":
    main()
