-- ARGV[3] and on are the entries of `asked.settlements`, in their order.

local function ended_of(id)
  local row = redis.call('HMGET', P .. ':d:' .. id, 'sequence', 'holds', 'charges')
  return row[1] and {sequence = row[1], holds = row[2], charges = row[3]} or nil
end

local function need_of(id)
  local lease = lease_of(id)
  if lease then return need_windows(lease.holds) end
  local ended = ended_of(id)
  if ended and not ended.charges then need_windows(cjson.decode(ended.holds)) end
end

-- Once for each decision: the first, or the first after its lease expired.
local function settle(one, entry)
  local ended = ended_of(one.id)
  if not ended then
    local holds = (lease_of(one.id) or {}).holds or {}
    drop(one.id)
    enter(one.id, one.at, entry, cjson.encode(holds))
    for _, hold in ipairs(holds) do release(hold[1], hold[2], hold[3], charge(hold[1], hold[3], one.own)) end
    return true
  end
  if not ended.charges then return false end
  for _, made in ipairs(cjson.decode(ended.charges)) do
    local key, bucket, held, charged, epoch = unpack(made)
    amend(key, bucket, charged, charge(key, held, one.own), epoch)
  end
  take_back(ended.sequence)
  redis.call('HDEL', P .. ':d:' .. one.id, 'charges')
  enter(one.id, one.at, entry, ended.holds)
  return true
end

-- What was drawn is no more of an expired lease's worst case, and only the rest is charged.
local function draw_on_expired(id, charges, amounts)
  for _, made in ipairs(charges) do
    local used = drawn(made[1], amounts)
    local covered = least(made[4], used)
    amend(made[1], made[2], covered, used, made[5])
    made[4] = subtract(made[4], covered)
  end
  redis.call('HSET', P .. ':d:' .. id, 'charges', cjson.encode(charges))
end

local function draw_on_live(id, holds, amounts)
  for _, hold in ipairs(holds) do
    local used = drawn(hold[1], amounts)
    local taken = least(hold[3], used)
    release(hold[1], hold[2], taken, used)
    hold[3] = subtract(hold[3], taken)
  end
  save_holds(id, holds)
end

local function draw(id, amounts)
  local lease = lease_of(id)
  if lease then return draw_on_live(id, lease.holds, amounts) end
  local ended = ended_of(id)
  if not ended then return end
  if ended.charges then return draw_on_expired(id, cjson.decode(ended.charges), amounts) end
  for _, hold in ipairs(cjson.decode(ended.holds)) do release(hold[1], hold[2], '0', drawn(hold[1], amounts)) end
end

for _, one in ipairs(asked.settlements) do
  need_of(one.id)
  for _, id in ipairs(one.draws_on) do need_of(id) end
end
if #missing > 0 then return untold() end
local new = 0
for i, one in ipairs(asked.settlements) do
  if settle(one, ARGV[i + 2]) then
    new = new + 1
    for _, id in ipairs(one.draws_on) do draw(id, one.amounts) end
  end
end
if new > 0 then trim() end
-- A settlement that is told again writes too, so that replicas confirm it and all before it.
if asked.confirm then redis.call('SET', P .. ':settled', now_text) end
return {'settled', now_text, new}
