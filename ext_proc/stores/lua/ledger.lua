-- The ledger: the entry of each call under its sequence, by time (an event has none) and in the outbox, for a while.
-- Of each decision is kept what its lease held at the end, and what expiry charged until the true usage comes.

local sequence = 0

local function next_sequence()
  sequence = redis.call('INCR', P .. ':sequence')
  return whole(sequence)
end

local function put_out(sequence, row)
  redis.call('SETEX', P .. ':e:' .. sequence, asked.keep, row)
  redis.call('ZADD', P .. ':outbox', sequence, sequence)
end

local function take_back(sequence)
  redis.call('DEL', P .. ':e:' .. sequence)
  redis.call('ZREM', P .. ':times', sequence)
  redis.call('ZREM', P .. ':outbox', sequence)
  redis.call('ZREM', P .. ':claimed', sequence)
end

local function enter(id, at, entry, holds, charges)
  local sequence = next_sequence()
  put_out(sequence, entry)
  if at ~= '' then redis.call('ZADD', P .. ':times', at, sequence) end
  redis.call('HSET', P .. ':d:' .. id, 'sequence', sequence, 'holds', holds, unpack(charges and {'charges', charges} or {}))
  redis.call('EXPIRE', P .. ':d:' .. id, asked.keep)
end

-- Now and then, and a few at a time, what is no longer kept leaves the lists of it.
local function trim()
  if sequence % 8 ~= 0 then return end
  redis.call('ZREMRANGEBYSCORE', P .. ':times', '-inf', now - asked.keep)
  for _, sequence in ipairs(redis.call('ZRANGE', P .. ':outbox', 0, 19)) do
    if redis.call('EXISTS', P .. ':e:' .. sequence) == 1 then return end
    redis.call('ZREM', P .. ':outbox', sequence)
  end
end
