-- Amounts are decimal text without sign or leading zeros, exact to 2^62 and far beyond; Lua's own numbers are doubles.

local LARGEST = '4611686018427387904'
local BILLION = 1000000000
local SAFE = 15 -- digits of numbers whose sum a double holds exactly

local function less(a, b)
  return #a < #b or (#a == #b and a < b)
end

local function least(a, b)
  return less(a, b) and a or b
end

local function split(text)
  if #text <= 9 then return 0, tonumber(text) end
  return tonumber(string.sub(text, 1, -10)), tonumber(string.sub(text, -9))
end

local function joined(high, low)
  local carry = math.floor(low / BILLION)
  high, low = high + carry, low - carry * BILLION
  if high == 0 then return string.format('%.0f', low) end
  return string.format('%.0f%09.0f', high, low)
end

local function add(a, b)
  if #a <= SAFE and #b <= SAFE then return string.format('%.0f', tonumber(a) + tonumber(b)) end
  local a_high, a_low = split(a)
  local b_high, b_low = split(b)
  return joined(a_high + b_high, a_low + b_low)
end

-- '0' where b is greater.
local function subtract(a, b)
  if not less(b, a) then return '0' end
  local a_high, a_low = split(a)
  local b_high, b_low = split(b)
  return joined(a_high - b_high, a_low - b_low)
end

local function times(a, factor)
  local high, low = split(a)
  return joined(high * factor, low * factor)
end
