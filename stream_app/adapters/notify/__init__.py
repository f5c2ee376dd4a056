"""Tells the receivers of messages (webhooks, mailboxes) what they have to hear of alerts.

`messenger` follows the tables and decides when to send what; `webhook` and `mail` each know one way.
Beside the event path, never in it.
"""
