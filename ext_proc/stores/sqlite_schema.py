"""The tables of limits, leases, usage, keys and what providers keep for callers.

A change of them needs a new `VERSION`, and a step that leads there from the one before.
Amounts are integers, times Unix seconds, buckets as `windows.py` numbers them.
"""

VERSION = 3

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

_GRANTS = """
-- `until` is infinite where only a revocation ends it.
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL,
  amount INTEGER NOT NULL,
  at REAL NOT NULL,
  until REAL NOT NULL,
  note TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX grants_by_account ON grants (key, until);
"""

SCHEMA = (
    """
-- One limit for one scope. `leased` is the sum of what live leases hold, `thresholds` a JSON list of percents, of which
-- those up to `alerted` were told of and are again from `alerted_until` on. `epoch` counts the resets.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  unit TEXT NOT NULL,
  time_window TEXT NOT NULL,
  maximum INTEGER NOT NULL,
  enforce INTEGER NOT NULL,
  leased INTEGER NOT NULL DEFAULT 0,
  thresholds TEXT NOT NULL DEFAULT '[]',
  alerted INTEGER NOT NULL DEFAULT 0,
  alerted_until REAL NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 0
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

-- What expired leases were charged, until the true usage comes: a JSON list of
-- [account, unit, bucket, amount, charge, epoch].
CREATE TABLE expired (decision_id TEXT PRIMARY KEY, charges BLOB NOT NULL) WITHOUT ROWID;

-- The ledger, and in its rows that are not exported yet the outbox. A corrected row gets a new sequence. `holds` is
-- what the lease held at the end, for attempts that are told of later; `event` marks rows that are no call.
CREATE TABLE entries (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  decision_id TEXT NOT NULL UNIQUE,
  at REAL NOT NULL,
  entry BLOB NOT NULL,
  exported INTEGER NOT NULL DEFAULT 0,
  claimed_by TEXT,
  claimed_until REAL NOT NULL DEFAULT 0,
  holds BLOB,
  event INTEGER NOT NULL DEFAULT 0
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
    + _GRANTS
)

_ALERTS = """
ALTER TABLE accounts ADD COLUMN thresholds TEXT NOT NULL DEFAULT '[]';
ALTER TABLE accounts ADD COLUMN alerted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN alerted_until REAL NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN holds BLOB;
ALTER TABLE entries ADD COLUMN event INTEGER NOT NULL DEFAULT 0;
UPDATE expired SET charges = (
  SELECT json_group_array(json_insert(value, '$[#]', 0)) FROM json_each(CAST(charges AS TEXT))
);
"""

MIGRATIONS = {1: _OBJECTS, 2: _GRANTS + _ALERTS}
"""What makes the schema of one version that of the next."""
