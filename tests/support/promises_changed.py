"""The promises of simulated traffic as another policy version: tightened, loosened, with other rules."""

from typing import Final

from tests.support.promises import POLICY

CHANGED: Final = (
    POLICY.replace("first_reply: 4h", "first_reply: 1h")
    .replace("next_reply: 8h", "next_reply: 12h")
    .replace("unresolved_for: 48h", "unresolved_for: 20h")
    + """  - name: reply_missed
    when: {clock: first_reply, is: breached}
"""
)
