-- ARGV[3] and on are the entries of `asked.settlements`, in their order.

for i, one in ipairs(asked.settlements) do
  if redis.call('EXISTS', P .. ':d:' .. one.id) == 0 then
    local key = P .. ':l:' .. one.id
    redis.call('HSETNX', key, 'holds', '[]')
    redis.call('HSET', key, 'entry', ARGV[i + 2], 'at', one.at, 'closing', cjson.encode(one.amounts))
    redis.call('ZADD', P .. ':expiry', instant(asked.due), one.id)
  end
end
return {'waiting', now_text}
