-- ARGV[3] is the grant, as it is listed. Thresholds, now of a greater maximum, are told of again.

local grants = P .. ':g:' .. asked.key
for _, id in ipairs(redis.call('HKEYS', grants)) do forget_if_ended(asked.key, id) end
if redis.call('HEXISTS', P .. ':grants', asked.id) == 1 then return {'known', now_text} end
if less(LARGEST, add(granted_of(asked.key), asked.amount)) then return {'large', now_text} end
redis.call('HSET', grants, asked.id, cjson.encode({asked.amount, asked.ends}))
redis.call('HSET', P .. ':grants', asked.id, ARGV[3])
local account = account_of(asked.key)
if account.known then put(account, 'alerted', '0') end
return {'granted', now_text}
