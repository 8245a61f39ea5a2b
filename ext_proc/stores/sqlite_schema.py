"""The tables of limits, leases, usage, keys and what providers keep for callers.

A change of them needs a new `VERSION`, and a step that leads there from the one before.
Amounts are integers, times Unix seconds, buckets as `windows.py` numbers them.
"""

VERSION = 2

_OBJECTS = """
-- What providers keep for callers. `facts` and `seen` are JSON objects.
CREATE TABLE objects (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  provider TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL,
  facts BLOB NOT NULL,
  seen BLOB
) WITHOUT ROWID;
CREATE INDEX objects_by_owner ON objects (owner, kind, created_at);
CREATE INDEX objects_by_expiry ON objects (expires_at) WHERE expires_at IS NOT NULL;
"""

SCHEMA = (
    """
-- One limit for one scope. `leased` is the sum of what live leases hold.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  unit TEXT NOT NULL,
  time_window TEXT NOT NULL,
  maximum INTEGER NOT NULL,
  enforce INTEGER NOT NULL,
  leased INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE spent (
  account INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account, bucket)
) WITHOUT ROWID;

-- `holds` is a JSON list of [account, unit, window, amount]; `closing` the amounts by unit that expiry then charges.
CREATE TABLE leases (
  decision_id TEXT PRIMARY KEY,
  expires_at REAL NOT NULL,
  holds BLOB NOT NULL,
  entry BLOB NOT NULL,
  closing BLOB
) WITHOUT ROWID;
CREATE INDEX leases_by_expiry ON leases (expires_at);

-- What expired leases were charged, until the true usage comes: a JSON list of [account, unit, bucket, amount, charge].
CREATE TABLE expired (decision_id TEXT PRIMARY KEY, charges BLOB NOT NULL) WITHOUT ROWID;

-- The ledger, and in its rows that are not exported yet the outbox. A corrected row gets a new sequence.
CREATE TABLE entries (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  decision_id TEXT NOT NULL UNIQUE,
  at REAL NOT NULL,
  entry BLOB NOT NULL,
  exported INTEGER NOT NULL DEFAULT 0,
  claimed_by TEXT,
  claimed_until REAL NOT NULL DEFAULT 0
);
CREATE INDEX entries_by_time ON entries (at);
CREATE INDEX outbox ON entries (sequence) WHERE exported = 0;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  principal TEXT NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL,
  revoked_at REAL
) WITHOUT ROWID;
"""
    + _OBJECTS
)

MIGRATIONS = {1: _OBJECTS}
"""What makes the schema of one version that of the next."""
