-- ARGV: the time, then nine parts of each thing: id, kind, provider, owner, created_at, expires_at, ends, facts, seen.

local P = KEYS[1]
local now = tonumber(ARGV[1])
local NAMES = {'id', 'kind', 'provider', 'owner', 'created_at', 'expires_at', 'ends', 'facts', 'seen'}

local function let_end(key, ends)
  if ends ~= '' then redis.call('PEXPIRE', key, string.format('%.0f', math.max(1, (tonumber(ends) - now) * 1000))) end
end

local function renew(key, thing)
  if thing.expires_at ~= '' then redis.call('HSET', key, 'expires_at', thing.expires_at, 'ends', thing.ends) end
  if thing.seen ~= '' then redis.call('HSET', key, 'seen', thing.seen) end
  let_end(key, thing.ends)
end

local function add(key, thing)
  local by_owner = P .. ':by:' .. thing.kind .. ':' .. thing.owner
  for _, id in ipairs(redis.call('ZRANGE', by_owner, 0, 2)) do
    if redis.call('EXISTS', P .. ':o:' .. id) == 0 then redis.call('ZREM', by_owner, id) end
  end
  redis.call('DEL', key)
  for _, name in ipairs(NAMES) do redis.call('HSET', key, name, thing[name]) end
  redis.call('ZADD', by_owner, thing.created_at, thing.id)
  let_end(key, thing.ends)
end

for i = 2, #ARGV, #NAMES do
  local thing = {}
  for at, name in ipairs(NAMES) do thing[name] = ARGV[i + at - 1] end
  local key = P .. ':o:' .. thing.id
  local owner, provider, ends = unpack(redis.call('HMGET', key, 'owner', 'provider', 'ends'))
  if not owner or (ends ~= '' and tonumber(ends) <= now) then
    add(key, thing)
  elseif owner == thing.owner and provider == thing.provider then
    renew(key, thing)
  end
end
return 1
