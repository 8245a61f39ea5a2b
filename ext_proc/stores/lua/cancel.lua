-- Gives back what was reserved for calls that were refused all the same. One that comes late reserves nothing more.

for _, id in ipairs(asked.ids) do need_windows((lease_of(id) or {}).holds) end
if #missing > 0 then return untold() end
for _, id in ipairs(asked.ids) do
  for _, hold in ipairs((lease_of(id) or {}).holds or {}) do release(hold[1], hold[2], hold[3], '0') end
  drop(id)
  redis.call('SETEX', P .. ':c:' .. id, 3600, '')
end
return {'cancelled', now_text}
