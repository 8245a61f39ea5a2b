"""Stores: leases, settled usage and keys, shared by every replica."""
