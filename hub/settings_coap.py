"""Settings of CoAP: the port, and on which interface."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CoapSettings(BaseModel):
    """The hub as CoAP server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(True, description="listen for devices that speak CoAP")
    host: str = Field(
        "127.0.0.1",
        description="address or name (eth1) of the one interface to listen on; devices are not authenticated there",
    )
    port: int = Field(5683, ge=0, le=65535, description="UDP port; 0 takes a free one")
