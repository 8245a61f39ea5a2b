-- Reads the usage of a streamed answer into dynamic metadata as its bytes pass, unchanged and not held back.
-- Words are plain ASCII: a byte that is not UTF-8 would break the access log message that carries it.
-- A later event's number replaces an earlier one; each is stored at once, for the client may leave at any time.

local NAMESPACE = "tollkeeper.usage"
local LONGEST_LINE = 64 * 1024
local LONGEST_WORD = 200

local NUMBERS = {
  "prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens",
  "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
  "cache_write_tokens", "ephemeral_1h_input_tokens", "web_search_requests",
}
local AUDIO = { prompt_tokens_details = "input_audio_tokens", completion_tokens_details = "output_audio_tokens" }
local WORDS = { "service_tier", "speed" }

local function end_of_string(text, at)
  repeat
    at = text:find('[\\"]', at)
    if not at or text:sub(at, at) == '"' then return at end
    at = at + 2
  until false
end

-- The value of a member of the object that begins `text`, as the text from there on. What stands deeper is passed
-- over, so that a tool's input, which a model makes up, cannot forge a usage.
local function member(text, name)
  local depth, at = 0, 1
  while true do
    local found, _, kind = text:find('(["{}%[%]])', at)
    if not found then return nil end
    at = found + 1
    if kind == '"' then
      local close = end_of_string(text, at)
      if not close then return nil end
      local value = depth == 1 and text:sub(at, close - 1) == name and text:match("^%s*:%s*()", close + 1)
      if value then return text:sub(value) end
      at = close + 1
    else
      depth = depth + ((kind == "{" or kind == "[") and 1 or -1)
      if depth == 0 then return nil end
    end
  end
end

local function either(text, name)
  return member(text, name) or member(member(text, "message") or "", name)
end

local function read_word(text, pattern, name, store)
  local word = text:match(pattern .. '"([%w._:/@-]+)"')
  if word and #word <= LONGEST_WORD then store(name, word) end
  return word ~= nil
end

local function read_usage(text, store)
  local usage = (either(text, "usage") or ""):match("^%b{}")
  if not usage then return end
  for _, name in ipairs(NUMBERS) do
    local number = usage:match('"' .. name .. '"%s*:%s*(%d+)')
    if number then store(name, tonumber(number)) end
  end
  for details, name in pairs(AUDIO) do
    local number = usage:match('"' .. details .. '"%s*:%s*{[^}]*"audio_tokens"%s*:%s*(%d+)')
    if number then store(name, tonumber(number)) end
  end
  for _, name in ipairs(WORDS) do read_word(usage, '"' .. name .. '"%s*:%s*', name, store) end
end

local function line_reader(store)
  local named = false
  return function(line)
    local text = line:match("^data:%s*({.*)")
    if not text then return end
    named = named or read_word(either(text, "model") or "", "^", "response_model", store)
    read_word(text, '"finish_reason"%s*:%s*', "finish_reason", store)
    read_word(text, '"stop_reason"%s*:%s*', "finish_reason", store)
    if text:find('"usage"%s*:%s*{') then
      read_usage(text, store)
      read_word(member(text, "service_tier") or "", "^", "service_tier", store)
    end
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
    local bytes, at = chunk:getBytes(0, chunk:length()), 1
    local stop = bytes:find("[\r\n]")
    while stop do
      read(rest .. bytes:sub(at, stop - 1))
      rest, at = "", stop + 1
      stop = bytes:find("[\r\n]", at)
    end
    rest = rest .. bytes:sub(at)
    -- What is left of a line too long to keep no longer begins with "data:".
    if #rest > LONGEST_LINE then rest = "-" end
  end
  read(rest)
end
