-- Changes the body of a request as the check has said: bytes `start` to `end` give way to `new`, the last edit first.
-- Only then the call is ready. Should this fail, its attempts ask the service, which changes the body itself.

local EDGE = "envoy.filters.http.ext_authz"

function envoy_on_request(handle)
  local told = handle:streamInfo():dynamicMetadata():get(EDGE)
  local edits = told and told["edits"]
  if not edits then return end
  local body = handle:body()
  local bytes = body:getBytes(0, body:length())
  for _, edit in ipairs(edits) do
    bytes = bytes:sub(1, edit["start"]) .. edit["new"] .. bytes:sub(edit["end"] + 1)
  end
  body:setBytes(bytes)
  handle:streamInfo():dynamicMetadata():set(EDGE, "ready", "yes")
end
