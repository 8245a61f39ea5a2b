-- What every step begins with. KEYS[1] is the prefix of all keys of its slot, ARGV[1] the time or nothing for the
-- server's own, ARGV[2] what is asked, as JSON.

local P = KEYS[1]
local asked = cjson.decode(ARGV[2])

local function server_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local now = tonumber(ARGV[1]) or server_time()
local now_text = string.format('%.6f', now)

-- A lease's end: an instant where the caller's time counts, seconds from now where the server's does.
local function instant(at)
  return asked.relative and now + at or at
end

local function whole(number)
  return string.format('%.0f', number)
end
