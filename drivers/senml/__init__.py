"""SenML packs (RFC 8428), JSON and CBOR, to and from readings. Shared by every driver whose devices speak it."""

from drivers.senml.decode import Limits, PackDecoder
from drivers.senml.encode import encode_cbor, encode_json

__all__ = ["Limits", "PackDecoder", "encode_cbor", "encode_json"]
