need_claims(asked.claims)
expire_due(20)
if #missing > 0 then return untold() end
local standings = standings_of(asked.claims)
local lease = lease_of(asked.id)
if not lease or lease.closing then return reply('ended', standings) end
local objection = objection(standings)
if objection then
  keep_all_terms(standings)
  return reply(objection, standings)
end
save_holds(asked.id, hold_all(standings, lease.holds))
redis.call('ZADD', P .. ':expiry', 'GT', instant(asked.expires), asked.id)
return reply('granted', standings)
