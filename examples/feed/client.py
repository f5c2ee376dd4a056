"""Shows the live SLA of one channel, now and at every change.

Use: python client.py TENANT CHANNEL
Needs redis-py (`pip install redis`) and the address of Redis or Valkey in REDIS_URL.
"""

import json
import os
import sys
from collections.abc import Mapping

from redis import Redis

LOOK_AGAIN = 5  # seconds without a message until we look whether the feed is still alive


def main(tenant: str, channel: str) -> None:
    redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1"), decode_responses=True)
    key = f"engagement:sla:{escape(tenant)}:{escape(channel)}"
    with redis.pubsub(ignore_subscribe_messages=True) as changes:
        changes.subscribe("engagement:sla:changed")  # first, so that no change slips through
        show(channel, redis.hgetall(key))
        while True:
            message = changes.get_message(timeout=LOOK_AGAIN)
            if message is None:
                show(channel, redis.hgetall(key))
                continue
            news = json.loads(message["data"])
            if (news["tenant"], news["channel"]) == (tenant, channel):
                show(channel, news)


def escape(name: str) -> str:
    """A name as part of a key."""
    return name.replace("%", "%25").replace(":", "%3A")


def show(channel: str, sla: Mapping[str, str]) -> None:
    """A widget would draw this. No hash and `stale` mean the same: make no promise."""
    if not sla or sla["state"] == "stale":
        print(f"{channel}: no live figures", flush=True)
        return
    wait = sla["expected_wait_seconds"]
    promise = f"expected wait {round(float(wait) / 60)} min" if wait else "expected wait unknown"
    print(f"{channel}: {sla['state']}, {sla['waiting']} waiting, {promise}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
