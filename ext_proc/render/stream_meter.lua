-- Reads the usage of a streamed answer into dynamic metadata as its bytes pass, unchanged and not held back.
-- Model text cannot forge it: within a JSON string every quote is escaped, so a bare "usage" is a member's name.
-- Words are plain ASCII: a byte that is not UTF-8 would break the access log message that carries it.
-- A later event's number replaces an earlier one; each is stored at once, for the client may leave at any time.

local NAMESPACE = "tollkeeper.usage"
local LONGEST_LINE = 1024 * 1024
local LONGEST_WORD = 200

local NUMBERS = {
  "prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens",
  "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
}

local function read_usage(line, store)
  local usage = line:match('"usage"%s*:%s*(%b{})')
  if not usage then return end
  for _, name in ipairs(NUMBERS) do
    local number = usage:match('"' .. name .. '"%s*:%s*(%d+)')
    if number then store(name, tonumber(number)) end
  end
end

local function read_word(line, member, name, store)
  local word = line:match('"' .. member .. '"%s*:%s*"([%w%._:/@-]+)"')
  if word and #word <= LONGEST_WORD then store(name, word) end
  return word ~= nil
end

local function line_reader(store)
  local named = false
  return function(line)
    if line:sub(1, 5) ~= "data:" then return end
    named = named or read_word(line, "model", "response_model", store)
    read_word(line, "finish_reason", "finish_reason", store)
    read_word(line, "stop_reason", "finish_reason", store)
    read_usage(line, store)
  end
end

local function is_stream(headers)
  local kind = (headers:get("content-type") or ""):lower()
  return headers:get(":status") == "200" and kind:sub(1, 17) == "text/event-stream"
end

function envoy_on_response(handle)
  if not is_stream(handle:headers()) then return end
  local read = line_reader(function(name, value)
    handle:streamInfo():dynamicMetadata():set(NAMESPACE, name, value)
  end)
  local rest = ""
  for chunk in handle:bodyChunks() do
    local bytes, at = rest .. chunk:getBytes(0, chunk:length()), 1
    for line, after in bytes:gmatch("([^\r\n]*)[\r\n]+()") do
      read(line)
      at = after
    end
    rest = bytes:sub(at)
    -- What is left of a line too long to keep no longer begins with "data:".
    if #rest > LONGEST_LINE then rest = "-" end
  end
  read(rest)
end
