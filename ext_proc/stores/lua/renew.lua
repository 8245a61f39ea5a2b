-- The ids of leases that have ended.

local reply = {'renewed', now_text}
for _, one in ipairs(asked.leases) do
  local id, expires = unpack(one)
  local ends = redis.call('ZSCORE', P .. ':expiry', id)
  if not ends or tonumber(ends) <= now or redis.call('HEXISTS', P .. ':l:' .. id, 'closing') == 1 then
    reply[#reply + 1] = id
  else
    redis.call('ZADD', P .. ':expiry', 'GT', instant(expires), id)
  end
end
return reply
