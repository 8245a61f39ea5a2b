-- ARGV: the key's id, and when it is revoked. 0 where there is no such key that was not revoked.

local P = KEYS[1]
local digest = redis.call('HGET', P .. ':digests', ARGV[1])
if not digest or redis.call('HSETNX', P .. ':revoked', digest, ARGV[2]) == 0 then return 0 end
return redis.call('INCR', P .. ':version')
