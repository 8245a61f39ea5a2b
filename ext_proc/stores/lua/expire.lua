-- How many ended. Accounts of which nothing is left leave the list of them, a few at a time.

local ended = expire_due(asked.most)
if #missing > 0 then return untold() end
for _, key in ipairs(redis.call('SRANDMEMBER', P .. ':accounts', 20)) do
  if redis.call('EXISTS', P .. ':a:' .. key) == 0 then redis.call('SREM', P .. ':accounts', key) end
end
trim()
return {'ended', now_text, ended}
