"""Hosts: each turns its proxy's wire into events and replies, and decides nothing."""
