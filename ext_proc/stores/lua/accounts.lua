-- Accounts, each a limit for one scope: a hash of its terms, of `leased`, and of what was spent, by bucket.

local alert -- in alerts.lua

local function unit_of(key)
  return string.match(key, '^[^|]*|([^|]*)|')
end

local function account_of(key)
  local account = {key = key, spent = {}, leased = '0', epoch = '0', alerted = '0', alerted_until = '0'}
  local flat = redis.call('HGETALL', P .. ':a:' .. key)
  account.known = #flat > 0
  for i = 1, #flat, 2 do
    if tonumber(flat[i]) then
      account.spent[flat[i]] = flat[i + 1]
    else
      account[flat[i]] = flat[i + 1]
    end
  end
  return account
end

local function put(account, ...)
  redis.call('HSET', P .. ':a:' .. account.key, ...)
end

local function settled_of(account, live)
  local sum = '0'
  for bucket, amount in pairs(account.spent) do
    if tonumber(bucket) >= live then sum = add(sum, amount) end
  end
  return sum
end

local any_grants

local function granted_of(key)
  if any_grants == nil then any_grants = redis.call('EXISTS', P .. ':grants') == 1 end
  if not any_grants then return '0' end
  local sum = '0'
  for _, row in ipairs(redis.call('HVALS', P .. ':g:' .. key)) do
    local grant = cjson.decode(row)
    if grant[2] < 0 or grant[2] > now then sum = add(sum, grant[1]) end
  end
  return sum
end

local function forget_if_ended(key, id)
  local row = redis.call('HGET', P .. ':g:' .. key, id)
  local ends = row and cjson.decode(row)[2] or 0
  if ends < 0 or ends > now then return end
  redis.call('HDEL', P .. ':g:' .. key, id)
  redis.call('HDEL', P .. ':grants', id)
end

-- An account of which nothing is held lives as long as it counts, and as long as its charges may be corrected.
local function let_go(account, window, resets)
  local key = P .. ':a:' .. account.key
  if window == 'forever' and next(account.spent) then
    redis.call('PERSIST', key)
  else
    redis.call('EXPIRE', key, whole(math.ceil((resets or now) - now + asked.keep)))
  end
end

local function spend(account, bucket, live, amount)
  local name = whole(bucket)
  local before = account.spent[name]
  account.spent[name] = least(add(before or '0', amount), LARGEST)
  put(account, 'leased', account.leased, name, account.spent[name])
  if before then return end
  for old in pairs(account.spent) do
    if tonumber(old) < live then redis.call('HDEL', P .. ':a:' .. account.key, old) end
  end
end

-- Replaces what a lease held by what was spent. The bucket that was charged, and the account's epoch.
local function release(key, window, held, spent)
  local account = account_of(key)
  local bucket, live, resets = period(window)
  account.leased = subtract(account.leased, held)
  if spent ~= '0' then
    spend(account, bucket, live, spent)
    alert(account)
  elseif account.known then
    put(account, 'leased', account.leased)
  end
  if account.leased == '0' then let_go(account, window, resets) end
  return whole(bucket), account.epoch
end

-- Corrects a charge from `old` to `new`, unless a reset has forgotten it since.
local function amend(key, bucket, old, new, epoch)
  local account = account_of(key)
  if not account.known or account.epoch ~= epoch then return end
  local spent = account.spent[bucket]
  if less(old, new) then
    put(account, bucket, least(add(spent or '0', subtract(new, old)), LARGEST))
  elseif spent then
    put(account, bucket, subtract(spent, subtract(old, new)))
  end
end
