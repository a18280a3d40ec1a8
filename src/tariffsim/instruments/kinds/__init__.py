"""Instruments, one file each."""
