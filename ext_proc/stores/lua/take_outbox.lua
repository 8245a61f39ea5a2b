-- Rows that are not exported yet and that nobody has claimed, oldest first: sequence, row, sequence, row.

local outbox, claimed = P .. ':outbox', P .. ':claimed'
for _, sequence in ipairs(redis.call('ZRANGEBYSCORE', claimed, '-inf', now)) do
  redis.call('ZREM', claimed, sequence)
  redis.call('ZADD', outbox, sequence, sequence)
end
local rows = {'taken', now_text}
for _, sequence in ipairs(redis.call('ZRANGE', outbox, 0, asked.most - 1)) do
  redis.call('ZREM', outbox, sequence)
  local row = redis.call('GET', P .. ':e:' .. sequence)
  if row then
    redis.call('ZADD', claimed, now + asked.seconds, sequence)
    rows[#rows + 1] = sequence
    rows[#rows + 1] = row
  end
end
return rows
