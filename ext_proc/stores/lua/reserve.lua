-- ARGV[3] is the entry that stands if the lease expires.

need_claims(asked.claims)
expire_due(20)
if #missing > 0 then return untold() end
local standings = standings_of(asked.claims)
local id = asked.id
if redis.call('EXISTS', P .. ':l:' .. id, P .. ':d:' .. id, P .. ':c:' .. id) > 0 then
  return reply(redis.call('EXISTS', P .. ':c:' .. id) == 1 and 'cancelled' or 'known', standings)
end
local objection = objection(standings)
if objection then
  keep_all_terms(standings)
  return reply(objection, standings)
end
redis.call('HSET', P .. ':l:' .. id, 'holds', cjson.encode(hold_all(standings, {})), 'entry', ARGV[3], 'at', asked.at)
redis.call('ZADD', P .. ':expiry', instant(asked.expires), id)
return reply('granted', standings)
