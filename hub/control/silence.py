"""Why a target that was told has not answered."""

from __future__ import annotations

from hub.control.abilities import Abilities
from hub.control.board import Board
from hub.control.running import Running
from hub.control.turns import Turns
from hub.model.reasons import NO_ANSWER, sentence


def why_silent(running: Running, device: str, turns: Turns, board: Board, abilities: Abilities) -> str:
    """The reason, as one of `hub.model.reasons.SENTENCES` or as the network gave it."""
    if device in running.received:
        return running.received[device]
    if device in running.waited:
        return turns.why_waiting(device)
    told, report = running.told.get(device), board.report(device)
    if told is not None and abilities.never_answers(device):
        return sentence("never-says")
    if told is not None and report is not None and report.received >= told.time:
        return sentence("other-level", reported=f"{report.level:.4g}", told=f"{told.level:.4g}")
    reason = board.offline_because(device)
    return NO_ANSWER + reason if reason else sentence("online-silent")
