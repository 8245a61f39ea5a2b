-- Writes nothing.

need_claims(asked.claims)
if #missing > 0 then return untold() end
local standings = standings_of(asked.claims)
return reply(objection(standings) or 'granted', standings)
