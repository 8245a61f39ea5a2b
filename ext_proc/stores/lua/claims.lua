-- Claims on accounts, each {account, window, maximum, amount, enforce, thresholds}: whether all fit, and holding them.

local function standings_of(claims)
  local standings = {}
  for i, claim in ipairs(claims) do
    local account = account_of(claim[1])
    local _, live = period(claim[2])
    local granted = granted_of(claim[1])
    standings[i] = {
      claim = claim, account = account, settled = settled_of(account, live), granted = granted,
      maximum = least(add(claim[3], granted), LARGEST),
    }
  end
  return standings
end

local function reply(status, standings)
  local rows = {status, now_text}
  for _, s in ipairs(standings) do
    rows[#rows + 1] = s.settled
    rows[#rows + 1] = s.account.leased
    rows[#rows + 1] = s.granted
  end
  return rows
end

-- What forbids to hold all claims, if anything does.
local function objection(standings)
  local found
  for _, s in ipairs(standings) do
    local sum = add(add(s.settled, s.account.leased), s.claim[4])
    if s.claim[5] and less(s.maximum, sum) then return 'refused' end
    if less(LARGEST, sum) then found = 'large' end
  end
  return found
end

-- An account keeps the terms that were claimed last.
local function keep_terms(standing)
  local claim, account = standing.claim, standing.account
  local enforce = claim[5] and '1' or '0'
  if account.window == claim[2] and account.maximum == claim[3] and account.enforce == enforce
    and account.thresholds == claim[6] then return end
  if not account.window then redis.call('SADD', P .. ':accounts', account.key) end
  put(account, 'window', claim[2], 'maximum', claim[3], 'enforce', enforce, 'thresholds', claim[6])
end

local function keep_all_terms(standings)
  for _, s in ipairs(standings) do
    local _, _, resets = period(s.claim[2])
    keep_terms(s)
    if s.account.leased == '0' then let_go(s.account, s.claim[2], resets) end
  end
end

-- Adds all claims to `holds`, one hold of each account.
local function hold_all(standings, holds)
  local at = {}
  for i, hold in ipairs(holds) do at[hold[1]] = i end
  for _, s in ipairs(standings) do
    local key, window, _, amount = unpack(s.claim)
    keep_terms(s)
    if s.account.leased == '0' then redis.call('PERSIST', P .. ':a:' .. key) end
    put(s.account, 'leased', add(s.account.leased, amount))
    local before = at[key] and holds[at[key]][3] or '0'
    holds[at[key] or #holds + 1] = {key, window, add(before, amount)}
  end
  return holds
end

local function need_claims(claims)
  for _, claim in ipairs(claims) do need(claim[2]) end
end
