"""What the core says, as the records that others read: SLA events, signals, merges.

One maker for all ways in: workers, scenario files and backtests write the same record, with the same
id, for the same fact. Not responsible for sending.
"""
