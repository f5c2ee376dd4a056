"""Policy versions through Kafka: written once, named by their hash, activated in every partition.

`codec` turns a policy into a record and back, `topic` reads `engagement.policy.v1`, `activation` writes
versions and activation records, `diff` says what changes. Not responsible for what an activation does
to conversations (the core) nor for reading files (`stream_app.policyfile`).
"""
