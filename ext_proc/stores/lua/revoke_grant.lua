local row = redis.call('HGET', P .. ':g:' .. asked.key, asked.id)
redis.call('HDEL', P .. ':g:' .. asked.key, asked.id)
redis.call('HDEL', P .. ':grants', asked.id)
local ends = row and cjson.decode(row)[2]
return {'revoked', now_text, row and (ends < 0 or ends > now) and 1 or 0}
