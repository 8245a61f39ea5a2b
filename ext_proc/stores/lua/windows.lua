-- Windows, as `windows.py` has them. Of a calendar window the caller tells the period around its own time.

local WIDTHS = {s = 1, m = 60, h = 3600, d = 86400}
local missing = {}

-- The bucket that is charged now, the first that counts, and when all is forgotten (nil for never).
-- Nothing for a calendar window that the caller did not tell of, or whose period has ended.
local function period(window)
  local count, unit = string.match(window, '^(%d+)([smhd])$')
  if count then
    local width = tonumber(count) * WIDTHS[unit]
    local bucket = math.floor(math.floor(now * 60) / width) * width
    return bucket, bucket - 60 * width, (bucket + width) / 60 + width
  end
  if window == '' or window == 'forever' then return 0, 0, nil end
  local told = asked.calendar[window]
  if told and told[1] / 60 <= now and now < told[2] then return told[1], told[1], told[2] end
end

-- A step that writes must know the windows of all that it may charge, before it writes anything.
local function need(window)
  if not period(window) then missing[#missing + 1] = window end
end

local function untold()
  return {'windows', now_text, unpack(missing)}
end
