-- Gives back what was reserved for calls that were refused all the same, be it expired meanwhile. One that comes late
-- reserves nothing more.

local function cancel_expired(id)
  local sequence, charges = unpack(redis.call('HMGET', P .. ':d:' .. id, 'sequence', 'charges'))
  if not charges then return end
  for _, made in ipairs(cjson.decode(charges)) do
    local key, bucket, _, charged, epoch = unpack(made)
    amend(key, bucket, charged, '0', epoch)
  end
  take_back(sequence)
  redis.call('DEL', P .. ':d:' .. id)
end

for _, id in ipairs(asked.ids) do need_windows((lease_of(id) or {}).holds) end
if #missing > 0 then return untold() end
for _, id in ipairs(asked.ids) do
  for _, hold in ipairs((lease_of(id) or {}).holds or {}) do release(hold[1], hold[2], hold[3], '0') end
  drop(id)
  cancel_expired(id)
  redis.call('SETEX', P .. ':c:' .. id, 3600, '')
end
return {'cancelled', now_text}
