"""Device types as data: TOML files that say what a device's messages mean and how commands are put to it."""

from drivers.profiles.commands import CannotCarry, Publish
from drivers.profiles.compiled import Profiles
from drivers.profiles.files import BadProfile
from drivers.profiles.load import SHIPPED, load_profiles
from drivers.profiles.model import Profile
from drivers.profiles.patterns import Channel, TopicPattern

__all__ = [
    "SHIPPED",
    "BadProfile",
    "CannotCarry",
    "Channel",
    "Profile",
    "Profiles",
    "Publish",
    "TopicPattern",
    "load_profiles",
]
