-- ARGV: the key's id, its digest, its row, and when it was revoked. 0 where its id or digest is taken.

local P = KEYS[1]
local id, digest, row, revoked_at = unpack(ARGV)
if redis.call('HEXISTS', P .. ':digests', id) + redis.call('HEXISTS', P .. ':rows', digest) > 0 then return 0 end
redis.call('HSET', P .. ':digests', id, digest)
redis.call('HSET', P .. ':rows', digest, row)
if revoked_at ~= '' then redis.call('HSET', P .. ':revoked', digest, revoked_at) end
return redis.call('INCR', P .. ':version')
