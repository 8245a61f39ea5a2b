-- How many ended. Accounts and grants of which nothing is left leave the lists of them, a few at a time.

local ended = expire_due(asked.most)
if #missing > 0 then return untold() end
for _, key in ipairs(redis.call('SRANDMEMBER', P .. ':accounts', 20)) do
  if redis.call('EXISTS', P .. ':a:' .. key) == 0 then redis.call('SREM', P .. ':accounts', key) end
end
for _, id in ipairs(redis.call('HRANDFIELD', P .. ':grants', 5)) do
  local grant = cjson.decode(redis.call('HGET', P .. ':grants', id))
  forget_if_ended(grant.limit .. '|' .. grant.unit .. '|' .. grant.scope, id)
end
trim()
return {'ended', now_text, ended}
