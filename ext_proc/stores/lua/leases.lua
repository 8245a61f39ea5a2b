-- Leases: what each holds as a list of {account, window, amount}, its entry, and its end in the sorted set `expiry`.

local seen = {}

local function lease_of(id)
  if seen[id] == nil then
    local row = redis.call('HMGET', P .. ':l:' .. id, 'holds', 'entry', 'at', 'closing')
    seen[id] = row[1] and {
      holds = cjson.decode(row[1]), entry = row[2], at = row[3], closing = row[4] and cjson.decode(row[4]),
    } or false
  end
  return seen[id]
end

local function save_holds(id, holds)
  redis.call('HSET', P .. ':l:' .. id, 'holds', cjson.encode(holds))
end

local function drop(id)
  seen[id] = false
  redis.call('DEL', P .. ':l:' .. id)
  redis.call('ZREM', P .. ':expiry', id)
end

local function need_windows(holds)
  for _, hold in ipairs(holds or {}) do need(hold[2]) end
end

-- A request is one and a slot is given back. What stands under an account's own key goes before its unit's.
local function charge(key, held, amounts)
  local unit = unit_of(key)
  if unit == 'concurrent' then return '0' end
  return amounts[key] or amounts[unit] or (unit == 'requests' and held or '0')
end

-- An attempt is no request of its own.
local function drawn(key, amounts)
  local unit = unit_of(key)
  return unit ~= 'concurrent' and (amounts[key] or amounts[unit]) or '0'
end

local function worst_charge(key, held)
  return unit_of(key) == 'concurrent' and '0' or held
end

local function due(most)
  return redis.call('ZRANGEBYSCORE', P .. ':expiry', '-inf', now, 'LIMIT', 0, most)
end

local function expire(id)
  local lease, charges = lease_of(id), {}
  drop(id)
  if not lease then return end
  local releases = {}
  for i, hold in ipairs(lease.holds) do
    local key, window, held = unpack(hold)
    local spent = lease.closing and charge(key, held, lease.closing) or worst_charge(key, held)
    releases[i] = {key, window, held, spent}
  end
  enter(id, lease.at, lease.entry, cjson.encode(lease.holds))
  for i, one in ipairs(releases) do
    local bucket, epoch = release(unpack(one))
    charges[i] = {one[1], bucket, one[3], one[4], epoch}
  end
  redis.call('HSET', P .. ':d:' .. id, 'charges', cjson.encode(charges))
end

-- Resolves what is due, `most` at a time; or nothing while windows are missing.
local function expire_due(most)
  local ids = due(most)
  for _, id in ipairs(ids) do need_windows((lease_of(id) or {}).holds) end
  if #missing > 0 then return #ids end
  for _, id in ipairs(ids) do expire(id) end
  return #ids
end
