"""Readings that wait on disk while the store is away, or only promises."""

from hub.store.spool.backlog import Backlog
from hub.store.spool.drain import DistantStore, Refused
from hub.store.spool.files import segments_in
from hub.store.spool.spool import Spool
from hub.store.spool.spooled_store import SpooledStore

__all__ = ["Backlog", "DistantStore", "Refused", "Spool", "SpooledStore", "segments_in"]
