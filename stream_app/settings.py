"""Settings of every process, from the environment (`PEGEL_*`).

Secrets are not among them; they are read where they are needed, from the environment or from files
(`stream_app.credentials`): `PEGEL_ADMIN_TOKEN`, `PEGEL_REDIS_URL`, `PEGEL_SMTP_PASSWORD`, `PEGEL_LINK_SECRETS` by the worker,
`PEGEL_WALL_TOKENS`, `PEGEL_WALL_SESSION_KEY` and `PEGEL_LINK_SECRETS` by the wall.
"""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every knob with its default. Names in the environment: `PEGEL_` and the field, upper case."""

    model_config = SettingsConfigDict(env_prefix="PEGEL_", extra="ignore")

    broker: str = "127.0.0.1:9092"
    app_id: str = "pegel"
    topic_prefix: str = Field(default="", description="put before every topic name; for tests")
    partitions: int = Field(default=12, ge=1)
    replication: int = Field(default=1, ge=1)
    transactions: Literal["auto", "on", "off"] = "auto"
    policy: str | None = Field(default=None, description="path of the policy file")
    instance_id: str | None = Field(
        default=None, description="stable name of this worker in the group; empty: none"
    )
    web_host: str = "127.0.0.1"
    web_port: int = 6066
    wall_host: str = "127.0.0.1"
    wall_port: int = 6080
    wall_open: Literal["no", "view", "act"] = Field(
        default="no", description="what those without a token may do on an address of many machines"
    )
    wall_clients: int = Field(default=500, ge=1, description="screens that follow at one time")
    workers: list[str] = Field(
        default=["http://127.0.0.1:6066"],
        description="where the wall asks for timelines; a name with several addresses means all",
    )
    session_timeout: float = 20.0
    rebalance_timeout: float = 30.0
    alertmanager_urls: list[str] = []
    smtp_host: str = Field(default="", description="mail server; without one no e-mail is sent")
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_from: str = ""
    smtp_trust: str = Field(default="", description="file with further certificates to trust")
    webhook_allow_private: bool = Field(
        default=False, description="let every webhook go to private addresses"
    )
    wall_url: str = Field(
        default="", description="public address of the wall, for links in messages"
    )
    redis_sentinels: list[str] = Field(default=[], description="host:port of each Sentinel")
    redis_primary: str = Field(default="mymaster", description="what the Sentinels call it")
    log_format: Literal["auto", "json", "text"] = "auto"
    log_level: str = "info"
