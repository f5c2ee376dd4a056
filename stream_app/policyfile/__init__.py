"""The policy file: YAML in, `stream_app.domain.policy.Policy` out, mistakes explained.

`load_policy` and `parse_policy` raise `PolicyError`; `examine` returns warnings as well. Not
responsible for following a policy, nor for sending it to workers.
"""

from stream_app.policyfile.holiday_days import YEARS
from stream_app.policyfile.problems import Place, PolicyError, Problem
from stream_app.policyfile.reading import (
    Examination,
    default_policy,
    examine,
    examine_tree,
    load_policy,
    parse_policy,
    policy_schema,
    read_text,
)
from stream_app.policyfile.receiver_checks import check_files, voice_of
from stream_app.policyfile.showing import show

__all__ = [
    "YEARS",
    "Examination",
    "Place",
    "PolicyError",
    "Problem",
    "check_files",
    "default_policy",
    "examine",
    "examine_tree",
    "load_policy",
    "parse_policy",
    "policy_schema",
    "read_text",
    "show",
    "voice_of",
]
