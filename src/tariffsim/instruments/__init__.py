"""Instruments of policy: each turns an act (a tariff, a licence, a control) into wedges on trade."""
