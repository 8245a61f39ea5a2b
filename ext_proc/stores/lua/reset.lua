-- What was charged before can then no more be corrected, as it is forgotten. How many accounts that were.

local count = 0
for _, key in ipairs(asked.keys) do
  local account = account_of(key)
  if account.known then
    count = count + 1
    for bucket in pairs(account.spent) do redis.call('HDEL', P .. ':a:' .. key, bucket) end
    put(account, 'epoch', add(account.epoch, '1'), 'alerted', '0')
  end
end
return {'reset', now_text, count}
