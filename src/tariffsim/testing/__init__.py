"""What every plug-in must keep to, as functions that raise AssertionError: for your own strategies and protocols.

The contract tests of tariffsim run them over every registered plug-in.
"""

from tariffsim.testing.escalations import check_escalation
from tariffsim.testing.protocols import check_protocol
from tariffsim.testing.samples import sample_escalation_sight, sample_meeting, sample_sight
from tariffsim.testing.strategies import check_strategy

__all__ = [
    "check_escalation",
    "check_protocol",
    "check_strategy",
    "sample_escalation_sight",
    "sample_meeting",
    "sample_sight",
]
