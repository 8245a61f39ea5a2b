-- Thresholds that are reached: an event in the outbox for each, once a window.

local function maximum_of(account)
  return least(add(account.maximum, granted_of(account.key)), LARGEST)
end

local EVENT = '{"event":"threshold","decision_id":"%s","at":%.6f,"limit":%s,"scope":%s,"unit":"%s","window":"%s",'
  .. '"maximum":%s,"settled":%s,"leased":%s,"resets_at":%s,"percent":%.0f}'

local function tell(account, percent, maximum, settled, resets)
  local limit, unit, scope = string.match(account.key, '^([^|]*)|([^|]*)|(.*)$')
  local sequence = next_sequence()
  local id = asked.nonce .. sequence
  local ends = resets and string.format('%.6f', resets) or 'null'
  local event = string.format(EVENT, id, now, cjson.encode(limit), cjson.encode(scope), unit, account.window,
    maximum, settled, account.leased, ends, percent)
  put_out(sequence, event)
end

alert = function(account)
  if not account.thresholds or account.thresholds == '[]' then return end
  local _, live, resets = period(account.window)
  if not live then return end
  local alerted = tonumber(account.alerted_until) > now and tonumber(account.alerted) or 0
  local maximum, settled = maximum_of(account), settled_of(account, live)
  local most = alerted
  for _, percent in ipairs(cjson.decode(account.thresholds)) do
    if percent > alerted and not less(times(settled, 100), times(maximum, percent)) then
      tell(account, percent, maximum, settled, resets)
      most = math.max(most, percent)
    end
  end
  if most > alerted then put(account, 'alerted', whole(most), 'alerted_until', resets or 'inf') end
end
